"""What the inbox does by itself. Safe to run twice at once."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from apps.lib.clock import seconds_from_now
from apps.queues.models import Parked

from .lifecycle import apply_due_decisions, close_old_second_looks, reconcile_tasks, wake_due_tasks
from .lifecycle.deputising import hand_over_absent
from .lifecycle.escalating import take_due_rungs
from .models import Draft, UserTask

# news of an item that needs a person come within seconds; after that somebody should look
LATE_SECONDS = 60
MAX_ITEMS = 500
DRAFT_DAYS = 30


def apply_pending() -> int:
    """Let the decisions take effect that can't be taken back any more."""
    return apply_due_decisions()


def wake_snoozed() -> int:
    """Show tasks again that were put off until now."""
    return wake_due_tasks()


def climb_ladders() -> int:
    """Remind, hand on and decide where tasks have waited too long."""
    return take_due_rungs()


def hand_over() -> int:
    """Hand what lies with people who are away to those who stand in for them."""
    return hand_over_absent()


def open_missing_tasks() -> int:
    """Open the tasks of items that wait for a person without anybody having been asked."""
    asked = UserTask.objects.open().filter(item_id=OuterRef("item_id"))
    asked = asked.exclude(kind__in=UserTask.BESIDE_THE_WORK)
    waiting = Parked.objects.filter(
        ~Exists(asked),
        status=Parked.Status.NEEDS_DECISION,
        since__lt=seconds_from_now(-LATE_SECONDS),
    )
    item_ids = list(waiting.values_list("item_id", flat=True)[:MAX_ITEMS])
    return len(reconcile_tasks(item_ids).opened)


def prune_drafts() -> int:
    """Drop what was typed into tasks that have been closed for long."""
    old = Draft.objects.filter(task__decided_at__lt=Now() - timedelta(days=DRAFT_DAYS))
    return old.delete()[0]


def close_old_looks() -> int:
    """Close the second looks that nobody took in time."""
    return close_old_second_looks()
