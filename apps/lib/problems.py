"""What pydantic or a model found wrong with a request: plain sentences with dotted paths."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic_core.core_schema import ErrorType

from .errors import FieldProblem

MAX_PROBLEMS = 50
MAX_SHOWN = 60
# where a parameter came from, as ninja says it; not part of the field's name
SOURCES = {"body", "query", "path", "header", "form", "file"}

Error = Mapping[str, Any]


def field_problems(
    errors: Iterable[Error], *, at: str = "", drop_source: bool = False
) -> list[FieldProblem]:
    """Return the problems; `drop_source`: paths begin with where ninja found the parameter."""
    found = []
    for error in errors:
        location = [str(part) for part in error["loc"]]
        if drop_source:
            location = _without_source(location)
        path = ".".join([at, *location] if at else location)
        found.append(FieldProblem(path, sentence_of(error)))
        if len(found) == MAX_PROBLEMS:
            break
    return found


def sentence_of(error: Error) -> str:
    kind = str(error["type"])
    context = {key: _shown(value) for key, value in (error.get("ctx") or {}).items()}
    words = _SENTENCES.get(kind)
    if callable(words):
        return str(words(error))
    elif words:
        return str(words) % context
    # a sentence of our own; pydantic's are about its types, not for who sent the value
    return _got(_other)(error) if kind in _OF_PYDANTIC else str(error["msg"])


def column_problems(error: ValidationError) -> list[FieldProblem]:
    """Return what a model's `clean_fields` found, the first problem of each field."""
    found = []
    for name, (first, *_more) in error.error_dict.items():
        words = _OF_COLUMNS.get(first.code or "")
        said = str(words) % (first.params or {}) if words else _uncapitalised(first.messages[0])
        found.append(FieldProblem(name, said))
    return found


def _uncapitalised(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")


def _without_source(location: list[str]) -> list[str]:
    """Drop "body" and the name that our function gave the body, which nobody outside knows."""
    if not location or location[0] not in SOURCES:
        return location
    return location[2:] if location[0] == "body" else location[1:]


def _got(words: Any) -> Callable[[Error], str]:
    def say(error: Error) -> str:
        if isinstance(error.get("input"), str | int | float | bool | None):
            return _("%(words)s, got %(value)s") % {
                "words": words,
                "value": _quoted(error.get("input")),
            }
        return str(words)

    return say


def _quoted(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"“{_shown(value)}”" if isinstance(value, str) else _shown(value)


def _shown(value: Any) -> str:
    text = "".join(each if each.isprintable() else "�" for each in str(value)[: MAX_SHOWN + 1])
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _length(words: Any) -> Callable[[Error], str]:
    def say(error: Error) -> str:
        context = error.get("ctx") or {}
        limit = context.get("max_length", context.get("min_length"))
        if limit == 1 and "min_length" in context:
            return _("must not be empty")
        actual = context.get("actual_length")
        if actual is None and isinstance(error.get("input"), str | list | dict):
            actual = len(error["input"])
        return str(words) % {"limit": limit, "actual": actual}

    return say


_OF_PYDANTIC = frozenset(get_args(ErrorType))
_other = gettext_lazy("is not a value that can be used here")
_must_be_number = gettext_lazy("must be a number")
_must_be_whole = gettext_lazy("must be a whole number")
_must_be_text = gettext_lazy("must be text")
_must_be_object = gettext_lazy("must be an object")
_must_be_list = gettext_lazy("must be a list")
_must_be_moment = gettext_lazy("must be a time with its zone, such as 2026-03-31T17:00:00+02:00")
_must_be_date = gettext_lazy("must be a date, such as 2026-03-31")
_must_be_boolean = gettext_lazy("must be true or false")

_SENTENCES: dict[str, Any] = {
    "missing": gettext_lazy("is missing"),
    "extra_forbidden": gettext_lazy("is not a known field"),
    "int_type": _got(_must_be_whole),
    "int_parsing": _got(_must_be_whole),
    "int_parsing_size": _got(gettext_lazy("must be a whole number of 64 bits")),
    "int_from_float": _got(_must_be_whole),
    "float_type": _got(_must_be_number),
    "float_parsing": _got(_must_be_number),
    "finite_number": _got(_must_be_number),
    "string_type": _got(_must_be_text),
    "bool_type": _got(_must_be_boolean),
    "bool_parsing": _got(_must_be_boolean),
    "list_type": _got(_must_be_list),
    "dict_type": _got(_must_be_object),
    "json_object": _got(_must_be_object),
    "model_type": _got(_must_be_object),
    "model_attributes_type": _got(_must_be_object),
    "none_required": _got(gettext_lazy("must be null")),
    "moment": _got(_must_be_moment),
    "moment_range": _got(gettext_lazy("must be a time between the years 1970 and 9000")),
    "lease_token": _got(gettext_lazy("must be a lease as it was given out (a UUID)")),
    "literal_error": _got(gettext_lazy("must be one of the values that are allowed")),
    "date_type": _got(_must_be_date),
    "date_parsing": _got(_must_be_date),
    "date_from_datetime_parsing": _got(_must_be_date),
    "datetime_type": _got(_must_be_moment),
    "datetime_parsing": _got(_must_be_moment),
    "datetime_from_date_parsing": _got(_must_be_moment),
    "timezone_aware": _got(_must_be_moment),
    "decimal_type": _got(_must_be_number),
    "decimal_parsing": _got(_must_be_number),
    "json_invalid": gettext_lazy("is not JSON"),
    "multiple_of": gettext_lazy("must be a multiple of %(multiple_of)s"),
    "greater_than_equal": gettext_lazy("must be at least %(ge)s"),
    "less_than_equal": gettext_lazy("must be at most %(le)s"),
    "greater_than": gettext_lazy("must be more than %(gt)s"),
    "less_than": gettext_lazy("must be less than %(lt)s"),
    "string_too_long": _length(
        gettext_lazy("must have at most %(limit)s characters, has %(actual)s")
    ),
    "string_too_short": _length(
        gettext_lazy("must have at least %(limit)s characters, has %(actual)s")
    ),
    "too_long": _length(gettext_lazy("must have at most %(limit)s entries, has %(actual)s")),
    "too_short": _length(gettext_lazy("must have at least %(limit)s entries, has %(actual)s")),
    "string_pattern_mismatch": _got(gettext_lazy("must match %(pattern)s")),
}

# by the code of Django's validators and fields; the rest are sentences of our own
_OF_COLUMNS: dict[str, Any] = {
    "blank": gettext_lazy("must not be empty"),
    "null": gettext_lazy("must not be null"),
    "max_length": gettext_lazy("must have at most %(limit_value)s characters, has %(show_value)s"),
    "min_value": gettext_lazy("must be at least %(limit_value)s"),
    "max_value": gettext_lazy("must be at most %(limit_value)s"),
    "invalid_choice": gettext_lazy("must be one of those that are allowed, got “%(value)s”"),
}


def _one_of(error: Error) -> str:
    expected = str((error.get("ctx") or {}).get("expected", ""))
    expected = expected.replace("''", "“”").replace("'", "")
    return _("must be one of: %(values)s; got %(got)s") % {
        "values": expected.replace(" or ", ", "),
        "got": _quoted(error.get("input"))
        if isinstance(error.get("input"), str | int | float | bool | None)
        else _("something else"),
    }


def _pattern(error: Error) -> str:
    return _("must match the pattern %(pattern)s") % {
        "pattern": (error.get("ctx") or {}).get("pattern", "")
    }


_SENTENCES["literal_error"] = _one_of
_SENTENCES["string_pattern_mismatch"] = _pattern
