"""Rows of decision tables in what people decided: pure.

A row is proposed only where it says no more than what was seen: at least MIN_CASES cases fit its
conditions, at least MIN_AGREEMENT of them were decided that way, by several people or by one who
said why. Its conditions bound it to what was seen: numbers to their range, words that come again
and again to those that came. Where all cases together do not agree, conditions that part them are
searched in the earlier two thirds of the cases, and must hold in the later third, which the search
has not seen: what parts cases by chance does not.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from apps.lib.json import Json, JsonObject

from .sameness import day_of, number_of

MIN_CASES = 20
MIN_AGREEMENT = 0.97
MIN_LATER = 5
MOST_SEARCHED = 3  # conditions that part cases
MOST_CONDITIONS = 10
MOST_WORDS = 5
TIMES_EACH_WORD = 4
MOST_CUTS = 24
MAX_TEXT = 100

Scalar = str | int | float | bool
Operator = Literal["one_of", "range"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one value must be: one of `values`, or a number from `low` to `high` (None: no end)."""

    path: str
    do: Operator
    values: tuple[Scalar, ...] = ()
    low: float | None = None
    high: float | None = None

    def fits(self, values: Mapping[str, Json]) -> bool:
        value = values.get(self.path)
        if self.do == "one_of":
            return any(_is(value, each) for each in self.values)
        number = as_number(value)
        if number is None:
            return False
        return (self.low is None or number >= self.low) and (
            self.high is None or number <= self.high
        )

    def stored(self) -> JsonObject:
        return {**asdict(self), "values": list(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A task that a person decided. `values`: the plain ones that may be learnt from, by path.

    `corrections` None: what was changed can't be said by a rule.
    """

    task_id: int
    at: datetime
    by: int
    decision: str
    values: Mapping[str, Json]
    corrections: tuple[tuple[str, Json], ...] | None = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that decisions speak for, and the evidence: tasks by number, the newest last."""

    conditions: tuple[Condition, ...]
    decision: str
    corrections: tuple[tuple[str, Json], ...]
    cases: tuple[int, ...]
    exceptions: tuple[int, ...]
    people: int
    first_at: datetime
    last_at: datetime

    @property
    def agreement(self) -> float:
        return 1 - len(self.exceptions) / len(self.cases)


def conditions_of(stored: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Read what a proposal keeps."""
    return tuple(Condition(**{**each, "values": tuple(each["values"])}) for each in stored)


def find_rows(cases: Sequence[Case]) -> list[Row]:
    """Return the rows that these cases of one sort speak for, those with most cases first."""
    ordered = sorted(cases, key=lambda case: (case.at, case.task_id))
    said = {_outcome(case): case for case in ordered if case.corrections is not None}
    counts = Counter(_outcome(case) for case in ordered)
    rows = [
        _row(ordered, outcome, case)
        for outcome, case in said.items()
        if counts[outcome] >= MIN_CASES
    ]
    enough = [row for row in rows if row is not None and is_enough(row, ordered)]
    return sorted(enough, key=lambda row: -len(row.cases))


def weigh(
    cases: Sequence[Case],
    conditions: Sequence[Condition],
    decision: str,
    corrections: tuple[tuple[str, Json], ...],
) -> Row | None:
    """Return the row with these conditions and what speaks for and against it; None: no case."""
    fitting = [case for case in cases if all(each.fits(case.values) for each in conditions)]
    if not fitting:
        return None
    meant = _key(decision, corrections)
    against = [case for case in fitting if _outcome(case) != meant]
    return Row(
        conditions=tuple(conditions),
        decision=decision,
        corrections=corrections,
        cases=tuple(case.task_id for case in fitting),
        exceptions=tuple(case.task_id for case in against),
        people=len({case.by for case in fitting}),
        first_at=min(case.at for case in fitting),
        last_at=max(case.at for case in fitting),
    )


def is_enough(row: Row, cases: Sequence[Case]) -> bool:
    """Say whether the evidence will do: cases, agreement, and people or reasons."""
    fitting = set(row.cases)
    said_why = sum(bool(case.reason.strip()) for case in cases if case.task_id in fitting)
    return (
        len(row.cases) >= MIN_CASES
        and row.agreement >= MIN_AGREEMENT
        and (row.people > 1 or 2 * said_why >= len(row.cases))
    )


def as_number(value: Json) -> float | None:
    """Return a number, or one that a text spells."""
    number = number_of(value)
    return None if number is None else float(number)


Judge = Callable[[Case], bool]


def _row(cases: Sequence[Case], outcome: str, like: Case) -> Row | None:
    conditions = _conditions(cases, lambda case: _outcome(case) == outcome)
    if conditions is None:
        return None
    return weigh(cases, conditions, like.decision, like.corrections or ())


def _conditions(cases: Sequence[Case], is_meant: Judge) -> tuple[Condition, ...] | None:
    """Return conditions under which cases agree, bounded to what was seen; None: there are none."""
    parting: tuple[Condition, ...] = ()
    if _agreement(cases, is_meant) < MIN_AGREEMENT:
        split = len(cases) * 2 // 3
        found = _search(cases[:split], is_meant)
        if found is None or not _holds(cases[split:], found, is_meant):
            return None
        parting = found
    fitting = [case for case in _fitting(cases, parting) if is_meant(case)]
    named = {each.path for each in parting}
    bounds = [each for each in _bounds(fitting) if each.path not in named]
    return (*parting, *bounds)[:MOST_CONDITIONS]


def _holds(later: Sequence[Case], found: Sequence[Condition], is_meant: Judge) -> bool:
    fitting = _fitting(later, found)
    return len(fitting) >= MIN_LATER and _agreement(fitting, is_meant) >= MIN_AGREEMENT


def _search(cases: Sequence[Case], is_meant: Judge) -> tuple[Condition, ...] | None:
    """Add the condition that parts best, again and again, while enough cases are left."""
    chosen: tuple[Condition, ...] = ()
    left = list(cases)
    for _ in range(MOST_SEARCHED):
        options = [
            (agreement, len(fitting), condition)
            for condition in _options(left, is_meant)
            for fitting in [_fitting(left, [condition])]
            if len(fitting) >= MIN_CASES * 2 // 3
            for agreement in [_agreement(fitting, is_meant)]
        ]
        if not options:
            return None
        best = max(options, key=lambda option: option[:2])
        if best[0] <= _agreement(left, is_meant):
            return None
        chosen = (*chosen, best[2])
        left = _fitting(left, [best[2]])
        if best[0] >= MIN_AGREEMENT:
            return chosen
    return None


def _options(cases: Sequence[Case], is_meant: Judge) -> Iterator[Condition]:
    meant = [case for case in cases if is_meant(case)]
    for path, values in _by_path(meant).items():
        if words := _words(values):
            for word in words if len(words) > 1 else ():
                yield Condition(path=path, do="one_of", values=(word,))
            yield Condition(path=path, do="one_of", values=words)
        elif numbers := _quantities(values):
            low, high = min(numbers), max(numbers)
            yield Condition(path=path, do="range", low=low, high=high)
            for cut in _cuts(numbers):
                yield Condition(path=path, do="range", high=cut)
                yield Condition(path=path, do="range", low=cut)


def _bounds(meant: Sequence[Case]) -> Iterator[Condition]:
    """Yield what held in all of these cases."""
    for path, values in _by_path(meant).items():
        if len(values) < len(meant):
            continue  # some have no such value
        if words := _words(values):
            yield Condition(path=path, do="one_of", values=words)
        elif numbers := _quantities(values):
            yield Condition(path=path, do="range", low=min(numbers), high=max(numbers))


def _by_path(cases: Sequence[Case]) -> dict[str, list[Scalar]]:
    found: dict[str, list[Scalar]] = defaultdict(list)
    for case in cases:
        for path, value in case.values.items():
            if isinstance(value, (str, int, float)) and value != "":
                found[path].append(value)
    return found


def _words(values: Sequence[Scalar]) -> tuple[Scalar, ...]:
    """Return the few values that come again and again; none where each is another."""
    counted: Counter[tuple[type, Scalar]] = Counter((type(value), value) for value in values)
    few = len(counted) <= MOST_WORDS and len(values) >= TIMES_EACH_WORD * len(counted)
    if not few or any(isinstance(value, str) and len(value) > MAX_TEXT for value in values):
        return ()
    if len(counted) > 1 and all(as_number(value) is not None for value in values):
        return ()  # a few amounts are a range: those between are as good
    return tuple(value for (_kind, value), _n in counted.most_common())


def _quantities(values: Sequence[Scalar]) -> list[float]:
    """Return the numbers, if all are some that measure: texts of digits that differ are names."""
    numbers = [as_number(value) for value in values if day_of(value) is None]
    found = [number for number in numbers if number is not None]
    if len(found) < len(values):
        return []
    whole_texts = [value for value in values if isinstance(value, str) and value.strip().isdigit()]
    if whole_texts and len(set(whole_texts)) > len(whole_texts) / 2:
        return []
    counts_up = all(isinstance(value, int) for value in values) and len(found) > MIN_LATER
    if counts_up and all(one < other for one, other in zip(found, found[1:], strict=False)):
        return []  # numbered one after the other
    return found


def _cuts(numbers: Sequence[float]) -> list[float]:
    ordered = sorted(set(numbers))
    step = max(1, len(ordered) // MOST_CUTS)
    return ordered[::step]


def _fitting(cases: Iterable[Case], conditions: Sequence[Condition]) -> list[Case]:
    return [case for case in cases if all(each.fits(case.values) for each in conditions)]


def _agreement(cases: Sequence[Case], is_meant: Judge) -> float:
    return sum(map(is_meant, cases)) / len(cases) if cases else 0.0


def _outcome(case: Case) -> str:
    """Return a text that is the same for the same decision with the same corrections."""
    if case.corrections is None:
        return f"{case.task_id}"  # like no other
    return _key(case.decision, case.corrections)


def _key(decision: str, corrections: Iterable[tuple[str, Json]]) -> str:
    return repr((decision, sorted((path, repr(value)) for path, value in corrections)))


def _is(value: Json, wanted: Scalar) -> bool:
    return isinstance(value, bool) is isinstance(wanted, bool) and value == wanted
