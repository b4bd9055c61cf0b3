"""What people fill in: a rule with its conditions, and the small forms beside alerts."""

from .conditions import AlertConditionForm, AlertRows
from .rules import RuleForm
from .small import AssignForm, CommentForm, SilenceForm, SnoozeForm

__all__ = [
    "AlertConditionForm",
    "AlertRows",
    "AssignForm",
    "CommentForm",
    "RuleForm",
    "SilenceForm",
    "SnoozeForm",
]
