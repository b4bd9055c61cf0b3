"""One evaluation of a decision under way, and what compiled logic is."""

from collections.abc import Callable
from typing import TypeAlias

from apps.lib.feel.errors import FeelLimitError
from apps.lib.feel.limits import LIMITS, MAX_WARNINGS, Limits
from apps.lib.feel.run import Clock, Run
from apps.lib.feel.values import Value

from .results import RuleMatch

MAX_DEPTH = 60  # calls of functions and decisions within each other
MAX_MATCHES = 1_000  # kept of one evaluation, so that a table called in a loop stays small


class DecisionRun(Run):
    """A FEEL run that also keeps which rules matched, and how deep decisions call each other."""

    __slots__ = ("depth", "matches", "violations")

    def __init__(self, clock: Clock | None = None, limits: Limits = LIMITS) -> None:
        super().__init__(clock, limits)
        self.matches: list[RuleMatch] = []
        self.violations: list[str] = []
        self.depth = 0

    def keep(self, match: RuleMatch) -> None:
        if len(self.matches) < MAX_MATCHES:
            self.matches.append(match)

    def violate(self, text: str) -> None:
        """Note that rules broke their table's hit policy; it is a warning, too."""
        self.warn(text)
        if len(self.violations) < MAX_WARNINGS:
            self.violations.append(text)

    def enter(self) -> None:
        """Count one level of calls. Raises FeelLimitError when they go too deep."""
        self.spend()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FeelLimitError(
                "depth",
                f"Decisions or functions call each other more than {MAX_DEPTH} levels deep. "
                "Look for one that calls itself without end.",
            )

    def leave(self) -> None:
        self.depth -= 1


Scope: TypeAlias = dict[str, Value]
Code: TypeAlias = Callable[[DecisionRun, Scope], Value]
