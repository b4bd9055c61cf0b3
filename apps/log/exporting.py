"""The log as a file: one line after the other as text, or as JSON objects (NDJSON)."""

from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Final

import orjson

from .asking import LogFilter
from .keys import BEFORE_ALL, Key
from .lines import LogEntry
from .presenting import as_json
from .reading import after, newer
from .scopes import Scope

MOST_LINES: Final = 1_000_000
LINES_AT_ONCE: Final = 2_000
MEMORY_BYTES: Final = 4_000_000


def log_file(scope: Scope, wanted: LogFilter, form: str) -> IO[bytes]:
    """Return the lines that fit, the oldest first, MOST_LINES at most, as a file.

    Written piece by piece by keyset; beyond MEMORY_BYTES it lies on the disk until it is closed.
    """
    write = FORMS[form]
    found: IO[bytes] = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115
    for entry in _all_of(scope, wanted):
        found.write(write(entry))
    found.seek(0)
    return found


def _all_of(scope: Scope, wanted: LogFilter) -> Iterator[LogEntry]:
    start = Key(wanted.since, BEFORE_ALL.id) if wanted.since else BEFORE_ALL
    n_left = MOST_LINES
    while n_left > 0:
        piece = newer(scope, start=start, until=wanted.until, n=min(LINES_AT_ONCE, n_left))
        yield from piece.entries
        n_left -= len(piece.entries)
        if piece.has_more:
            start = after(piece.entries[-1].key)
        elif piece.looked_to:
            start = after(piece.looked_to)
        else:
            return


def _as_text(entry: LogEntry) -> bytes:
    about = {
        "run": entry.run_id,
        "item": entry.item_id,
        "try": entry.attempt,
        "instance": entry.instance_id,
        "step": entry.step,
        "correlation": entry.correlation_id,
    }
    said = " ".join(f"{name}={value}" for name, value in about.items() if value)
    details = f" {orjson.dumps(entry.fields).decode()}" if entry.fields else ""
    # a line is a line: what goes on below it is indented
    message = entry.message.replace("\n", "\n    ")
    head = f"{entry.at.isoformat(timespec='milliseconds')} {entry.level.upper():<7}"
    return f"{head} [{said}] {message}{details}\n".encode()


def _as_json_line(entry: LogEntry) -> bytes:
    return orjson.dumps(as_json(entry)) + b"\n"


FORMS: Final[dict[str, Callable[[LogEntry], bytes]]] = {
    "text": _as_text,
    "ndjson": _as_json_line,
}
TYPES: Final = {"text": "text/plain; charset=utf-8", "ndjson": "application/x-ndjson"}
ENDINGS: Final = {"text": "txt", "ndjson": "ndjson"}
