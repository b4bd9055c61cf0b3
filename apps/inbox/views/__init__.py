"""The inbox in the browser: the list, a task beside it, and what people do there."""

from .deciding import task_decide, task_recall, task_undo
from .pages import inbox, task_detail
from .verbs import (
    task_claim,
    task_comment,
    task_draft,
    task_reassign,
    task_release,
    task_reveal,
)

__all__ = [
    "inbox",
    "task_claim",
    "task_comment",
    "task_decide",
    "task_detail",
    "task_draft",
    "task_reassign",
    "task_recall",
    "task_release",
    "task_reveal",
    "task_undo",
]
