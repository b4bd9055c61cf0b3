"""Our versions of the keywords in which jsonschema is unsafe, inexact, or hard to explain."""

from collections.abc import Iterator
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from .formats import has_format
from .patterns import compile_pattern

MAX_REFERENCES = 100_000  # followed in one check

Errors = Iterator[ValidationError]


class TooMuchWorkError(Exception):
    """Checking went round too often; the data or its schema is made to be slow."""


references_left: ContextVar[list[int]] = ContextVar("references_left")


def _ref(validator: Any, reference: str, value: Any, _schema: Any) -> Errors:
    left = references_left.get()
    left[0] -= 1
    if left[0] < 0:
        raise TooMuchWorkError
    yield from validator._validate_reference(ref=reference, instance=value)


def _required(validator: Any, names: list[str], value: Any, _schema: Any) -> Errors:
    if isinstance(value, dict):
        yield from (
            ValidationError("missing", validator_value=name) for name in names if name not in value
        )


def _properties(validator: Any, wanted: dict[str, Any], value: Any, _schema: Any) -> Errors:
    """As the standard one, but what is forbidden (`false`) is named, too."""
    if not isinstance(value, dict):
        return
    for name, subschema in wanted.items():
        if name in value and subschema is False:
            yield ValidationError("forbidden", path=[name])
        elif name in value:
            yield from validator.descend(value[name], subschema, path=name, schema_path=name)


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Errors:
    if isinstance(value, str) and not compile_pattern(pattern).matches(value):
        yield ValidationError("does not match")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], value: Any, _schema: Any
) -> Errors:
    if not isinstance(value, dict):
        return
    for pattern, subschema in patterns.items():
        compiled = compile_pattern(pattern)
        for name, inner in value.items():
            if compiled.matches(name):
                yield from validator.descend(inner, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, value: Any, schema: Any) -> Errors:
    if not isinstance(value, dict):
        return
    known = schema.get("properties", {})
    patterns = [compile_pattern(pattern) for pattern in schema.get("patternProperties", {})]
    extra = [
        name
        for name in value
        if name not in known and not any(pattern.matches(name) for pattern in patterns)
    ]
    if allowed is False:
        if extra:
            yield ValidationError("unknown", context=[ValidationError(name) for name in extra])
    else:
        for name in extra:
            yield from validator.descend(value[name], allowed, path=name)


def _format(_validator: Any, name: Any, value: Any, _schema: Any) -> Errors:
    if not has_format(name, value):
        yield ValidationError("wrong format")


def is_multiple(value: float, step: float) -> bool:
    """Say whether `value` is a multiple of `step` as written: 19.99 is one of 0.01."""
    return (Fraction(str(value)) / Fraction(str(step))).denominator == 1


def _multiple_of(_validator: Any, step: float, value: Any, _schema: Any) -> Errors:
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and not is_multiple(value, step)
    ):
        yield ValidationError("not a multiple")


def _unique_items(_validator: Any, wanted: bool, value: Any, _schema: Any) -> Errors:
    if wanted and isinstance(value, list) and not are_unique(value):
        yield ValidationError("not unique")


def are_unique(values: list[Any]) -> bool:
    """Say whether no two values are equal as JSON; linear, whatever they are."""
    return len({_hashable(value) for value in values}) == len(values)


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((name, _hashable(inner)) for name, inner in value.items()), "object"
    if isinstance(value, list):
        return tuple(_hashable(inner) for inner in value)
    return type(value) is bool, value


Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "$ref": _ref,
        "required": _required,
        "properties": _properties,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "format": _format,
        "multipleOf": _multiple_of,
        "uniqueItems": _unique_items,
    },
)
