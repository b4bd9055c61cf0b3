"""An invoice as the data of a work item, and back: JSON that people can edit."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .invoices import Adjustment, Attachment, Invoice, Kind, Line, Party, TaxGroup

Record = TypeVar("Record", Invoice, Party, Line, Adjustment, TaxGroup, Attachment)


def to_payload(invoice: Invoice) -> JsonObject:
    """Return `invoice` as JSON that fits INVOICE_SCHEMA.

    Amounts are strings, exact to the digit; parties are flat (`vendor_name`), so that a form can
    show them; what the document does not say is left out.
    """
    payload: JsonObject = {}
    for name, value in _said(invoice):
        if isinstance(value, Party):
            payload |= {f"{name}_{key}": str(text) for key, text in _said(value)}
        else:
            payload[name] = _to_json(value)
    return payload


def from_payload(payload: Mapping[str, Json]) -> Invoice:
    """Return the invoice that `payload` describes; the inverse of `to_payload`.

    Unknown names are ignored. Raises InvalidError naming the field when a value is missing or of
    the wrong form.
    """
    data = dict(payload)
    for party in ("vendor", "buyer"):
        data[party] = {
            field.name: payload.get(f"{party}_{field.name}", "") for field in fields(Party)
        }
    return _record(Invoice, data, "")


def _said(record: Any) -> list[tuple[str, Any]]:
    values = [(field.name, getattr(record, field.name)) for field in fields(record)]
    return [(name, value) for name, value in values if value not in (None, "", ())]


def _to_json(value: Any) -> Json:
    if isinstance(value, StrEnum):
        return value.value  # a plain text, as it will be read back
    elif isinstance(value, bool | int | str):
        return value
    elif isinstance(value, Decimal):
        return f"{value:f}"
    elif isinstance(value, date):
        return value.isoformat()
    elif isinstance(value, tuple):
        return [_to_json(inner) for inner in value]
    else:
        return {name: _to_json(inner) for name, inner in _said(value)}


def _record(kind: type[Record], data: Json, path: str) -> Record:
    if not isinstance(data, dict):
        raise _wrong(path, _("This must be a group of values."))
    values = {}
    for field in fields(kind):
        place = f"{path}.{field.name}".lstrip(".")
        # A form gives back an empty text for what was left out.
        if data.get(field.name) not in (None, ""):
            values[field.name] = READERS[field.type](data[field.name], place)
        elif _is_required(field):
            raise _wrong(place, _("This value is needed."))
    return kind(**values)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING


def _text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, _("This must be text."))
    return value


def _kind(value: Json, path: str) -> Kind:
    try:
        return Kind(_text(value, path))
    except ValueError:
        raise _wrong(path, _("This must be “invoice” or “credit_note”.")) from None


def _decimal(value: Json, path: str) -> Decimal:
    try:
        number = Decimal(_text(value, path))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _wrong(path, _("This must be a number, as in 1234.50."))
    return number


def _date(value: Json, path: str) -> date:
    try:
        return date.fromisoformat(_text(value, path))
    except ValueError:
        raise _wrong(path, _("This must be a date, as in 2026-01-31.")) from None


def _boolean(value: Json, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, _("This must be yes or no."))
    return value


def _integer(value: Json, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(path, _("This must be a whole number."))
    return value


def _many(read: Callable[[Json, str], Any]) -> Callable[[Json, str], Any]:
    def read_all(value: Json, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _wrong(path, _("This must be a list."))
        return tuple(read(inner, f"{path}.{index}") for index, inner in enumerate(value))

    return read_all


def _one(kind: type[Record]) -> Callable[[Json, str], Record]:
    return lambda value, path: _record(kind, value, path)


READERS: dict[Any, Callable[[Json, str], Any]] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    Kind: _kind,
    date: _date,
    date | None: _date,
    Decimal: _decimal,
    Decimal | None: _decimal,
    Party: _one(Party),
    tuple[str, ...]: _many(_text),
    tuple[Line, ...]: _many(_one(Line)),
    tuple[TaxGroup, ...]: _many(_one(TaxGroup)),
    tuple[Adjustment, ...]: _many(_one(Adjustment)),
    tuple[Attachment, ...]: _many(_one(Attachment)),
}


def _wrong(path: str, message: str) -> InvalidError:
    where = f"{path}: " if path else ""
    return InvalidError(where + message, fields=[FieldProblem(path, message)])
