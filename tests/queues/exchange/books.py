"""Workbooks for tests, as spreadsheet programs write them and as they never would."""

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def book(*sheets: Sequence[Sequence[Any]], titles: Sequence[str] = (), **more: Any) -> bytes:
    """Return a workbook of these sheets; `more` is set on the workbook."""
    found = Workbook()
    found.remove(found.active)  # type: ignore[arg-type]
    for number, rows in enumerate(sheets):
        sheet = found.create_sheet(titles[number] if number < len(titles) else f"S{number + 1}")
        for row in rows:
            sheet.append(list(row))
    for name, value in more.items():
        setattr(found, name, value)
    return saved(found)


def saved(workbook: Workbook) -> bytes:
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_parts(raw: bytes, parts: Mapping[str, bytes | str]) -> bytes:
    """Return the workbook with other, or further, members in its zip."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def sheet_of(cells: str, *, after: str = "", head: str = "") -> str:
    """Return a sheet's XML with these rows."""
    return (
        f'<?xml version="1.0"?>{head}<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>'
        f"{after}</worksheet>"
    )
