"""What values may be: FEEL's types, plus the allowed values that item definitions add."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from apps.lib.feel.temporal import FeelDate, parse_literal
from apps.lib.feel.types import ANY, Type, conforms, simple_type
from apps.lib.feel.values import Function, Value

Test = Callable[[Value], bool]

# names that modelers of Camunda 7 write, and what FEEL calls them
FOREIGN: Final = {"integer": "number", "long": "number", "double": "number", "float": "number"}
TEMPORAL: Final = frozenset(
    {"date", "time", "date and time", "days and time duration", "years and months duration"}
)


class _Misfit:
    """The answer of `fit` where the value is of another type."""


MISFIT: Final = _Misfit()


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type with its constraints; `allows` is None where every value of `type` is allowed."""

    type: Type
    allows: Test | None = None

    def accepts(self, value: Value) -> bool:
        """Tell whether `value` is of this type and allowed; null always is."""
        if value is None or self is ANYTHING:
            return True
        return _conforms(value, self.type) and (self.allows is None or self.allows(value))


ANYTHING: Final = ItemType(ANY)


def _conforms(value: Value, wanted: Type) -> bool:
    if wanted == ANY:
        return True
    if isinstance(value, Function) and value.result in (None, ANY):
        # what it gives is not known, and no reason to refuse it
        wanted = replace(wanted, result=None)
    return conforms(value, wanted)


def named_type(name: str | None, types: Mapping[str, ItemType]) -> ItemType | None:
    """Return the type of that name; a missing name is Any. None means that nobody defined it."""
    if name is None:
        return ANYTHING
    if name in types:
        return types[name]
    simple = simple_type(FOREIGN.get(name, name))
    if simple is None:
        return None
    return ANYTHING if simple == ANY else ItemType(simple)


def fit(value: Value, wanted: ItemType) -> Value:
    """Return `value` as `wanted`, converted as DMN does implicitly, or MISFIT.

    A list of one becomes its element, an element a list of one, a date the midnight it begins
    with.
    """
    if wanted.accepts(value):
        return value
    for other in _conversions(value, wanted.type):
        if wanted.accepts(other):
            return other
    return MISFIT


def _conversions(value: Value, wanted: Type) -> list[Value]:
    if isinstance(value, list):
        return value if len(value) == 1 and value[0] is not None else []
    if wanted.name == "list":
        return [[value]]
    if wanted.name == "date and time" and isinstance(value, FeelDate):
        return [parse_literal(f"{value}T00:00:00Z")]
    return []


def from_text(value: Value, wanted: Type) -> Value:
    """Return what a text of JSON means where a date, time or duration is `wanted`.

    JSON has no such values: they come as ISO 8601 texts. Everything else stays as it is.
    """
    if isinstance(value, str):
        return _temporal(value, wanted) if wanted.name in TEMPORAL else value
    if isinstance(value, list) and wanted.of is not None:
        return [from_text(each, wanted.of) for each in value]
    if isinstance(value, dict) and wanted.members:
        members = dict(wanted.members)
        return {
            name: from_text(each, members[name]) if name in members else each
            for name, each in value.items()
        }
    return value


def _temporal(text: str, wanted: Type) -> Value:
    found = parse_literal(text)
    return text if found is None else found
