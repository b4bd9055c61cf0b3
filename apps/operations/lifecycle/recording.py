"""What moves leave behind: an event each, and open pages that hear of it."""

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.notices.lifecycle import notify
from apps.operations.kinds import Kind
from apps.operations.models import Operation

# the page that lists all of them
TOPIC: Final = "operations"
NOTICE: Final = "operation"


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


def tell_who_asked(operation: Operation, kind: Kind | None) -> None:
    """Tell who started it that it is over, if that was worth waiting for or went wrong."""
    is_large = (operation.total or 0) > (kind.confirm_above if kind else 0)
    went_wrong = operation.status == Operation.Status.FAILED or operation.failed > 0
    if operation.actor_id is None or not (is_large or went_wrong):
        return
    title = str(kind.title) if kind else operation.kind
    words = {
        "done": operation.done,
        "skipped": operation.skipped,
        "failed": operation.failed,
        "about": operation.about,
    }
    notify(
        [operation.actor_id],
        NOTICE,
        title=_("%(title)s: over") % {"title": title},
        body=_("%(about)s: %(done)d done, %(skipped)d left out, %(failed)d failed.") % words,
        url=reverse("operations:detail", args=[operation.pk]),
        folder_id=operation.folder_id,
        subject=("operation", operation.pk),
        key=f"{NOTICE}:{operation.pk}",
    )
