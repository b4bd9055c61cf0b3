"""What is learnt from decisions, and what is done about it. Only here statuses are written."""

from .acting import Tally, apply_rules, is_sample, measure_rule, tally_of
from .adopting import adopt_thresholds, check_rate, chosen, mark_of, put_back
from .proposing import dismiss_proposal, find_proposals, propose_for
from .ruling import (
    Terms,
    accept_proposal,
    pause_rule,
    resume_rule,
    retire_rule,
    weigh_terms,
)
from .verdicts import bring_verdicts_in_line, record_missing_verdicts

__all__ = [
    "Tally",
    "Terms",
    "accept_proposal",
    "adopt_thresholds",
    "apply_rules",
    "bring_verdicts_in_line",
    "check_rate",
    "chosen",
    "dismiss_proposal",
    "find_proposals",
    "is_sample",
    "mark_of",
    "measure_rule",
    "pause_rule",
    "propose_for",
    "put_back",
    "record_missing_verdicts",
    "resume_rule",
    "retire_rule",
    "tally_of",
    "weigh_terms",
]
