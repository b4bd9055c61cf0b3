"""A quick yes: most data is right, and explaining why it is not can take its time.

`compile_quick` turns the common part of JSON Schema into nested closures, thirty times faster than
the full check. A quick True is the truth; a quick False only means "look closely".
"""

from collections.abc import Callable
from typing import Any

from .formats import FORMATS, has_format
from .keywords import are_unique, is_multiple
from .patterns import compile_pattern
from .structure import Schema

Quick = Callable[[Any], bool]

_NOTES = frozenset(
    {
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
        *("$comment", "$defs", "definitions", "$schema", "$id"),
        *("contentMediaType", "contentEncoding"),
    }
)


def compile_quick(schema: Schema) -> Quick:
    """Return a function that says True only for values that fit `schema`."""
    if schema is True:
        return lambda _value: True
    if schema is False:
        return lambda _value: False
    checks: list[Quick] = []
    for keyword, wanted in schema.items():
        if keyword in _NOTES or keyword.startswith("x-"):
            continue
        maker = _MAKERS.get(keyword)
        check = maker(wanted, schema) if maker else None
        if check is None:
            return lambda _value: False
        checks.append(check)
    return _all(checks)


def _all(checks: list[Quick]) -> Quick:
    if len(checks) == 1:
        return checks[0]

    def every(value: Any) -> bool:
        for check in checks:  # noqa: SIM110 - a generator would be slower
            if not check(value):
                return False
        return True

    return every


def _is_whole(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


_TYPES: dict[str, Quick] = {
    "string": lambda value: type(value) is str,
    "number": lambda value: type(value) in (int, float),
    "integer": _is_whole,
    "boolean": lambda value: type(value) is bool,
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "null": lambda value: value is None,
}


def _type(wanted: Any, _schema: Any) -> Quick | None:
    names = wanted if isinstance(wanted, list) else [wanted]
    if not all(name in _TYPES for name in names):
        return None
    tests = [_TYPES[name] for name in names]
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _enum(values: Any, _schema: Any) -> Quick | None:
    # 1, 1.0 and True are one key of a Python set, but not one value of JSON
    if not isinstance(values, list) or not all(isinstance(value, str | None) for value in values):
        return None
    known = frozenset(values)
    return lambda value: (type(value) is str or value is None) and value in known


def _const(wanted: Any, schema: Any) -> Quick | None:
    return _enum([wanted], schema)


def _of_numbers(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Quick]:
    def make(limit: Any, _schema: Any) -> Quick:
        return lambda value: type(value) not in (int, float) or compare(value, limit)

    return make


def _of_sizes(kind: type[Any], compare: Callable[[int, Any], bool]) -> Callable[[Any, Any], Quick]:
    def make(limit: Any, _schema: Any) -> Quick:
        return lambda value: type(value) is not kind or compare(len(value), limit)

    return make


def _required(names: list[str], _schema: Any) -> Quick:
    def has_all(value: Any) -> bool:
        return type(value) is not dict or all(name in value for name in names)

    return has_all


def _properties(wanted: dict[str, Schema], _schema: Any) -> Quick:
    tests = [(name, compile_quick(inner)) for name, inner in wanted.items()]

    def each_fits(value: Any) -> bool:
        if type(value) is not dict:
            return True
        for name, test in tests:  # noqa: SIM110 - a generator would be slower
            if name in value and not test(value[name]):
                return False
        return True

    return each_fits


def _additional(wanted: Schema, schema: dict[str, Any]) -> Quick | None:
    if "patternProperties" in schema:
        return None
    known = frozenset(schema.get("properties", {}))
    if wanted is False:
        return lambda value: type(value) is not dict or value.keys() <= known
    test = compile_quick(wanted)
    return lambda value: (
        type(value) is not dict
        or all(test(inner) for name, inner in value.items() if name not in known)
    )


def _items(wanted: Schema, schema: dict[str, Any]) -> Quick | None:
    if "prefixItems" in schema:
        return None
    test = compile_quick(wanted)
    return lambda value: type(value) is not list or all(test(inner) for inner in value)


def _pattern(source: str, _schema: Any) -> Quick:
    matches = compile_pattern(source).matches
    return lambda value: type(value) is not str or matches(value)


def _format(name: Any, _schema: Any) -> Quick:
    if name not in FORMATS:
        return lambda _value: True
    return lambda value: has_format(name, value)


def _multiple_of(step: Any, _schema: Any) -> Quick:
    return lambda value: type(value) not in (int, float) or is_multiple(value, step)


def _unique(wanted: Any, _schema: Any) -> Quick:
    return lambda value: not wanted or type(value) is not list or are_unique(value)


_MAKERS: dict[str, Callable[[Any, Any], Quick | None]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _of_numbers(lambda value, limit: value >= limit),
    "maximum": _of_numbers(lambda value, limit: value <= limit),
    "exclusiveMinimum": _of_numbers(lambda value, limit: value > limit),
    "exclusiveMaximum": _of_numbers(lambda value, limit: value < limit),
    "multipleOf": _multiple_of,
    "minLength": _of_sizes(str, lambda n, limit: n >= limit),
    "maxLength": _of_sizes(str, lambda n, limit: n <= limit),
    "minItems": _of_sizes(list, lambda n, limit: n >= limit),
    "maxItems": _of_sizes(list, lambda n, limit: n <= limit),
    "minProperties": _of_sizes(dict, lambda n, limit: n >= limit),
    "maxProperties": _of_sizes(dict, lambda n, limit: n <= limit),
    "pattern": _pattern,
    "format": _format,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "uniqueItems": _unique,
}
