"""FEEL's types, as in `instance of list<number>` and `function(a: date)`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from .values import Function, Range, Value, type_name

SIMPLE = frozenset(
    {
        "Any",
        "Null",
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    }
)
_SPELLINGS = {
    "any": "Any",
    "null": "Null",
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}


@dataclass(frozen=True, slots=True)
class Type:
    """A type: `name` is simple, or "list", "range", "context", "function", or somebody's own.

    `of` is the type of a list's or range's elements; `members` those of a context; `parameters`
    and `result` those of a function. What is absent is not asked for.
    """

    name: str
    of: "Type | None" = None
    members: tuple[tuple[str, "Type"], ...] = ()
    parameters: "tuple[Type, ...] | None" = None
    result: "Type | None" = None


ANY = Type("Any")
Seen: TypeAlias = set[tuple[int, int]]


def simple_type(name: str) -> Type | None:
    """Return the simple type of that name, in any spelling of the standard; None if there is none.

    A bare "list", "context", "function" or "range" is one whose insides do not matter.
    """
    name = _SPELLINGS.get(name, name)
    if name in SIMPLE or name in ("list", "context", "function", "range"):
        return Type(name)
    return None


def conforms(value: Value, wanted: Type, seen: Seen | None = None) -> bool:
    """Tell whether `value` is an instance of `wanted`. null is one of Null only."""
    if value is None or wanted.name in ("Any", "Null"):
        return (value is None) == (wanted.name == "Null")
    if type_name(value) != wanted.name:
        return False
    check = _CHECKS.get(wanted.name)
    if check is None:
        return True
    # each thing once: lists can hold the same lists again and again
    seen = set() if seen is None else seen
    key = (id(value), id(wanted))
    if key in seen:
        return True
    seen.add(key)
    return check(value, wanted, seen)


def fits(value: Value, wanted: Type, seen: Seen | None = None) -> bool:
    """Tell whether `value` may be given where `wanted` is declared: null may everywhere."""
    return value is None or conforms(value, wanted, seen)


class Misfit:
    """The answer when a value can't be made to fit."""


MISFIT: Final = Misfit()


def coerced(value: Value, wanted: Type) -> Value:
    """Return `value` as `wanted` has it (DMN 1.5, 10.3.2.9.4), or MISFIT.

    The single element of a list stands for the list, and the other way round.
    """
    if fits(value, wanted):
        return value
    if isinstance(value, list) and len(value) == 1 and fits(value[0], wanted):
        return value[0]
    if wanted.name == "list" and fits([value], wanted):
        return [value]
    return MISFIT


def resolve(wanted: Type, types: Mapping[str, Type]) -> Type | None:
    """Return `wanted` with the names in `types` replaced by what they mean; None if one is unknown.

    `types` must be resolved themselves.
    """
    if wanted.name in types:
        return types[wanted.name]
    if simple_type(wanted.name) is None:
        return None
    of = resolve(wanted.of, types) if wanted.of else None
    members = [(name, resolve(member, types)) for name, member in wanted.members]
    parameters = [resolve(parameter, types) for parameter in wanted.parameters or ()]
    result = resolve(wanted.result, types) if wanted.result else None
    missing = (wanted.of and not of) or (wanted.result and not result)
    if missing or None in parameters or any(member is None for _, member in members):
        return None
    return Type(
        wanted.name,
        of,
        tuple((name, member) for name, member in members if member),
        None if wanted.parameters is None else tuple(p for p in parameters if p),
        result,
    )


def _check_list(value: list[Value], wanted: Type, seen: Seen) -> bool:
    of = wanted.of
    return of is None or of == ANY or all(fits(element, of, seen) for element in value)


def _check_range(value: Range, wanted: Type, seen: Seen) -> bool:
    of = wanted.of
    return of is None or all(fits(end, of, seen) for end in (value.start, value.end))


def _check_context(value: dict[str, Value], wanted: Type, seen: Seen) -> bool:
    return all(name in value and fits(value[name], of, seen) for name, of in wanted.members)


def _check_function(value: Function, wanted: Type, seen: Seen) -> bool:
    if wanted.parameters is None:
        return True
    if len(value.parameters) != len(wanted.parameters):
        return False
    # who calls it gives `wanted`s parameters and takes its result
    declared = value.types or (None,) * len(wanted.parameters)
    takes = all(
        have is None or is_subtype(give, have)
        for give, have in zip(wanted.parameters, declared, strict=True)
    )
    gives = (
        wanted.result is None
        or wanted.result == ANY
        or (value.result is not None and is_subtype(value.result, wanted.result))
    )
    return takes and gives


def is_subtype(narrow: Type, wide: Type) -> bool:
    """Tell whether everything of type `narrow` is of type `wide`, too."""
    if wide == ANY or narrow == wide or narrow.name == "Null":
        return True
    if narrow.name != wide.name:
        return False
    if wide.name in ("list", "range"):
        return wide.of is None or (narrow.of is not None and is_subtype(narrow.of, wide.of))
    if wide.name == "context":
        have = dict(narrow.members)
        return all(name in have and is_subtype(have[name], of) for name, of in wide.members)
    return _is_subfunction(narrow, wide)


def _is_subfunction(narrow: Type, wide: Type) -> bool:
    if wide.parameters is None or narrow.parameters is None:
        return wide.parameters is None
    if len(narrow.parameters) != len(wide.parameters) or not narrow.result or not wide.result:
        return False
    takes = all(
        is_subtype(give, have)
        for give, have in zip(wide.parameters, narrow.parameters, strict=True)
    )
    return takes and is_subtype(narrow.result, wide.result)


_CHECKS: Mapping[str, Callable[[Any, Type, Seen], bool]] = {
    "list": _check_list,
    "range": _check_range,
    "context": _check_context,
    "function": _check_function,
}
