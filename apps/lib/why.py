"""Why something does not run: what stands in its way, what happens next, and what would help.

The answers are computed when somebody asks, and never stored: whatever was stored could be wrong
by the time that it is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

OPERATE, DESIGN, ADMINISTER, DECIDE = "operate", "design", "administer", "decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that would help. Who may: those with `right` in the folder; "": who sees it.

    `method` post: the address takes a POST of `fields` (one at most), at once, or after the
    question `confirm`. `dialog`: on the page that the address means, what asks for a reason first.
    """

    label: str
    url: str
    folder_id: int | None = None
    right: str = ""
    method: str = "get"
    fields: Mapping[str, str] = field(default_factory=dict)
    confirm: str = ""
    dialog: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What something waits for: its name, and its page ("" if it has none)."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One thing in the way. `next`: what happens then, in words; `at`: when, None if unknown.

    `is_usual`: the ordinary course of things, nobody need do anything about it.
    """

    code: str
    sentence: str
    next: str = ""
    at: datetime | None = None
    act: Act | None = None
    about: tuple[Link, ...] = ()
    is_usual: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """Why something waits. `eta`: about when it begins, None when nobody knows.

    `is_waiting` False: it runs, or is over, and the question does not arise.
    """

    blockers: tuple[Blocker, ...] = ()
    waits_for: tuple[Link, ...] = ()
    eta: datetime | None = None
    is_waiting: bool = True

    @property
    def codes(self) -> list[str]:
        return [blocker.code for blocker in self.blockers]


NOT_WAITING = Why(is_waiting=False)


def because(*found: Blocker | Iterable[Blocker] | None, eta: datetime | None = None) -> Why:
    """Return a Why of what was found, nothing twice, what is usual after what is not.

    With something else in the way nobody can say when: the estimate holds for the usual course
    alone. That nothing is in the way is only said when it is so.
    """
    blockers: dict[tuple[str, str], Blocker] = {}
    for each in found:
        for blocker in [each] if isinstance(each, Blocker) else each or ():
            blockers.setdefault((blocker.code, blocker.sentence), blocker)
    real = [each for each in blockers.values() if each.code != "nothing"]
    ordered = sorted(real or blockers.values(), key=lambda blocker: blocker.is_usual)
    is_smooth = all(blocker.is_usual for blocker in ordered)
    links = dict.fromkeys(link for blocker in ordered for link in blocker.about)
    return Why(tuple(ordered), tuple(links), eta if is_smooth else None)


def about(why: Why, link: Link) -> tuple[Blocker, ...]:
    """Return the blockers of something that another thing waits for, each saying what it is of."""
    return tuple(
        replace(each, about=(link, *(it for it in each.about if it != link)))
        for each in why.blockers
    )


def estimate(
    now: datetime, *, place: int, seconds_each: float | None, slots: int
) -> datetime | None:
    """Return about when the one at `place` (1: next) begins; None when it can't be worked out."""
    if seconds_each is None or slots < 1:
        return None
    return now + timedelta(seconds=ceil(place / slots) * seconds_each)
