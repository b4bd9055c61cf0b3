"""What becomes of an item: decided here from plain values, carried out by the lifecycle.

Nothing here touches a database, a clock or a random source; all of it is handed in.
"""

from .deadlines import CutOff, parse_cut_off, when_due
from .gates import (
    GateVerdict,
    Reading,
    Rules,
    completed,
    draw_of,
    evaluate,
    general_field,
    parse_readings,
    parse_thresholds,
    read_thresholds,
)
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
    decide_question,
    decide_release,
    decide_success,
    owned_policy,
)

__all__ = [
    "LOSS_LIMIT",
    "MAX_DELAY_SECONDS",
    "CutOff",
    "ErrorRule",
    "Failure",
    "FailureKind",
    "GateVerdict",
    "Policy",
    "Reading",
    "Retry",
    "Rules",
    "Standing",
    "Verdict",
    "completed",
    "decide_failure",
    "decide_loss",
    "decide_question",
    "decide_release",
    "decide_success",
    "draw_of",
    "evaluate",
    "general_field",
    "owned_policy",
    "parse_cut_off",
    "parse_readings",
    "parse_rules",
    "parse_thresholds",
    "rank_at",
    "read_rules",
    "read_thresholds",
    "retry_delay",
    "when_due",
]
