"""Takes news from the outbox to their subscribers: at least once; a bad row harms no other."""

from typing import NamedTuple

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least, Now

from apps.lib.clock import seconds_from_now

from .models import Outbox
from .news import most_at_once, news_of, takes_many, tell

log = structlog.get_logger("controlroom.events")

# So many of a kind are told together, to those who asked for it
MOST_AT_ONCE = 200
FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
MAX_TRIES_COUNTED = 1_000
MAX_ERROR_LENGTH = 2_000


def deliver_outbox(limit: int = 500) -> int:
    """Deliver up to `limit` rows that are due; return how many went well.

    Any number of processes may do it at once: rows are held, handled and deleted in one
    transaction. That is one row, or up to MOST_AT_ONCE of a kind whose subscribers take many. A
    row that fails is put off, longer each time, and does not hold up the others.
    """
    taken = delivered = 0
    while taken < limit:
        some = _deliver_next(_due(), limit - taken)
        if not some.taken:
            break
        taken, delivered = taken + some.taken, delivered + some.delivered
    return delivered


class _Some(NamedTuple):
    taken: int
    delivered: int


class _NotTogetherError(Exception):
    """A handler failed on several rows; which of them is at fault shows when each is alone."""


def _deliver_next(due: QuerySet[Outbox], limit: int) -> _Some:
    """Deliver the next row of `due`, or the next ones of one kind."""
    rows: list[Outbox] = []
    try:
        with transaction.atomic():
            rows = _next_rows(due, limit)
            return _Some(len(rows), _deliver_together(rows) if rows[1:] else _deliver_each(rows))
    except _NotTogetherError:
        return _deliver_alone(rows)
    except (DatabaseError, InterfaceError) as error:
        # The transaction itself is lost, and with it what we noted about the failure.
        if not rows:
            raise
        connection.close()
        if len(rows) > 1:
            return _deliver_alone(rows)
        _put_off(rows[0], error)
        return _Some(1, 0)


def _due() -> QuerySet[Outbox]:
    return Outbox.objects.filter(next_try_at__lte=Now()).order_by("next_try_at", "id")


def _next_rows(due: QuerySet[Outbox], limit: int) -> list[Outbox]:
    """Lock what is next: a row, and more of its kind if they may be told together."""
    free = due.select_for_update(skip_locked=True)
    first = free.first()
    if first is None or limit == 1 or not takes_many(first.kind):
        return [first] if first else []
    others = free.filter(kind=first.kind).exclude(pk=first.pk)
    return [first, *others[: min(limit, most_at_once(first.kind, MOST_AT_ONCE)) - 1]]


def _deliver_together(rows: list[Outbox]) -> int:
    """Raises _NotTogetherError if a handler fails: then nothing was delivered."""
    try:
        tell(rows[0].kind, [news_of(row) for row in rows])
    except Exception as error:
        log.warning(
            "news_not_delivered_together", kind=rows[0].kind, rows=len(rows), error=_in_short(error)
        )
        raise _NotTogetherError from error
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _deliver_alone(rows: list[Outbox]) -> _Some:
    """Each in a transaction of its own; what another process has taken meanwhile is its."""
    delivered = sum(_deliver_next(_due().filter(pk=row.pk), 1).delivered for row in rows)
    return _Some(len(rows), delivered)


def _deliver_each(rows: list[Outbox]) -> int:
    return sum(_deliver(row) for row in rows)


def _deliver(row: Outbox) -> bool:
    try:
        with transaction.atomic():
            tell(row.kind, [news_of(row)])
    except Exception as error:
        _put_off(row, error)
        return False
    else:
        row.delete()
        return True


def _put_off(row: Outbox, error: Exception) -> None:
    delay = min(FIRST_DELAY_SECONDS * 2 ** min(row.tries, 20), LONGEST_DELAY_SECONDS)
    log.error(
        "news_not_delivered",
        outbox_id=row.pk,
        kind=row.kind,
        tries=row.tries + 1,
        next_try_seconds=delay,
        exc_info=error,
    )
    Outbox.objects.filter(pk=row.pk).update(
        tries=Least(F("tries") + 1, MAX_TRIES_COUNTED),
        next_try_at=seconds_from_now(delay),
        last_error=_in_short(error),
    )


def _in_short(error: Exception) -> str:
    """Leave out what PostgreSQL quotes from rows: it stands after the first line."""
    first_line = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first_line}"[:MAX_ERROR_LENGTH].replace("\x00", "")
