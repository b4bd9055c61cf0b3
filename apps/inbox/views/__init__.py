"""The inbox in the browser: the list, a task beside it, and what people do there."""

from .bulk import bulk, bulk_decide, bulk_undo
from .deciding import task_decide, task_recall, task_undo
from .evidence import file_add, file_download, file_image, file_page, task_evidence
from .later import bulk_reassign, bulk_snooze, task_snooze, task_wake
from .links import decision_link
from .pages import inbox, task_detail, task_story
from .people import task_mentions, task_people
from .saved import view_delete, view_save
from .team import team, team_move, team_undo
from .verbs import (
    task_claim,
    task_comment,
    task_draft,
    task_reassign,
    task_release,
    task_reveal,
)

__all__ = [
    "bulk",
    "bulk_decide",
    "bulk_reassign",
    "bulk_snooze",
    "bulk_undo",
    "decision_link",
    "file_add",
    "file_download",
    "file_image",
    "file_page",
    "inbox",
    "task_claim",
    "task_comment",
    "task_decide",
    "task_detail",
    "task_draft",
    "task_evidence",
    "task_mentions",
    "task_people",
    "task_reassign",
    "task_recall",
    "task_release",
    "task_reveal",
    "task_snooze",
    "task_story",
    "task_undo",
    "task_wake",
    "team",
    "team_move",
    "team_undo",
    "view_delete",
    "view_save",
]
