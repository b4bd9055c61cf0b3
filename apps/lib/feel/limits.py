"""How much one evaluation may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation; beyond them it ends with FeelLimitError.

    `steps` counts iterations and calls of functions, `seconds` is wall time, and `size` is the sum
    of list elements, context entries and characters that the evaluation makes.
    """

    steps: int = 100_000
    seconds: float = 1.0
    size: int = 1_000_000


LIMITS = Limits()

MAX_SOURCE_LENGTH = 100_000  # characters of one expression
MAX_NESTING = 200  # levels of brackets and operators in one expression
MAX_CALL_DEPTH = 60  # of functions that call each other; each takes some Python frames
MAX_WARNINGS = 20  # kept of one evaluation
