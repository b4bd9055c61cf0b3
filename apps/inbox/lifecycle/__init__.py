"""The verbs of the inbox. Only here the status of a task is written."""

from .answers import Answer, laid_over
from .approving import NewApproval, ask_approval, withdraw_approval
from .bulk import MAX_TASKS, ForAll, TaskResult, common_decisions, decide_many, insist_on_likeness
from .carrying import check_values
from .claims import claim_task, reassign_task, record_reveal, release_task, touch_task
from .deciding import decide, refresh_values
from .drafts import draft_mark, draft_of, drop_draft, save_draft
from .linking import LinkGoneError, decide_by_link, link_of, make_link, send_links, why_link_cannot
from .opening import Reconciled, reconcile_tasks
from .pending import apply_due_decisions, decide_soon, undo_batch, undo_decision
from .recalling import recall_decision, recallable_ids
from .second_looks import close_old_second_looks, open_second_looks
from .snoozing import snooze_task, wake_due_tasks, wake_task
from .stepping import NewTask, close_owned_tasks, close_tasks_of, open_owned_tasks
from .talking import add_comment, check_comment

__all__ = [
    "MAX_TASKS",
    "Answer",
    "ForAll",
    "LinkGoneError",
    "NewApproval",
    "NewTask",
    "Reconciled",
    "TaskResult",
    "add_comment",
    "apply_due_decisions",
    "ask_approval",
    "check_comment",
    "check_values",
    "claim_task",
    "close_old_second_looks",
    "close_owned_tasks",
    "close_tasks_of",
    "common_decisions",
    "decide",
    "decide_by_link",
    "decide_many",
    "decide_soon",
    "draft_mark",
    "draft_of",
    "drop_draft",
    "insist_on_likeness",
    "laid_over",
    "link_of",
    "make_link",
    "open_owned_tasks",
    "open_second_looks",
    "reassign_task",
    "recall_decision",
    "recallable_ids",
    "reconcile_tasks",
    "record_reveal",
    "refresh_values",
    "release_task",
    "save_draft",
    "send_links",
    "snooze_task",
    "touch_task",
    "undo_batch",
    "undo_decision",
    "wake_due_tasks",
    "wake_task",
    "why_link_cannot",
    "withdraw_approval",
]
