"""What the engine may ask while it decides, and how much one step may take."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Protocol

from apps.lib.feel import LIMITS, Limits
from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import RuleWork

from .faults import StepError
from .state import DecisionAnswer

MAX_MOVES = 1_000
MAX_PASSES = 10_000  # whose tokens are rows; work that is fanned out takes ten times as many
MAX_BYTES = 1_000_000


class Decide(Protocol):
    """Answers business rule tasks. Raises StepError (code "decision") with what went wrong."""

    def __call__(self, key: str, work: RuleWork, context: JsonObject) -> DecisionAnswer: ...


def no_decisions(key: str, work: RuleWork, context: JsonObject) -> DecisionAnswer:
    """Refuse: nothing is deployed here."""
    text = _("There is no decision “%(key)s”. Deploy the DMN model that holds it, then retry.")
    raise StepError("decision", text % {"key": key})


def nobody(code: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`caller_catches` tells whether the instance that called this one would catch error `code`.

    `max_moves`: how often one step may enter the same element of a scope; `max_passes`: of one
    loop; `max_size`: bytes of all variables as JSON; `zone`: of timers that name none.
    """

    decide: Decide = no_decisions
    caller_catches: Callable[[str], bool] = nobody
    max_moves: int = MAX_MOVES
    max_passes: int = MAX_PASSES
    max_size: int = MAX_BYTES
    limits: Limits = LIMITS
    zone: tzinfo = UTC
