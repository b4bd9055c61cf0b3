"""What moves leave behind: an event each, and open pages that hear of it."""

from typing import Final

from apps.events.bus import publish
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.operations.models import Operation

# the page that lists all of them
TOPIC: Final = "operations"


def record(verb: str, operation: Operation, *, by: Actor) -> None:
    publish(
        f"operation.{verb}",
        subject=("operation", operation.pk),
        folder_id=operation.folder_id,
        by=by,
        data={
            "kind": operation.kind,
            "about": operation.about,
            "reason": operation.reason,
            "total": operation.total,
            "done": operation.done,
            "skipped": operation.skipped,
            "failed": operation.failed,
            "undo_of": operation.undo_of_id,
            "retry_of": operation.retry_of_id,
        },
        topics=[TOPIC],
    )


def tell_progress(operation: Operation) -> None:
    nudge(f"operation:{operation.pk}", TOPIC)
