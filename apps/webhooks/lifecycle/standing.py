"""Whether an endpoint is told: people pause and resume, failures put to rest."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.watchers import watchers_of
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import ConflictError
from apps.notices.lifecycle import notify
from apps.webhooks.models import Endpoint

from .recording import record

Status = Endpoint.Status

NOTICE: Final = "webhook_resting"
# It rests once nothing got through for so long, and so many times
REST_AFTER: Final = timedelta(hours=24)
MIN_FAILURES: Final = 10


@transaction.atomic
def pause(endpoint: Endpoint, *, by: Actor) -> Endpoint:
    """Hold back what happens until somebody resumes, three days at most. Raises ConflictError."""
    changed = Endpoint.objects.filter(pk=endpoint.pk, status=Status.ON)
    if not changed.update(status=Status.PAUSED):
        raise ConflictError(_("It is not on any more."))
    record("paused", endpoint, by)
    endpoint.refresh_from_db()
    return endpoint


@transaction.atomic
def resume(endpoint: Endpoint, *, by: Actor) -> Endpoint:
    """Tell it again, what has gathered first. Raises ConflictError."""
    held = Endpoint.objects.filter(pk=endpoint.pk).exclude(status=Status.ON)
    if not held.update(status=Status.ON, failures=0, failing_since=None, not_before=None):
        raise ConflictError(_("It is on already."))
    record("resumed", endpoint, by)
    endpoint.refresh_from_db()
    return endpoint


def rest_if_dead(endpoint_id: int, *, is_gone: bool) -> bool:
    """Put it to rest when it said that it is gone, or nothing got through for a day."""
    rows = Endpoint.objects.filter(pk=endpoint_id, status=Status.ON)
    if not is_gone:
        rows = rows.filter(failures__gte=MIN_FAILURES, failing_since__lte=Now() - REST_AFTER)
    if not rows.update(status=Status.RESTING):
        return False
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    record("rested", endpoint, SYSTEM, {"reason": endpoint.last_error})
    notify(
        _who_cares(endpoint),
        NOTICE,
        title=_("The webhook “%(title)s” rests") % {"title": endpoint.title},
        body=_("Nothing got through: %(why)s What happens meanwhile is kept for three days.")
        % {"why": endpoint.last_error},
        url=reverse("webhook_settings:detail", args=[endpoint.pk]),
        folder_id=endpoint.folder_id,
        key=f"{NOTICE}:{endpoint.pk}:{endpoint.failing_since}",
    )
    return True


def _who_cares(endpoint: Endpoint) -> list[int]:
    """Its owner may have left the folder meanwhile: `notify` leaves them out then."""
    return list({*filter(None, [endpoint.owner_id]), *watchers_of(endpoint.folder_id)})
