"""How points and ranges lie to each other, and range() (DMN 1.5, tables 77 and 83)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from apps.lib.feel import temporal
from apps.lib.feel.arithmetic import number_of
from apps.lib.feel.comparing import compare
from apps.lib.feel.run import Run
from apps.lib.feel.values import Range, Value

from .registering import POINT, RANGE, STRING, NoValue, Registry, one

registry = Registry()


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a range begins or ends: at `value`, or just beside it (`beside` is -1 or 1).

    Without a value it is as far as can be, on the side that `beside` tells.
    """

    value: Value
    beside: int

    def to(self, other: "Edge") -> int:
        """Return a negative number, 0 or a positive one as this is before, at or after `other`."""
        if self.value is None or other.value is None:
            own = self.beside if self.value is None else 0
            return own - (other.beside if other.value is None else 0)
        order = compare(self.value, other.value)
        if order is None:
            raise NoValue("the values can't be compared")
        return order or self.beside - other.beside


@dataclass(frozen=True, slots=True)
class Span:
    """A range, or a point, as two edges."""

    start: Edge
    end: Edge


Relation: TypeAlias = Callable[[Span, Span], bool]


def _span(value: Value) -> Span:
    if not isinstance(value, Range):
        return Span(Edge(value, 0), Edge(value, 0))
    if value.operator == "!=":
        raise NoValue("“!=” is no interval")
    start = Edge(value.start, 0) if value.start_included else Edge(value.start, 1)
    end = Edge(value.end, 0) if value.end_included else Edge(value.end, -1)
    # an open side is as far as can be: before everything, or after everything
    return Span(
        Edge(None, -1) if value.start is None else start,
        Edge(None, 1) if value.end is None else end,
    )


def _before(left: Span, right: Span) -> bool:
    return left.end.to(right.start) < 0


def _meets(left: Span, right: Span) -> bool:
    return not left.end.beside and not right.start.beside and left.end.to(right.start) == 0


def _overlaps(left: Span, right: Span) -> bool:
    return left.end.to(right.start) >= 0 and right.end.to(left.start) >= 0


def _overlaps_before(left: Span, right: Span) -> bool:
    begins = left.start.to(right.start) < 0
    return begins and left.end.to(right.start) >= 0 and left.end.to(right.end) <= 0


def _finishes(left: Span, right: Span) -> bool:
    return left.end.to(right.end) == 0 and left.start.to(right.start) >= 0


def _includes(left: Span, right: Span) -> bool:
    return left.start.to(right.start) <= 0 and left.end.to(right.end) >= 0


def _starts(left: Span, right: Span) -> bool:
    return left.start.to(right.start) == 0 and left.end.to(right.end) <= 0


def _coincides(left: Span, right: Span) -> bool:
    return left.start.to(right.start) == 0 and left.end.to(right.end) == 0


def _turned(relation: Relation) -> Relation:
    return lambda left, right: relation(right, left)


_POINTS = (one("point1", POINT), one("point2", POINT))
_POINT_RANGE = (one("point", POINT), one("range", RANGE))
_RANGE_POINT = (one("range", RANGE), one("point", POINT))
_RANGES = (one("range1", RANGE), one("range2", RANGE))

_ALL = (_POINTS, _POINT_RANGE, _RANGE_POINT, _RANGES)
_RELATIONS = {
    "before": (_before, _ALL),
    "after": (_turned(_before), _ALL),
    "meets": (_meets, (_RANGES,)),
    "met by": (_turned(_meets), (_RANGES,)),
    "overlaps": (_overlaps, (_RANGES,)),
    "overlaps before": (_overlaps_before, (_RANGES,)),
    "overlaps after": (_turned(_overlaps_before), (_RANGES,)),
    "finishes": (_finishes, (_POINT_RANGE, _RANGES)),
    "finished by": (_turned(_finishes), (_RANGE_POINT, _RANGES)),
    "includes": (_includes, (_RANGE_POINT, _RANGES)),
    "during": (_turned(_includes), (_POINT_RANGE, _RANGES)),
    "starts": (_starts, (_POINT_RANGE, _RANGES)),
    "started by": (_turned(_starts), (_RANGE_POINT, _RANGES)),
    "coincides": (_coincides, (_POINTS, _RANGES)),
}


def _asked(relation: Relation) -> Callable[[Run, Value, Value], bool]:
    return lambda run, left, right: relation(_span(left), _span(right))


for _name, (_relation, _ways) in _RELATIONS.items():
    for _parameters in _ways:
        registry.declare(_name, *_parameters)(_asked(_relation))


# range(): literals only, as the standard has it

_END = (
    r'(null|-?[0-9]+(?:\.[0-9]+)?|"(?:[^"\\]|\\.)*"|@"[^"]*"'
    r'|(?:date and time|date|time|duration)\s*\(\s*"[^"]*"\s*\)|)'
)
_RANGE = re.compile(rf"\s*([\[\](])\s*{_END}\s*\.\.\s*{_END}\s*([\[\])])\s*", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{6})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONSTRUCTORS: dict[str, Callable[[str], Value]] = {
    "": temporal.parse_literal,
    "date": temporal.date_of,
    "time": temporal.time_of,
    "date and time": temporal.date_time_of,
    "duration": temporal.duration_of,
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


@registry.declare("range", one("from", STRING))
def range_of(run: Run, source: str) -> Range:
    """Read a range of literals, as in `[1..10]` or `(@"2026-01-01"..@"2026-12-31"]`."""
    found = _RANGE.fullmatch(source)
    if found is None:
        raise NoValue("the text is no range of literals, such as “[1..10]”")
    start, end = _end(found[2]), _end(found[3])
    opened, closed = found[1] == "[", found[4] == "]"
    if (start is None and (opened or end is None)) or (end is None and closed):
        raise NoValue("an open side of a range is written with a round bracket")
    if start is not None and end is not None:
        order = compare(start, end)
        if order is None or order > 0:
            raise NoValue("the start of a range must be before its end, and of its type")
    return Range(start, end, opened, closed)


def _end(text: str) -> Value:
    if text in ("", "null"):
        return None
    if text[0] == '"':
        return _ESCAPE.sub(_unescaped, text[1:-1])
    if '"' not in text:
        return number_of(text)
    name, literal, _ = text.split('"')
    value = _CONSTRUCTORS[name.rstrip(" \t\r\n(@")](literal)
    if value is None:
        raise NoValue(f"“{literal}” is no date, time or duration")
    return value


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code is None:
        return _CONTROLS.get(found[3], found[3])
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"
