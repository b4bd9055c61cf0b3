"""Takes news from the outbox to their subscribers: at least once, each row by itself."""

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.db.models.functions import Least, Now

from apps.lib.clock import seconds_from_now

from .models import Outbox
from .news import handlers_of, news_of

log = structlog.get_logger("controlroom.events")

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
MAX_TRIES_COUNTED = 1_000
MAX_ERROR_LENGTH = 2_000


def deliver_outbox(limit: int = 100) -> int:
    """Deliver up to `limit` rows that are due; return how many went well.

    Any number of processes may do it at once: each row is held, handled and deleted in one
    transaction. A row that fails is put off, longer each time, and does not hold up the others.
    """
    delivered = 0
    for _ in range(limit):
        was_delivered = _deliver_next()
        if was_delivered is None:
            break
        delivered += was_delivered
    return delivered


def _deliver_next() -> bool | None:
    """Return whether the next row was delivered; None if no row is due."""
    row: Outbox | None = None
    try:
        with transaction.atomic():
            row = _next_row()
            return None if row is None else _deliver(row)
    except (DatabaseError, InterfaceError) as error:
        # The transaction itself is lost, and with it what we noted about the failure.
        if row is None:
            raise
        connection.close()
        _put_off(row, error)
        return False


def _next_row() -> Outbox | None:
    due = Outbox.objects.filter(next_try_at__lte=Now()).order_by("next_try_at", "id")
    return due.select_for_update(skip_locked=True).first()


def _deliver(row: Outbox) -> bool:
    try:
        with transaction.atomic():
            news = news_of(row)
            for handler in handlers_of(row.kind):
                handler(news)
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
