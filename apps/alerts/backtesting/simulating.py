"""Walks a rule through what was measured minute by minute. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from apps.alerts.conditions import (
    Act,
    AnyFact,
    Condition,
    Group,
    Rule,
    Seen,
    conditions_in,
    decide,
    judge,
)

DAYS: Final = 14
MINUTE: Final = timedelta(minutes=1)
MINUTES: Final = DAYS * 24 * 60

# the value at the end of each minute, oldest first; None: nothing to go by
Series = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of the minutes since `since`: of a fact that is missing, nothing."""

    since: datetime
    series: Mapping[AnyFact, Series]
    # from when on each is known, where that is later
    known_since: Mapping[AnyFact, datetime] = field(default_factory=dict)
    n: int = MINUTES

    def moment(self, minute: int) -> datetime:
        return self.since + MINUTE * (minute + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One alert that there would have been. `ended_at` None: it would still be open."""

    since: datetime
    fired_at: datetime
    ended_at: datetime | None = None
    # the highest of what its first condition measures (the lowest, where less is worse)
    worst: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. `bound`: how sure that is, since conditions had to be left out.

    exact: none were. at_most: they would have had to hold as well. at_least: they might have made
    it fire, too. about: both. nothing: no condition has a history.
    """

    since: datetime
    until: datetime
    stretches: Sequence[Stretch]
    left_out: Sequence[Condition] = ()
    bound: Literal["exact", "at_most", "at_least", "about", "nothing"] = "exact"
    # what its first condition with a history measures
    shown: Condition | None = None
    series: Series = ()
    # from when on all is known, where that is later than `since`
    known_since: datetime | None = None


def simulate(rule: Rule, folder_id: int, history: History) -> Outcome:
    """Return which alerts there would have been."""
    kept, joins = _judgeable(rule.when, folder_id, history)
    left_out = [
        each for each in conditions_in(rule.when) if each.test.fact(folder_id) not in history.series
    ]
    until = history.moment(history.n - 1)
    if kept is None:
        return Outcome(
            since=history.since, until=until, stretches=[], left_out=left_out, bound="nothing"
        )
    judged = Rule(
        when=kept,
        zone=rule.zone,
        for_seconds=rule.for_seconds,
        clear_seconds=rule.clear_seconds,
    )
    shown = next(conditions_in(kept))
    series = history.series[shown.test.fact(folder_id)]
    later = [
        history.known_since[fact] for fact in judged.facts(folder_id) if fact in history.known_since
    ]
    return Outcome(
        since=history.since,
        until=until,
        stretches=_Walk(judged, folder_id, history, shown, series).stretches(),
        left_out=left_out,
        bound=_bound(joins),
        shown=shown,
        series=series,
        known_since=max(later, default=None),
    )


def window_of(outcome: Outcome, since: datetime, until: datetime) -> Outcome | None:
    """Return the part between these moments, None if it is empty; without its stretches."""
    first = max(0, int((since - outcome.since) / MINUTE))
    last = min(len(outcome.series), int((until - outcome.since) / MINUTE))
    if last - first < 2:
        return None
    return replace(
        outcome,
        since=outcome.since + MINUTE * first,
        until=outcome.since + MINUTE * last,
        stretches=[],
        series=outcome.series[first:last],
    )


def _judgeable(group: Group, folder_id: int, history: History) -> tuple[Group | None, set[str]]:
    """Return the group of what has a history, and how what was left out had been joined."""
    kept: list[Condition | Group] = []
    joins: set[str] = set()
    for each in group.members:
        if isinstance(each, Group):
            inner, of_inner = _judgeable(each, folder_id, history)
            joins |= of_inner if inner else {group.join}
            kept += [inner] if inner else []
        elif each.test.fact(folder_id) in history.series:
            kept.append(each)
        else:
            joins.add(group.join)
    return (Group(join=group.join, members=tuple(kept)) if kept else None), joins


def _bound(joins: set[str]) -> Any:
    if not joins:
        return "exact"
    return "about" if len(joins) > 1 else "at_most" if "all" in joins else "at_least"


class _Walk:
    """One way through all minutes."""

    def __init__(
        self,
        rule: Rule,
        folder_id: int,
        history: History,
        shown: Condition,
        series: Series,
    ) -> None:
        self._rule, self._folder_id, self._history = rule, folder_id, history
        self._shown, self._series = shown, series
        self._facts = sorted(rule.facts(folder_id), key=str)
        self._columns = [history.series[fact] for fact in self._facts]
        # the same numbers come to the same: only moments are judged by the time that it is
        self._known: dict[tuple[Any, ...], bool] = {}

    def stretches(self) -> list[Stretch]:
        found: list[Stretch] = []
        seen = Seen()
        begun: tuple[datetime, datetime, int] | None = None
        for n in range(self._history.n):
            now = self._history.moment(n)
            verdict = decide(self._rule, seen, self._holds(n, now, is_open=seen.is_open), now)
            seen = verdict.seen
            if verdict.act is Act.FIRE:
                begun = (verdict.held_since or now, now, n)
            elif verdict.act is Act.RESOLVE and begun is not None:
                found.append(self._stretch(begun, n, now))
                begun = None
        return found + ([self._stretch(begun, self._history.n, None)] if begun else [])

    def _holds(self, n: int, now: datetime, *, is_open: bool) -> bool:
        values = tuple(column[n] for column in self._columns)
        key = (is_open, *values)
        if key not in self._known:
            facts = {
                fact: value
                for fact, value in zip(self._facts, values, strict=True)
                if value is not None
            }
            holds = judge(self._rule, self._folder_id, facts, now, is_open=is_open)
            if any(isinstance(value, datetime) for value in values):
                return holds
            self._known[key] = holds
        return self._known[key]

    def _stretch(
        self, begun: tuple[datetime, datetime, int], end: int, ended_at: datetime | None
    ) -> Stretch:
        since, fired_at, first = begun
        values = [
            each
            for each in self._series[first : max(end, first + 1)]
            if isinstance(each, int | float)
        ]
        is_less = str(self._shown.test.as_json().get("op") or "").startswith("<")
        worst = (min if is_less else max)(values) if values else None
        return Stretch(since=since, fired_at=fired_at, ended_at=ended_at, worst=worst)
