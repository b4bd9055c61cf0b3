"""One evaluation under way: its warnings, its clock, and what is left of its budget."""

import time
from datetime import UTC, datetime
from typing import TypeAlias

from .errors import FeelLimitError
from .limits import LIMITS, MAX_CALL_DEPTH, MAX_WARNINGS, Limits

Clock: TypeAlias = datetime  # the moment that now() and today() tell; aware

STEPS_BETWEEN_LOOKS = 256  # at the wall clock, which costs more than a step does


class Run:
    """What one evaluation carries along; every function gets it first."""

    __slots__ = (
        "_clock",
        "_deadline",
        "_depth",
        "_look_at",
        "_size",
        "_steps",
        "limits",
        "warnings",
    )

    def __init__(self, clock: Clock | None = None, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.warnings: list[str] = []
        self._clock = clock
        self._steps = 0
        self._size = 0
        self._depth = 0
        self._look_at = min(STEPS_BETWEEN_LOOKS, limits.steps + 1)
        self._deadline = 0.0

    def warn(self, text: str) -> None:
        """Note why something is null: one sentence for the author. Only the first 20 are kept."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(text)

    def spend(self, steps: int = 1) -> None:
        """Count iterations or calls. Raises FeelLimitError when steps or seconds are used up."""
        self._steps += steps
        if self._steps >= self._look_at:
            self._look()

    def produce(self, size: int) -> None:
        """Count elements or characters *before* making them. Raises FeelLimitError if too many."""
        self._size += size
        if self._size > self.limits.size:
            raise FeelLimitError(
                "size",
                f"The expression makes more than {self.limits.size:,} elements or characters. "
                "Make its lists or texts smaller.",
            )
        if size > STEPS_BETWEEN_LOOKS:
            self._look()

    def enter(self) -> None:
        """Count one level of calls within each other. Raises FeelLimitError when too deep."""
        self.spend()
        self._depth += 1
        if self._depth > MAX_CALL_DEPTH:
            raise too_deep()

    def leave(self) -> None:
        self._depth -= 1

    @property
    def clock(self) -> datetime:
        """The moment of this run; the same one however often it is asked."""
        if self._clock is None:
            self._clock = datetime.now(UTC)
        return self._clock

    def _look(self) -> None:
        if self._steps > self.limits.steps:
            raise FeelLimitError(
                "steps",
                f"The expression takes more than {self.limits.steps:,} steps. "
                "Iterate over less, or end its recursion earlier.",
            )
        now = time.monotonic()
        if not self._deadline:
            # the first steps are not worth a look at the clock: most evaluations take none at all
            self._deadline = now + self.limits.seconds
        elif now > self._deadline:
            raise FeelLimitError(
                "seconds", f"The expression takes longer than {self.limits.seconds:g} s."
            )
        self._look_at = min(self._steps + STEPS_BETWEEN_LOOKS, self.limits.steps + 1)


def too_deep() -> FeelLimitError:
    return FeelLimitError(
        "depth",
        f"Functions call each other more than {MAX_CALL_DEPTH} levels deep. "
        "Look for one that calls itself without end.",
    )
