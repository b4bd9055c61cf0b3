"""Text, JSON and tables: as they are, escaped."""

import csv
import io
import json
from typing import Final

from .registry import Document, Shown, content_of, plain_type

TEXT: Final = "queues/documents/text.html"
TABLE_TYPES = frozenset({"text/csv", "text/tab-separated-values"})
DELIMITERS: Final = ";,\t|"
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 500, 60, 300


def show_text(file: Document) -> Shown | None:
    text = decoded(content_of(file))
    return None if text is None else (TEXT, {"file": file, "text": text})


def show_json(file: Document) -> Shown | None:
    content = content_of(file)
    try:
        text = json.dumps(json.loads(content or b""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return show_text(file)
    return TEXT, {"file": file, "text": text}


def show_table(file: Document) -> Shown | None:
    """Show the first rows as a table; what is no table stays text."""
    text = decoded(content_of(file))
    if text is None:
        return None
    rows = _rows(text)
    if not rows or max(map(len, rows)) < 2:
        return TEXT, {"file": file, "text": text}
    widest = min(max(map(len, rows)), MAX_COLUMNS)
    shown = [[cell[:MAX_CELL] for cell in (row + [""] * widest)[:widest]] for row in rows]
    context = {
        "file": file,
        "head": shown[0],
        "rows": shown[1 : MAX_ROWS + 1],
        "hidden": max(len(shown) - 1 - MAX_ROWS, 0),
    }
    return "queues/documents/table.html", context


def _rows(text: str) -> list[list[str]]:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        read = csv.reader(io.StringIO(text), delimiter=delimiter)
        return [row for row in read if row]
    except csv.Error:
        return []


def decoded(content: bytes | None) -> str | None:
    """Return bytes as text; None for what is no text."""
    if content is None or b"\x00" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def is_text(file: Document) -> bool:
    return plain_type(file).startswith("text/")
