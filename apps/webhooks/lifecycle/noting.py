"""How a call went: noted once, by whoever still holds the delivery."""

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now

from apps.lib.clock import database_now, seconds_from_now
from apps.lib.json import JsonObject
from apps.lib.numbers import whole_number
from apps.webhooks.calling import Answer
from apps.webhooks.models import Delivery, Endpoint, Try

from .claiming import DOUBTFUL, GIVE_UP_AFTER, TOO_LATE, Claimed
from .recording import tell_pages
from .standing import rest_if_dead

Status = Delivery.Status

# Before the second try, the third, …; the last one holds from then on
DELAYS_SECONDS: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
# What comes back together must not come back together for ever
SPREAD: Final = 0.2
# An endpoint that fails again and again is left alone, for longer each time
FIRST_REST_SECONDS: Final = 5
LONGEST_REST_SECONDS: Final = 1_800
# More than this nobody may ask for
MAX_RETRY_AFTER_SECONDS: Final = 6 * 3_600
TRIES_KEPT: Final = 10
GONE: Final = 410
SLOW_DOWN: Final = (429, 503)


@transaction.atomic
def note(claimed: Claimed, answer: Answer, request_head: JsonObject) -> bool:
    """Note how it went; False when somebody else holds it meanwhile, and nothing was written."""
    held = Delivery.objects.select_for_update(of=("self",)).filter(
        pk=claimed.delivery.pk, held_by=claimed.token, status=Status.WAITING
    )
    delivery: Delivery | None = held.first()
    if delivery is None:
        return False
    _note_try(delivery, answer, request_head)
    wait = _wanted_wait(answer)
    if answer.is_taken:
        _end(delivery, Status.DELIVERED, answer)
    elif delivery.is_test or _is_over(delivery):
        _end(delivery, Status.FAILED, answer)
    else:
        _put_off(delivery, answer, wait)
    _note_endpoint(delivery, answer, wait)
    tell_pages(delivery.endpoint_id)
    return True


def _note_try(delivery: Delivery, answer: Answer, request_head: JsonObject) -> None:
    Try.objects.create(
        delivery=delivery,
        number=delivery.tries,
        milliseconds=round(answer.seconds * 1000),
        answer=answer.status,
        error=answer.error,
        request_head=request_head,
        response_head=answer.headers,
        response_body=answer.body,
    )
    rows = Try.objects.filter(delivery=delivery)
    kept = list(rows.order_by("-id").values_list("pk", flat=True)[:TRIES_KEPT])
    if len(kept) == TRIES_KEPT:
        rows.exclude(pk__in=kept).delete()


def _end(delivery: Delivery, status: Status, answer: Answer) -> None:
    error = answer.error
    if status == Status.FAILED and not delivery.is_test:
        error = f"{TOO_LATE} {answer.error}"
    Delivery.objects.filter(pk=delivery.pk).update(
        status=status,
        ended_at=Now(),
        held_by=None,
        held_until=None,
        answer=answer.status,
        error=error[:300],
    )


def _is_over(delivery: Delivery) -> bool:
    return database_now() >= delivery.since + GIVE_UP_AFTER


def _put_off(delivery: Delivery, answer: Answer, wait: float) -> None:
    place = min(delivery.tries, len(DELAYS_SECONDS)) - 1
    delay = max(wait, _spread(DELAYS_SECONDS[max(place, 0)]))
    Delivery.objects.filter(pk=delivery.pk).update(
        next_try_at=seconds_from_now(delay),
        held_by=None,
        held_until=None,
        answer=answer.status,
        error=answer.error,
    )


def _note_endpoint(delivery: Delivery, answer: Answer, wait: float) -> None:
    rows = Endpoint.objects.filter(pk=delivery.endpoint_id)
    if answer.is_taken:
        rows.update(
            failures=0, failing_since=None, not_before=None, last_success_at=Now(), last_error=""
        )
        return
    if delivery.is_test:
        # it says something to whoever asked, and nothing about the others
        return
    rows.update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Now()),
        last_error=answer.error,
    )
    endpoint = Endpoint.objects.get(pk=delivery.endpoint_id)
    rest = max(wait, _rest_after(endpoint.failures))
    if rest:
        later = seconds_from_now(rest)
        rows.update(not_before=Greatest(Coalesce("not_before", later), later))
    rest_if_dead(endpoint.pk, is_gone=answer.status == GONE)


def _rest_after(failures: int) -> float:
    if failures < DOUBTFUL:
        return 0
    seconds = FIRST_REST_SECONDS * 2 ** min(failures - DOUBTFUL, 20)
    return _spread(min(seconds, LONGEST_REST_SECONDS))


def _wanted_wait(answer: Answer) -> float:
    """Return for how many seconds it asked to be left alone; 0 for nothing that makes sense."""
    said = answer.retry_after.strip()
    if answer.status not in SLOW_DOWN or not said:
        return 0
    seconds = whole_number(said)
    wait = float(seconds) if seconds is not None else _seconds_until(said)
    return max(0.0, min(wait, MAX_RETRY_AFTER_SECONDS))


def _seconds_until(date: str) -> float:
    try:
        moment: datetime = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError):
        return 0
    if moment.tzinfo is None:
        return 0
    return (moment - database_now()) / timedelta(seconds=1)


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - no secret
