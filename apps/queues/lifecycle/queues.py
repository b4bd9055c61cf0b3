"""Pausing a queue and letting it go on."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.bots.logs import storable_text
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.queues.models import WorkQueue

from .running import tell_moved

MAX_REASON = 300
TOPICS = ("overview", "queues")


@transaction.atomic
def pause_queue(queue: WorkQueue, *, reason: str, by: Actor) -> WorkQueue:
    """Lease no more items of `queue`; what is leased may be finished."""
    if not reason.strip():
        problem = FieldProblem("reason", _("say why, so that others know what to wait for"))
        raise InvalidError(_("Pausing a queue needs a reason."), fields=[problem])
    if not _pause(queue, reason=reason, by=by):
        queue.refresh_from_db()
        raise ConflictError(
            _("%(queue)s is paused already, by %(who)s: %(reason)s")
            % {"queue": queue.title, "who": queue.paused_by, "reason": queue.paused_reason}
        )
    queue.refresh_from_db()
    return queue


def pause_by_rule(queue: WorkQueue, *, reason: str, by: Actor) -> None:
    """Pause `queue` because an error rule says so, unless it is paused."""
    words = _("An error rule paused the queue: %(reason)s") % {"reason": storable_text(reason)}
    _pause(queue, reason=words, by=by)


@transaction.atomic
def resume_queue(queue: WorkQueue, *, by: Actor) -> WorkQueue:
    """Let the items of `queue` be leased again."""
    before = WorkQueue.objects.filter(pk=queue.pk).values_list("paused_reason", flat=True).first()
    resumed = WorkQueue.objects.filter(pk=queue.pk, paused_at__isnull=False).update(
        paused_at=None, paused_reason="", paused_by=""
    )
    queue.refresh_from_db()
    if not resumed:
        raise ConflictError(_("%(queue)s is not paused.") % {"queue": queue.title})
    publish(
        "queue.resumed",
        subject=("queue", queue.pk),
        folder_id=queue.folder_id,
        by=by,
        data={"was_paused_because": before},
        topics=TOPICS,
    )
    tell_moved([queue.pk], refilled=[queue.pk])
    return queue


def _pause(queue: WorkQueue, *, reason: str, by: Actor) -> bool:
    reason = reason.strip()[:MAX_REASON]
    paused = WorkQueue.objects.filter(pk=queue.pk, paused_at__isnull=True).update(
        paused_at=Now(), paused_reason=reason, paused_by=by.name[:150]
    )
    if paused:
        publish(
            "queue.paused",
            subject=("queue", queue.pk),
            folder_id=queue.folder_id,
            by=by,
            data={"reason": reason},
            topics=TOPICS,
        )
    return bool(paused)
