"""Sending again what was sent, or given up; and a test."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least, Now
from django.utils.translation import gettext as _

from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError
from apps.webhooks.kinds import TEST
from apps.webhooks.models import Delivery, Endpoint, Message
from apps.webhooks.payloads import new_uid, test_body

from .recording import record, tell_pages

Status = Delivery.Status

# More at once is said to be asked for in parts
MAX_REPLAYED: Final = 10_000
MAX_COUNTED: Final = 1_000


@transaction.atomic
def replay(delivery: Delivery, *, by: Actor) -> Delivery:
    """Send it once more, under the same id. Raises ConflictError while it waits anyway."""
    if not _send_again(Delivery.objects.filter(pk=delivery.pk)):
        raise ConflictError(_("It waits for its turn already."))
    record("replayed", delivery.endpoint, by, {"count": 1, "delivery": delivery.pk})
    tell_pages(delivery.endpoint_id)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_since(
    endpoint: Endpoint, since: datetime, *, by: Actor, with_delivered: bool = False
) -> int:
    """Send again what was given up since then, or all; return how many, MAX_REPLAYED at most,
    oldest first: call it again for the rest."""
    rows = to_replay(endpoint, since, with_delivered=with_delivered)
    n = _send_again(rows.order_by("pk")[:MAX_REPLAYED])
    if n:
        record("replayed", endpoint, by, {"count": n, "since": since.isoformat()})
        tell_pages(endpoint.pk)
    return n


def to_replay(
    endpoint: Endpoint, since: datetime, *, with_delivered: bool = False
) -> QuerySet[Delivery]:
    ends = [Status.FAILED, Status.DELIVERED] if with_delivered else [Status.FAILED]
    return Delivery.objects.filter(
        endpoint=endpoint, status__in=ends, made_at__gte=since, is_test=False
    )


@transaction.atomic
def send_test(endpoint: Endpoint, *, by: Actor) -> Delivery:
    """Have a test sent, whatever the endpoint's state: tried once."""
    uid = new_uid()
    message = Message.objects.create(
        uid=uid,
        kind=TEST,
        folder_id=endpoint.folder_id,
        occasion=uid,
        body=test_body(uid, folder_key=endpoint.folder.key, by=by.name, at=database_now()),
    )
    delivery = Delivery.objects.create(endpoint=endpoint, message=message, kind=TEST, is_test=True)
    record("tested", endpoint, by)
    tell_pages(endpoint.pk)
    return delivery


def _send_again(rows: QuerySet[Delivery]) -> int:
    ids = list(rows.values_list("pk", flat=True))
    ended = Delivery.objects.filter(pk__in=ids).exclude(status=Status.WAITING)
    n: int = ended.update(
        status=Status.WAITING,
        tries=0,
        replays=Least(F("replays") + 1, MAX_COUNTED),
        since=Now(),
        next_try_at=Now(),
        ended_at=None,
        error="",
        answer=0,
    )
    return n
