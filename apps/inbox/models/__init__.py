"""Work waiting for people."""

from .deciding import DecisionLink, PendingDecision, Vote
from .handling import HandlingRule, Turn
from .talk import Comment, Draft, TaskFile
from .tasks import SOME_DAY, UserTask, UserTaskQuerySet
from .views import SavedView

__all__ = [
    "SOME_DAY",
    "Comment",
    "DecisionLink",
    "Draft",
    "HandlingRule",
    "PendingDecision",
    "SavedView",
    "TaskFile",
    "Turn",
    "UserTask",
    "UserTaskQuerySet",
    "Vote",
]
