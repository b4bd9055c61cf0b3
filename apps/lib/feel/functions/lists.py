"""List functions. Positions count from 1, or from the end when negative; no list is changed."""

from decimal import Decimal
from typing import Any

from apps.lib.feel.comparing import compare, equal
from apps.lib.feel.run import Run
from apps.lib.feel.values import Function, Value, type_name

from .registering import FUNCTION, LIST, NUMBER, NoValue, Parameter, Registry, maybe, one, whole

registry = Registry()

# Values of these types are equal when Python says so, and may be looked up in a set.
_SIMPLE = (str, Decimal, bool)


@registry.declare("list contains", one("list", LIST), one("element"))
def list_contains(run: Run, elements: list[Value], element: Value) -> bool:
    run.spend(len(elements))
    return any(equal(each, element, run) is True for each in elements)


@registry.declare("count", one("list", LIST))
def count(run: Run, elements: list[Value]) -> Decimal:
    return Decimal(len(elements))


@registry.declare("sublist", one("list", LIST), one("start position", NUMBER))
@registry.declare(
    "sublist", one("list", LIST), one("start position", NUMBER), one("length", NUMBER)
)
def sublist(
    run: Run, elements: list[Value], start: Decimal, length: Decimal | None = None
) -> list[Value]:
    first = _index(elements, start)
    last = len(elements) if length is None else first + whole(length, "the length")
    if not first <= last <= len(elements):
        raise NoValue("the list is not that long")
    run.produce(last - first)
    return elements[first:last]


@registry.declare("append", one("list", LIST), rest=Parameter("item"))
def append(run: Run, elements: list[Value], items: list[Value]) -> list[Value]:
    run.produce(len(elements) + len(items))
    return [*elements, *items]


@registry.declare("concatenate", rest=Parameter("list", LIST))
def concatenate(run: Run, lists: list[list[Value]]) -> list[Value]:
    run.produce(sum(map(len, lists)))
    return [element for each in lists for element in each]


@registry.declare("insert before", one("list", LIST), one("position", NUMBER), one("newItem"))
def insert_before(run: Run, elements: list[Value], position: Decimal, item: Value) -> list[Value]:
    index = _index(elements, position)
    run.produce(len(elements) + 1)
    return [*elements[:index], item, *elements[index:]]


@registry.declare("remove", one("list", LIST), one("position", NUMBER))
def remove(run: Run, elements: list[Value], position: Decimal) -> list[Value]:
    index = _index(elements, position)
    run.produce(len(elements))
    return elements[:index] + elements[index + 1 :]


@registry.declare("list replace", one("list", LIST), one("position", NUMBER), one("newItem"))
def replace_at(run: Run, elements: list[Value], position: Decimal, item: Value) -> list[Value]:
    index = _index(elements, position)
    run.produce(len(elements))
    return [*elements[:index], item, *elements[index + 1 :]]


@registry.declare("list replace", one("list", LIST), one("match", FUNCTION), one("newItem"))
def replace_matching(run: Run, elements: list[Value], match: Function, item: Value) -> list[Value]:
    """Replace the elements for which `match(element, newItem)` is true; it must be a boolean."""
    if len(match.parameters) != 2:
        raise NoValue("“match” must be a function of two parameters")
    run.spend(len(elements))
    run.produce(len(elements))
    return [item if _said(match.call(run, [each, item], None)) else each for each in elements]


@registry.declare("reverse", one("list", LIST))
def reverse(run: Run, elements: list[Value]) -> list[Value]:
    run.produce(len(elements))
    return elements[::-1]


@registry.declare("index of", one("list", LIST), one("match"))
def index_of(run: Run, elements: list[Value], match: Value) -> list[Value]:
    run.spend(len(elements))
    return [
        Decimal(position)
        for position, each in enumerate(elements, 1)
        if equal(each, match, run) is True
    ]


@registry.declare("union", rest=Parameter("list", LIST))
def union(run: Run, lists: list[list[Value]]) -> list[Value]:
    return _distinct(run, concatenate(run, lists))


@registry.declare("distinct values", one("list", LIST))
def distinct_values(run: Run, elements: list[Value]) -> list[Value]:
    return _distinct(run, elements)


@registry.declare("duplicate values", one("list", LIST))
def duplicate_values(run: Run, elements: list[Value]) -> list[Value]:
    repeated: list[Value] = []
    seen = Seen(run)
    for each in elements:
        if not seen.add(each):
            repeated.append(each)
    return _distinct(run, repeated)


@registry.declare("flatten", one("list", LIST))
def flatten(run: Run, elements: list[Value]) -> list[Value]:
    flat: list[Value] = []
    waiting = [iter(elements)]
    while waiting:
        for each in waiting[-1]:
            run.spend()
            if isinstance(each, list):
                waiting.append(iter(each))
                break
            flat.append(each)
        else:
            waiting.pop()
    run.produce(len(flat))
    return flat


@registry.declare("partition", one("list", LIST), one("size", NUMBER))
def partition(run: Run, elements: list[Value], size: Decimal) -> list[Value]:
    step = whole(size, "the size")
    if step < 1:
        raise NoValue("the size must be 1 or more")
    run.produce(len(elements))
    return [elements[start : start + step] for start in range(0, len(elements), step)]


@registry.declare("sort", one("list", LIST), maybe("precedes", FUNCTION))
def sort(run: Run, elements: list[Value], precedes: Function | None) -> list[Value]:
    """Sort by `precedes(a, b)`, or without it in ascending order; equals keep their order."""
    if precedes is not None and len(precedes.parameters) != 2:
        raise NoValue("“precedes” must be a function of two parameters")
    run.produce(len(elements))

    class Key:
        __slots__ = ("value",)

        def __init__(self, value: Value) -> None:
            self.value = value

        def __lt__(self, other: "Key") -> bool:
            run.spend()
            if precedes is not None:
                return _said(precedes.call(run, [self.value, other.value], None))
            order = compare(self.value, other.value)
            if order is None:
                raise NoValue("the elements can't be compared")
            return order < 0

    return sorted(elements, key=Key)


class Seen:
    """The values met so far, as FEEL tells them apart. Simple ones are found without a search."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._simple: set[Any] = set()
        self._others: list[Value] = []

    def add(self, value: Value) -> bool:
        """Remember the value; False when it, or one equal to it, was there before."""
        if value is None or type(value) in _SIMPLE:
            key = (type(value), value)
            known = key in self._simple
            self._simple.add(key)
            self._run.spend()
            return not known
        self._run.spend(1 + len(self._others))
        if any(equal(each, value, self._run) is True for each in self._others):
            return False
        self._others.append(value)
        return True


def _distinct(run: Run, elements: list[Value]) -> list[Value]:
    seen = Seen(run)
    return [each for each in elements if seen.add(each)]


def _index(elements: list[Value], position: Decimal) -> int:
    """Return Python's index of a position; NoValue when the list has none such."""
    place = whole(position, "the position")
    if not 1 <= abs(place) <= len(elements):
        raise NoValue(f"the list has no position {place}")
    return place - 1 if place > 0 else len(elements) + place


def _said(answer: Value) -> bool:
    if not isinstance(answer, bool):
        raise NoValue(f"the function must give a boolean, not {type_name(answer)}")
    return answer
