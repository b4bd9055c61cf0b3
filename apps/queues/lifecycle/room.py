"""What may be leased from a queue that something binds: what the statements of room.py answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from .running import array_text
from .values import Hold

MANY: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many items may be leased now, and why no more.

    `n` None: any number. `is_capable`: of each want, whether its bot can do what the queue asks
    for. `is_bound`: a limit binds the queue, so nothing should be leased ahead. `is_limited`:
    whether the queue has to be asked at all. `has_rates`: what is leased must be paid for (SPEND).
    """

    n: int | None = 0
    hold: Hold | None = None
    is_bound: bool = False
    is_limited: bool = True
    required: tuple[str, ...] = ()
    is_capable: list[bool] = field(default_factory=list)
    has_rates: bool = False

    def fitted(self, counts: Sequence[int]) -> list[int]:
        """Return how many each want gets at most: who came first is served first."""
        left = MANY if self.n is None else max(0, self.n)
        fitted = []
        for n, is_capable in zip(counts, self.is_capable, strict=True):
            fitted.append(min(n, left) if is_capable else 0)
            left -= fitted[-1]
        return fitted

    def hold_of(self, want: int) -> Hold | None:
        """Return what keeps this want (by its index) from getting anything, None for nothing."""
        if self.hold is None and not self.is_capable[want]:
            return Hold("capability", what=", ".join(self.required))
        return self.hold


NO_ROOM: Final = Room()


def read_room(rows: Sequence[tuple[Any, ...]], locked: Iterable[tuple[Any, ...]]) -> Room:
    """Return what `ask_room()` answered; `locked`: what LOCK_ROOM did."""
    if not rows:
        return NO_ROOM
    n, hold, is_bound, is_limited, required, is_capable, bound, has_rates = rows[0]
    have = {(place, number) for place, number, _void in locked}
    if not have.issuperset((place, number) for place, number in bound):
        # bound since we locked: what we counted may be wrong by the time we lease
        return NO_ROOM
    return Room(
        n=n,
        hold=_hold(hold),
        is_bound=is_bound,
        is_limited=is_limited,
        required=tuple(required),
        is_capable=list(is_capable),
        has_rates=has_rates,
    )


def asking(want: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of `ask_room()` for wants of FINISH_AND_LEASE."""
    capabilities = want.get("capabilities") or [() for _bot in want["wanted_by"]]
    return {
        "queue_id": want["queue_id"],
        "wanted_by": want["wanted_by"],
        "run_ids": array_text(want["run_ids"]),
        "capabilities": orjson.dumps(capabilities).decode(),
    }


def _hold(read: dict[str, Any] | str | None) -> Hold | None:
    if read is None:
        return None
    # Django's connections leave JSON as text, those of the batcher read it
    said = orjson.loads(read) if isinstance(read, str) else read
    until = said.get("until")
    return Hold(
        said["code"],
        what=said.get("what", ""),
        reason=said.get("reason", ""),
        until=datetime.fromisoformat(until) if until else None,
        size=said.get("size"),
    )
