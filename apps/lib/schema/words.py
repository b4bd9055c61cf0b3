"""What jsonschema found, in one plain sentence for each field."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from jsonschema.exceptions import ValidationError

from apps.lib.errors import FieldProblem

from .formats import FORMATS
from .patterns import compile_pattern

MAX_SHOWN = 12  # values of an enumeration
MAX_SHOWN_LENGTH = 80


def problems_of(error: ValidationError) -> Iterator[FieldProblem]:
    """Yield the problems that `error` stands for, the path relative to the checked value."""
    path = [str(part) for part in error.absolute_path]
    keyword = error.validator
    if keyword in {"anyOf", "oneOf"} and error.context:
        yield from _of_alternatives(error, path)
    elif keyword == "required":
        yield from _missing(error, path)
    elif keyword == "additionalProperties" and error.context:
        names = (each.message for each in error.context)
        yield from (FieldProblem(_dotted(path, name), _("is not a known field")) for name in names)
    else:
        say = _SENTENCES.get(str(keyword))
        message = say(error.validator_value, error.instance) if say else _("is not allowed here")
        yield FieldProblem(_dotted(path), message)


def _of_alternatives(error: ValidationError, path: list[str]) -> Iterator[FieldProblem]:
    """Explain the alternative that came closest; if all want another type, name these types."""
    context = error.context or []
    wanted_types = [each for each in context if each.validator == "type" and not each.relative_path]
    branches = {_branch(each) for each in context} - {None}
    if len(wanted_types) == len(context):
        types = [name for each in wanted_types for name in _as_list(each.validator_value)]
        yield FieldProblem(_dotted(path), _must_be_type(types, error.instance))
        return
    fitting = branches - {_branch(each) for each in wanted_types}
    if len(fitting) == 1:
        for each in context:
            if _branch(each) in fitting:
                yield from problems_of(each)
    else:
        yield FieldProblem(_dotted(path), _("fits none of the forms that are allowed here"))


def _branch(error: ValidationError) -> object:
    """Return which alternative `error` belongs to; the alternative `false` has no number."""
    return error.relative_schema_path[0] if error.relative_schema_path else None


def _missing(error: ValidationError, path: list[str]) -> Iterator[FieldProblem]:
    yield FieldProblem(_dotted(path, str(error.validator_value)), _("is missing"))


def _must_be_type(types: Any, value: Any) -> str:
    names = dict.fromkeys(str(_type_name(each)) for each in _as_list(types))
    wanted = _(" or ").join(names)
    return _("must be %(wanted)s, got %(got)s") % {"wanted": wanted, "got": _kind_of(value)}


def _type_name(name: str) -> str:
    return {
        "string": _("text"),
        "number": _("a number"),
        "integer": _("a whole number"),
        "boolean": _("true or false"),
        "object": _("an object"),
        "array": _("a list"),
        "null": _("null"),
    }.get(name, name)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return _("a number")
    if isinstance(value, float):
        return _("the number %(n)s") % {"n": value}
    names = {str: _("text"), dict: _("an object"), list: _("a list"), type(None): _("null")}
    return names.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """Return `value` short enough for a sentence."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return text if len(text) <= MAX_SHOWN_LENGTH else text[:MAX_SHOWN_LENGTH] + "…"


def _must_be_one_of(values: list[Any], _value: Any) -> str:
    listed = ", ".join(shown(each) for each in values[:MAX_SHOWN])
    more = "…" if len(values) > MAX_SHOWN else ""
    return _("must be one of: %(values)s") % {"values": listed + more}


def _too_short(limit: int, value: str) -> str:
    if not value:
        return _("must not be empty")
    words = ngettext(
        "must have at least %(n)d character, has %(has)d",
        "must have at least %(n)d characters, has %(has)d",
        int(limit),
    )
    return words % {"n": limit, "has": len(value)}


def _too_long(limit: int, value: str) -> str:
    words = ngettext(
        "must have at most %(n)d character, has %(has)d",
        "must have at most %(n)d characters, has %(has)d",
        int(limit),
    )
    return words % {"n": limit, "has": len(value)}


def _unmatched(pattern: str, value: str) -> str:
    if compile_pattern(pattern).is_too_long(value):
        return _("is too long to be compared with its pattern %(pattern)s") % {
            "pattern": shown(pattern)
        }
    return _("must match the pattern %(pattern)s") % {"pattern": shown(pattern)}


def _too_few(limit: int, value: list[Any]) -> str:
    words = ngettext(
        "must have at least %(n)d entry, has %(has)d",
        "must have at least %(n)d entries, has %(has)d",
        int(limit),
    )
    return words % {"n": limit, "has": len(value)}


def _too_many(limit: int, value: list[Any]) -> str:
    words = ngettext(
        "must have at most %(n)d entry, has %(has)d",
        "must have at most %(n)d entries, has %(has)d",
        int(limit),
    )
    return words % {"n": limit, "has": len(value)}


def _compared(words: Callable[[], str]) -> Callable[[Any, Any], str]:
    return lambda limit, value: words() % {"limit": shown(limit), "value": shown(value)}


def _of_format(name: str, _value: Any) -> str:
    return str(FORMATS[name][1])


_SENTENCES: dict[str, Callable[[Any, Any], str]] = {
    "type": _must_be_type,
    "enum": _must_be_one_of,
    "const": _compared(lambda: _("must be %(limit)s")),
    "minimum": _compared(lambda: _("must be at least %(limit)s, got %(value)s")),
    "maximum": _compared(lambda: _("must be at most %(limit)s, got %(value)s")),
    "exclusiveMinimum": _compared(lambda: _("must be more than %(limit)s, got %(value)s")),
    "exclusiveMaximum": _compared(lambda: _("must be less than %(limit)s, got %(value)s")),
    "multipleOf": _compared(lambda: _("must be a multiple of %(limit)s, got %(value)s")),
    "minLength": _too_short,
    "maxLength": _too_long,
    "pattern": _unmatched,
    "format": _of_format,
    "minItems": _too_few,
    "maxItems": _too_many,
    "minProperties": _too_few,
    "maxProperties": _too_many,
    "uniqueItems": lambda _on, _value: _("must not have the same entry twice"),
    "contains": lambda _schema, _value: _("lacks an entry that it must have"),
    "maxContains": lambda _limit, _value: _("has too many entries of one kind"),
    "minContains": lambda _limit, _value: _("has too few entries of one kind"),
    "oneOf": lambda _schemas, _value: _("fits more than one of the forms that are allowed here"),
    "unevaluatedProperties": lambda _schema, _value: _("has fields that are not known here"),
    "unevaluatedItems": lambda _schema, _value: _("has entries that are not known here"),
    "dependentRequired": lambda _names, _value: _("lacks a field that another one calls for"),
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _dotted(path: list[str], *more: str) -> str:
    return ".".join((*path, *more))
