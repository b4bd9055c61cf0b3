"""Planned starts against the slots there will be. Pure: starts go in, collisions come out.

A start holds `slots` from its time on for as long as it usually takes. Where more is wanted at a
time than there is, those who want it collide: somebody will wait.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# What was never measured is drawn that long: a start must be seen
UNKNOWN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStart:
    """Something that will start. `key` is the caller's; `seconds` None: never measured."""

    key: str
    title: str
    at: datetime
    seconds: float | None = None
    slots: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    """How many slots there are from `at` on, until the next level."""

    at: datetime
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A time in which neither what is wanted nor what is there changes."""

    start: datetime
    end: datetime
    wanted: int
    slots: int
    keys: tuple[str, ...]

    @property
    def is_too_much(self) -> bool:
        return self.wanted > self.slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """A time in which more is wanted than there is; `wanted` and `slots` where it is worst."""

    start: datetime
    end: datetime
    wanted: int
    slots: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What is wanted over time, without gaps, and where it is too much."""

    steps: tuple[Step, ...]
    collisions: tuple[Collision, ...]

    @property
    def most_wanted(self) -> int:
        return max((step.wanted for step in self.steps), default=0)

    @property
    def most_slots(self) -> int:
        return max((step.slots for step in self.steps), default=0)


def load_of(
    starts: Iterable[PlannedStart], levels: Sequence[Level], *, begin: datetime, end: datetime
) -> Load:
    """Return what these starts want from `begin` to `end`, beside what the levels offer.

    Starts before `begin` that are still at work then count. Before the first level there are as
    many slots as it says; without levels there are none.
    """
    known = sorted(starts, key=lambda each: (each.at, each.key))
    spans = [(max(each.at, begin), min(_end_of(each), end), each) for each in known]
    spans = [span for span in spans if span[0] < span[1]]
    ordered = sorted(levels, key=lambda level: level.at)
    times = {begin, end, *(level.at for level in ordered if begin < level.at < end)}
    times.update(moment for first, last, _each in spans for moment in (first, last))
    steps = tuple(_steps(sorted(times), spans, ordered)) if begin < end else ()
    return Load(steps, tuple(_collisions(steps)))


def _end_of(start: PlannedStart) -> datetime:
    seconds = UNKNOWN_SECONDS if start.seconds is None else max(1.0, start.seconds)
    return start.at + timedelta(seconds=seconds)


def _steps(
    times: list[datetime],
    spans: list[tuple[datetime, datetime, PlannedStart]],
    levels: list[Level],
) -> Iterable[Step]:
    """Sweep through the times once: what has begun comes in, what has ended goes out."""
    at_work: list[tuple[datetime, PlannedStart]] = []
    coming, level = 0, 0
    for start, end in zip(times, times[1:], strict=False):
        while coming < len(spans) and spans[coming][0] <= start:
            at_work.append((spans[coming][1], spans[coming][2]))
            coming += 1
        while level + 1 < len(levels) and levels[level + 1].at <= start:
            level += 1
        at_work = [each for each in at_work if each[0] > start]
        yield Step(
            start=start,
            end=end,
            wanted=sum(each.slots for _until, each in at_work),
            slots=levels[level].slots if levels else 0,
            keys=tuple(each.key for _until, each in at_work),
        )


def _collisions(steps: Sequence[Step]) -> Iterable[Collision]:
    """Join the steps that are too much and follow each other."""
    together: list[Step] = []
    for step in [*steps, None]:
        if step is not None and step.is_too_much:
            together.append(step)
        elif together:
            worst = max(together, key=lambda each: each.wanted - each.slots)
            yield Collision(
                start=together[0].start,
                end=together[-1].end,
                wanted=worst.wanted,
                slots=worst.slots,
                keys=tuple(dict.fromkeys(key for each in together for key in each.keys)),
            )
            together = []
