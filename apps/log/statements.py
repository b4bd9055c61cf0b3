"""How lines are read: along an index by time, as far as a bound, or from the index of words.

Three shapes, none of which reads more rows than it is told to, whatever a filter leaves:
- WALK: the newest (or oldest) `budget` lines of the scope, in the order of its index, one branch
  for each of its values (an `= any (…)` over several would have to sort them all); what the filter
  leaves of them, up to `n`. It ends as soon as there are enough.
- EDGE: where such a walk had to end.
- PROBE: what the index of words finds in one month, up to `n`, in no order. The columns of the
  other indexes are hidden behind `+ 0`, so that none of them is walked instead.
Each asks for one month at a time: one partition, and plans of a few nodes.
`tests/log/test_plans.py` holds the plans, `benchmarks/log.py` the figures on millions of lines.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from .keys import A_MICROSECOND, BEFORE_ALL, Key
from .scopes import Scope

Direction = Literal["older", "newer"]

COLUMNS: Final = (
    *("id", "at", "folder_id", "run_id", "bot_id", "queue_id", "item_id", "instance_id"),
    *("attempt", "token", "step", "correlation_id", "level", "message", "fields"),
)
SHOWN: Final = ", ".join(COLUMNS)
# the partial index log_line_grave speaks of exactly these
GRAVE: Final = ("warning", "error")


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of the log in time, from `low` up to and without `high`, and where to go from."""

    low: Key
    high: Key
    direction: Direction

    @property
    def order(self) -> str:
        return "at desc, id desc" if self.direction == "older" else "at, id"


Statement = tuple[str, dict[str, Any]]


def walk(scope: Scope, stretch: Stretch, *, budget: int, n: int) -> Statement:
    branches, values = _branches(scope, stretch, budget, "*")
    conditions, more = conditions_of(scope)
    text = f"""
select {SHOWN} from ({branches}) as walked{_where(conditions)}
 order by {stretch.order} limit %(n)s"""  # noqa: S608 - columns and orders of our own
    return text, {**values, **more, "n": n}


def edge(scope: Scope, stretch: Stretch, *, budget: int) -> Statement:
    branches, values = _branches(scope, stretch, budget, "at, id")
    text = f"""
select at, id from ({branches}) as walked
 order by {stretch.order} offset %(before)s limit 1"""  # noqa: S608
    return text, {**values, "before": budget - 1}


def probe(scope: Scope, stretch: Stretch, *, n: int) -> Statement:
    conditions, more = conditions_of(scope)
    column = scope.column
    is_text = column == "correlation_id"
    mine = f"{column} || ''" if is_text else f"{column} + 0"
    text = f"""
select {SHOWN} from bots_logline
 where ({mine}) = any (%(values)s) and (folder_id + 0) = any (%(folders)s)
   and at >= %(low_at)s and at < %(beyond)s
   and (at, id) >= (%(low_at)s, %(low_id)s) and (at, id) < (%(high_at)s, %(high_id)s)
   and {" and ".join(conditions)}
 limit %(n)s"""  # noqa: S608
    values = {"values": list(scope.values), "folders": list(scope.folders), **_bounds(stretch)}
    return text, {**values, **more, "n": n}


def _branches(
    scope: Scope, stretch: Stretch, budget: int, shown: str
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"folders": list(scope.folders), "budget": budget}
    column = scope.column
    fixed = _bounds(stretch)
    more = " and level in ('warning', 'error')" if _is_grave(scope) else ""
    mine = "" if column == "folder_id" else " and folder_id = any (%(folders)s)"
    parts = []
    for number, value in enumerate(scope.values):
        values[f"value_{number}"] = value
        parts.append(f"""(
    select {shown} from bots_logline
     where {column} = %(value_{number})s{mine}{more}
       and at >= %(low_at)s and at < %(beyond)s
       and (at, id) >= (%(low_at)s, %(low_id)s) and (at, id) < (%(high_at)s, %(high_id)s)
     order by {stretch.order} limit %(budget)s)""")  # noqa: S608
    return " union all ".join(parts), {**values, **fixed}


def _is_grave(scope: Scope) -> bool:
    """Whether the lines lie in the index of what went wrong in a folder."""
    levels = scope.levels
    return scope.column == "folder_id" and levels is not None and set(levels) <= set(GRAVE)


def conditions_of(scope: Scope) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for column, wanted in scope.also.items():
        conditions.append(f"{column} = any (%(also_{column})s)")
        values[f"also_{column}"] = wanted
    if scope.levels is not None:
        conditions.append("level = any (%(levels)s)")
        values["levels"] = list(scope.levels)
    if scope.words is not None:
        conditions.append("words @@ %(words)s::tsquery")
        values["words"] = scope.words
    return conditions, values


def _where(conditions: list[str]) -> str:
    return f"\n where {' and '.join(conditions)}" if conditions else ""


def _bounds(stretch: Stretch) -> dict[str, Any]:
    is_first = stretch.high.id == BEFORE_ALL.id
    return {
        "low_at": stretch.low.at,
        "low_id": stretch.low.id,
        "high_at": stretch.high.at,
        "high_id": stretch.high.id,
        # says nothing new, but to the planner: which partitions there are to read
        "beyond": stretch.high.at if is_first else stretch.high.at + A_MICROSECOND,
    }
