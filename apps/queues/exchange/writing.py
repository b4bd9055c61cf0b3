"""Values as cells: what goes out comes back in as the same."""

import json
from datetime import date, datetime

from django.utils import timezone

from apps.lib.json import Json
from apps.lib.schema_forms.shapes import Kind, Shape
from apps.lib.tables import Cell


def cell_of(shape: Shape | None, value: Json) -> Cell:
    """Return what a spreadsheet shows of a value; lists of plain values with semicolons between."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list):
        return _joined(value)
    elif isinstance(value, str) and shape is not None and shape.kind is Kind.DATE:
        return _day(value)
    elif isinstance(value, str) and shape is not None and shape.kind is Kind.DATE_TIME:
        return _moment(value)
    else:
        return value


def _joined(value: list[Json]) -> str:
    is_plain = all(isinstance(each, str) and each and not set(each) & {";", "\n"} for each in value)
    starts_plain = not value or not str(value[0]).startswith("[")
    if is_plain and starts_plain and value:
        return "; ".join(str(each) for each in value)
    return json.dumps(value, ensure_ascii=False)


def _day(text: str) -> Cell:
    try:
        return date.fromisoformat(text) if len(text) == 10 else text
    except ValueError:
        return text


def _moment(text: str) -> Cell:
    """As the reader's clock shows it."""
    try:
        moment = datetime.fromisoformat(text)
        return timezone.localtime(moment) if moment.tzinfo else text
    except (ValueError, OverflowError):
        return text
