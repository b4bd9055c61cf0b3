"""Whose turn it is: one endpoint after the other, each with its seats; and what came too late."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.lib.secrecy import Secret
from apps.webhooks.models import Delivery, Endpoint

from .secrets import secrets_of

# A worker that has not noted how it went by then is taken for dead, and it is sent again
HELD_SECONDS: Final = 60
# Failures in a row after which it is asked with one call at a time whether it is back
DOUBTFUL: Final = 3
GIVE_UP_AFTER: Final = timedelta(days=3)
GIVEN_UP_AT_ONCE: Final = 5_000
TOO_LATE: Final = "Nobody took it within three days."

# The row lock keeps two workers from taking the same seats; its turn goes to the end of the line.
# Which lane: an endpoint that failed last time must not take what others need.
# In the order of its index, and no EXISTS, of which PostgreSQL drops the order: among many waiting
# rows it would rather read the table until it meets one of this endpoint (seen: 230 000 rows)
_FIRST: Final = """(select d.id from webhooks_delivery d
                 where d.endpoint_id = e.id and d.status = 'waiting'{only}
                   and d.next_try_at <= clock_timestamp()
                   and (d.held_until is null or d.held_until <= clock_timestamp())
                 order by d.next_try_at, d.id limit 1) is not null"""
_NEXT_ENDPOINT: Final = f"""
select e.id from webhooks_endpoint e
 where (e.failures > 0) = %(is_doubtful)s
   and not e.id = any(%(full)s)
   and (e.status = 'on' and (e.not_before is null or e.not_before <= clock_timestamp())
            and {_FIRST.format(only="")}
        or {_FIRST.format(only=" and d.is_test")})
 order by e.turn_at, e.id
 limit 1 for no key update of e skip locked
"""  # noqa: S608 - put together from constants
# `held` is counted in a statement of its own, after the lock: an older snapshot would not see what
# the worker before has just taken
# Materialized: in a plain IN (…) PostgreSQL may run the subquery again for each row that it looks
# at, and each time the next ones are locked: more than the seats (seen)
_CLAIM: Final = """
with chosen as materialized (
    select id from webhooks_delivery
     where endpoint_id = %(endpoint)s and status = 'waiting'{only}
       and next_try_at <= clock_timestamp()
       and (held_until is null or held_until <= clock_timestamp())
     order by next_try_at, id
     limit %(seats)s for update skip locked)
update webhooks_delivery d set held_by = %(me)s, tries = least(tries + 1, 1000),
       held_until = clock_timestamp() + make_interval(secs => %(seconds)s)
  from chosen where d.id = chosen.id
returning d.id
"""
# of what a paused endpoint gathers nothing is looked at but what a person wants to see now
_ALL, _TESTS = _CLAIM.format(only=""), _CLAIM.format(only=" and is_test")
_HELD: Final = """
select count(*) from webhooks_delivery
 where endpoint_id = %s and held_by is not null and held_until > clock_timestamp()
"""
_IS_OPEN: Final = """
update webhooks_endpoint set turn_at = clock_timestamp() where id = %s
returning status = 'on' and (not_before is null or not_before <= clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is to be sent, by whom, and with what it is signed."""

    delivery: Delivery
    endpoint: Endpoint
    token: UUID
    secrets: list[Secret]


def claim(limit: int, *, is_doubtful: bool) -> list[Claimed]:
    """Take up to `limit` deliveries of the endpoints whose turn it is, each within its seats.

    Any number of workers may. `is_doubtful`: of those that failed last, or else of the others.
    """
    taken: list[Claimed] = []
    # endpoints all of whose seats are taken, here or by other workers
    full: list[int] = []
    while len(taken) < limit:
        with transaction.atomic():
            endpoint_id = _next_endpoint(full, is_doubtful)
            if endpoint_id is None:
                break
            taken += _claim_of(endpoint_id, limit - len(taken))
            # one round each: whoever has more comes again with the next call
            full.append(endpoint_id)
    return taken


def give_up_late() -> int:
    """End what was tried, or lay before an endpoint that is paused or rests, for three days."""
    is_free = Q(held_until=None) | Q(held_until__lte=Now())
    late = Delivery.objects.filter(
        is_free, status=Delivery.Status.WAITING, since__lt=Now() - GIVE_UP_AFTER
    )
    ids = list(late.order_by("since").values_list("pk", flat=True)[:GIVEN_UP_AT_ONCE])
    n: int = late.filter(pk__in=ids).update(
        status=Delivery.Status.FAILED,
        ended_at=Now(),
        error=TOO_LATE,
        held_by=None,
        held_until=None,
    )
    return n


def _next_endpoint(full: list[int], is_doubtful: bool) -> int | None:  # noqa: FBT001 - a lane
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_ENDPOINT, {"is_doubtful": is_doubtful, "full": full})
        row = cursor.fetchone()
    return row[0] if row else None


def _claim_of(endpoint_id: int, limit: int) -> list[Claimed]:
    me = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_IS_OPEN, [endpoint_id])
        is_open: bool = cursor.fetchone()[0]
        endpoint = Endpoint.objects.get(pk=endpoint_id)
        cursor.execute(_HELD, [endpoint_id])
        seats = 1 if endpoint.failures >= DOUBTFUL else endpoint.max_at_once
        free = min(limit, seats - cursor.fetchone()[0])
        if free < 1:
            return []
        given = {
            "me": me,
            "seconds": HELD_SECONDS,
            "endpoint": endpoint_id,
            "seats": free,
        }
        cursor.execute(_ALL if is_open else _TESTS, given)
        ids = [row[0] for row in cursor.fetchall()]
    rows = Delivery.objects.filter(pk__in=ids).select_related("message").order_by("pk")
    secrets = secrets_of(endpoint) if ids else []
    return [Claimed(row, endpoint, me, secrets) for row in rows]
