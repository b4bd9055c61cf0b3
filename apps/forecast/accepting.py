"""What people accept of lateness, and what it takes."""

from dataclasses import dataclass
from typing import Final

# In one of twenty days something may be late
ACCEPTED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Need:
    """The fewest slots that keep the chance to miss at ACCEPTED; None: no number would."""

    slots: int | None
    miss_chance: float
