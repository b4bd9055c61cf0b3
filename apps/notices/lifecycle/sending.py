"""Messages on their way out: claimed, sent outside of any transaction, and noted.

Sent once as far as that can be known. A worker that dies between sending and noting leaves the
message held; when that runs out it is sent again, and the row says that it may have come twice.
A mail has the same Message-ID then, and a push message takes the place of its twin; in a chat both
can be seen.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import connection
from django.db.models import F, QuerySet

from apps.accounts.permissions import Action, rights_of
from apps.lib.clock import database_now
from apps.notices.channels import SendError, send
from apps.notices.channels.messages import message_of
from apps.notices.models import Address, Delivery, Notice

from .dead import note_failure

log = structlog.get_logger("controlroom.notices")

HELD_SECONDS = 120
MAX_TRIES = 6
FIRST_DELAY_SECONDS = 30
MAX_SENT_IN_A_ROW = 100
MAYBE_TWICE = "A worker stopped while sending this: it may have come twice."

_CLAIM = """
update notices_delivery set
  tries = tries + 1, held_by = %(me)s, held_until = %(now)s + make_interval(secs => %(hold)s),
  error = case when held_by is null then error else %(twice)s end
where id = (
  select d.id from notices_delivery d join notices_address a on a.id = d.address_id
  where d.status = 'waiting' and d.next_try_at <= %(now)s
    and (d.held_until is null or d.held_until <= %(now)s)
    and not a.channel = any(%(resting)s)
  order by d.next_try_at, d.id
  limit 1 for update of d skip locked)
returning id
"""


def send_due(
    now: datetime | None = None,
    *,
    limit: int = MAX_SENT_IN_A_ROW,
    is_over: Callable[[], bool] = bool,
) -> int:
    """Send what is due; return how many went out. Any number of workers may.

    `is_over` is asked before each message: a process that is to end finishes the one in hand.
    A channel whose server is away rests until the next call: its other messages would only wait.
    `now`: for tests on a clock of their own.
    """
    sent, resting = 0, set[str]()
    for _turn in range(limit):
        if is_over():
            break
        me = uuid4()
        moment = now or database_now()
        delivery = _claim(me, moment, sorted(resting))
        if delivery is None:
            break
        fault = _attempt(delivery, me, moment)
        if fault == "":
            sent += 1
        elif fault == "server":
            resting.add(delivery.address.channel)
    return sent


def _claim(me: UUID, now: datetime, resting: list[str]) -> Delivery | None:
    given: dict[str, Any] = {
        "me": me,
        "now": now,
        "hold": HELD_SECONDS,
        "twice": MAYBE_TWICE,
        "resting": resting,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        row = cursor.fetchone()
    if row is None:
        return None
    return Delivery.objects.select_related("address__user", "address__folder").get(pk=row[0])


def _attempt(delivery: Delivery, me: UUID, now: datetime) -> str:
    """Send it; return "" if it went out, else whose fault it was, or "dropped"."""
    notices = _still_worth_telling(delivery)
    if not notices or delivery.address.off_since is not None:
        _end(delivery, me, Delivery.Status.DROPPED, now)
        return "dropped"
    try:
        send(delivery.address, message_of(notices, reference=_reference(delivery)))
    except SendError as error:
        _put_off(delivery, me, error, now)
        note_failure(delivery.address, error, now)
        return error.fault
    _end(delivery, me, Delivery.Status.SENT, now)
    Address.objects.filter(pk=delivery.address_id).update(
        failures=0, last_error="", last_sent_at=now
    )
    return ""


def _still_worth_telling(delivery: Delivery) -> list[Notice]:
    """Leave out what was read while it waited, and what the person may no longer see."""
    found = Notice.objects.filter(pk__in=delivery.notices).order_by("pk")
    if delivery.wait:
        found = found.unread()
    user = delivery.address.user
    if user is None:
        return list(found)
    if not user.is_active:
        return []
    visible = rights_of(user).folder_ids(Action.VIEW)
    return [each for each in found if each.folder_id is None or each.folder_id in visible]


def _reference(delivery: Delivery) -> str:
    return f"notice-{delivery.pk}-{int(delivery.made_at.timestamp())}"


def _put_off(delivery: Delivery, me: UUID, error: SendError, now: datetime) -> None:
    """Try again later, each time later; give up in the end, or at once where nobody lives."""
    log.warning(
        "notice_not_sent",
        delivery_id=delivery.pk,
        channel=delivery.address.channel,
        tries=delivery.tries,
        fault=error.fault,
        reason=error.reason,
    )
    if delivery.tries >= MAX_TRIES or error.fault == "gone":
        _end(delivery, me, Delivery.Status.FAILED, now, error=error.reason)
        return
    delay = timedelta(seconds=FIRST_DELAY_SECONDS * 4 ** (delivery.tries - 1))
    _held(delivery, me).update(
        next_try_at=now + delay, held_by=None, held_until=None, error=error.reason
    )


def _end(
    delivery: Delivery, me: UUID, status: str, now: datetime, *, error: str | None = None
) -> None:
    """Note how it ended, unless another worker has taken it over meanwhile."""
    _held(delivery, me).update(
        status=status,
        ended_at=now,
        held_by=None,
        held_until=None,
        # that it may have come twice stays to be read
        error=F("error") if error is None and delivery.error == MAYBE_TWICE else error or "",
    )


def _held(delivery: Delivery, me: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=delivery.pk, held_by=me, status=Delivery.Status.WAITING)
