"""Operations that are over and under way, to be looked at on their pages."""

from apps.accounts.models import Folder
from apps.operations import lifecycle
from apps.queues.models import WorkQueue
from tests.factories_queues import ANNA, make_items, make_queue


def make_operations_to_see(folder: Folder) -> None:
    """Make one that is done and one that is taken back; the second time nothing."""
    if WorkQueue.objects.filter(folder=folder, key="seen-many").exists():
        return
    queue = make_queue("seen-many", folder=folder, title="Reminders")
    make_items(queue, 60)
    wanted = {"queue": queue.pk}
    held = lifecycle.start(
        "items.hold", folder, wanted, {}, ANNA, typed_number=60, reason="The mail server moves."
    )
    lifecycle.start("items.priority", folder, {"queue": queue.pk}, {"priority": 80}, ANNA, 60)
    # the room's own worker may have it in hand
    while not held.is_over:
        lifecycle.work()
        held.refresh_from_db()
    lifecycle.undo(held, by=ANNA)
