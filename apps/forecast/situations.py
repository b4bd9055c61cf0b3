"""What a simulation starts from: work that is there, what will come, when it is due, who works."""

from dataclasses import dataclass, field
from typing import Final

from .arriving import Arrivals
from .handling import Handling
from .windows import Closing

NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that is there already, or `n` like it: when it may start, and when it is due."""

    ready_at: float = 0.0
    due_at: float = NEVER
    n: float = 1.0
    # in hand for so long already
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When what comes in is due. Nothing given: never."""

    after: float | None = None
    # moments at which everything that came in before is due, in order
    cut_offs: tuple[float, ...] = ()
    # of queues whose items say it themselves: how long before, drawn from what was seen
    leads: tuple[float, ...] = ()
    share: float = 0.0

    @property
    def is_set(self) -> bool:
        return self.after is not None or bool(self.cut_offs) or self.share > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a forecast starts from. `waiting` in the order in which it will be leased."""

    horizon: float
    slots: int
    handling: Handling
    waiting: tuple[Waiting, ...] = ()
    arrivals: Arrivals = field(default_factory=Arrivals)
    arrivals_scale: float = 1.0
    due: Due = field(default_factory=Due)
    closings: tuple[Closing, ...] = ()
