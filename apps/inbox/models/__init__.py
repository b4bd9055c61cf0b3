"""Work waiting for people."""

from .deciding import DecisionLink, PendingDecision, Vote
from .handling import HandlingRule
from .talk import Comment, Draft, TaskFile
from .tasks import SOME_DAY, UserTask, UserTaskQuerySet

__all__ = [
    "SOME_DAY",
    "Comment",
    "DecisionLink",
    "Draft",
    "HandlingRule",
    "PendingDecision",
    "TaskFile",
    "UserTask",
    "UserTaskQuerySet",
    "Vote",
]
