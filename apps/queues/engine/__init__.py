"""What becomes of an item: decided here from plain values, carried out by the lifecycle.

Nothing here touches a database, a clock or a random source; all of it is handed in.
"""

from .deadlines import CutOff, parse_cut_off, when_due
from .rank import rank_at
from .retries import MAX_DELAY_SECONDS, Retry, retry_delay
from .rules import ErrorRule, FailureKind, parse_rules, read_rules
from .verdicts import (
    LOSS_LIMIT,
    Failure,
    Policy,
    Standing,
    Verdict,
    decide_failure,
    decide_loss,
    decide_release,
    owned_policy,
)

__all__ = [
    "LOSS_LIMIT",
    "MAX_DELAY_SECONDS",
    "CutOff",
    "ErrorRule",
    "Failure",
    "FailureKind",
    "Policy",
    "Retry",
    "Standing",
    "Verdict",
    "decide_failure",
    "decide_loss",
    "decide_release",
    "owned_policy",
    "parse_cut_off",
    "parse_rules",
    "rank_at",
    "read_rules",
    "retry_delay",
    "when_due",
]
