"""Keyset pages: each goes on after the last row of the one before, however far down.

A cursor names the order it belongs to and the values of the last row. It is no secret and needs no
signature: all it can say is where to start among rows that the caller may see anyway.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from .errors import FieldProblem, InvalidError

T = TypeVar("T")
M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_CURSOR_LENGTH = 1000
# Short enough for the name of a live part, which holds the rest of the list's filter, too
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,300}")
NO_CURSOR = "-"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: list[T]
    next_cursor: str | None = None


def page_of(
    rows: QuerySet[M, M], *, order: Sequence[str], limit: int = DEFAULT_LIMIT, cursor: str = ""
) -> Page[M]:
    """Return up to `limit` of `rows` after `cursor`, in `order`; one query.

    `order` names columns (or annotations) that are never null, the last of them unique:
    `("-occurred_at", "-id")`. Raises InvalidError for a cursor that is not of this list.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    if cursor:
        rows = _after(rows, order, decode_cursor(cursor, order))
    found = list(rows.order_by(*order)[: limit + 1])
    if len(found) <= limit:
        return Page(found)
    return Page(found[:limit], encode_cursor(found[limit - 1], order))


def said_cursor(text: str) -> str:
    """Return what an address says as a cursor; what can be none becomes a short wrong one."""
    return text if not text or CURSOR.fullmatch(text) else NO_CURSOR


def encode_cursor(row: Model, order: Sequence[str]) -> str:
    values = [_pack(getattr(row, name.lstrip("-"))) for name in order]
    text = json.dumps([",".join(order), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, order: Sequence[str]) -> list[Any]:
    try:
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise ValueError(cursor)
        padded = cursor + "=" * (-len(cursor) % 4)
        said_order, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if said_order != ",".join(order) or len(values) != len(order):
            raise ValueError(cursor)
        return [_unpack(value) for value in values]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _bad_cursor() from None


def _after(rows: QuerySet[M, M], order: Sequence[str], values: list[Any]) -> QuerySet[M, M]:
    """Keep what comes later: (a, b) > (x, y) is a > x or (a = x and b > y).

    The bound on the first column alone says nothing new, but lets PostgreSQL start in an index.
    """
    later, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        later |= equal & Q(**{_comparison(name): value})
        equal &= Q(**{name.lstrip("-"): value})
    try:
        return rows.filter(Q(**{f"{_comparison(order[0])}e": values[0]}) & later)
    except (ValueError, TypeError, OverflowError, ValidationError):
        raise _bad_cursor() from None


def _comparison(name: str) -> str:
    return f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, str | int | float):
        return value
    raise TypeError(f"cannot page by {value!r}")


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return _moment(value["at"]) if "at" in value else UUID(str(value["uuid"]))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(value)
    if "\x00" in str(value) or value in (float("inf"), float("-inf")) or value != value:
        raise ValueError(value)
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _bad_cursor() -> InvalidError:
    message = _("This cursor is not of this list. Start again without one.")
    return InvalidError(message, fields=[FieldProblem("cursor", message)])
