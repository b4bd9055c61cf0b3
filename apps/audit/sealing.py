"""Sealing the history by the hour, and checking the seals.

A seal is a digest over all columns of the events of its hours and over the seal before it, with a
code made by a key from SECRET_KEY. An event that was changed, removed or slipped in later breaks
the seal of its hours; a seal that was removed or made anew breaks the chain.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.events.models import Event
from apps.lib.partitions import months_of

from .models import AuditSeal

HOURS_AT_MOST: Final = timedelta(days=1)  # in one seal, when nobody sealed for long
LOCK: Final = 7_317_002
FIRST: Final = "0" * 64  # what the first seal follows

# As far as no transaction is open that could still write an event. The ten minutes are for those of
# other database users, whose times PostgreSQL keeps to itself.
_SAFE_UNTIL: Final = """
select date_trunc('hour', least(clock_timestamp() - interval '10 minutes', min(xact_start)))
  from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
"""
_DIGEST: Final = """
select count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(jsonb_build_array(
           id, to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), kind, folder_id,
           subject_type, subject_id, actor_id, actor_name, actor_kind, data, request_id
       )::text, 'UTF8')), ''::bytea order by occurred_at, id), ''::bytea)), 'hex')
  from events_event where occurred_at >= %s and occurred_at < %s
"""


@dataclass(frozen=True)
class Fault:
    """Hours whose events or whose seal are not as they were."""

    from_at: datetime
    to_at: datetime
    what: str


def seal(begin: datetime | None = None) -> int:
    """Seal the hours that are over; return how many seals were made. Several at once: one does.

    The first seal ever begins at the hour `begin`; an hour ago if nobody says.
    """
    n = 0
    while _seal_next(begin):
        n += 1
    return n


def verify() -> Iterator[AuditSeal | Fault]:
    """Check all seals, the oldest first; give each that is right, and a fault for what is not.

    Months that went by retention are not checked: only that their seals are in the chain.
    """
    digest_before, end_before = FIRST, None
    begins = _history_begins()
    for each in AuditSeal.objects.iterator():
        what = _chain_fault(each, end_before)
        if not what and (begins is None or each.from_at >= begins):
            n, rows = _digest(each.from_at, each.to_at)
            if _chained(digest_before, each.from_at, each.to_at, n, rows) != each.digest:
                what = _("%(now)d events are there, %(then)d were sealed, or one was changed") % {
                    "now": n,
                    "then": each.n_events,
                }
        yield Fault(each.from_at, each.to_at, what) if what else each
        digest_before, end_before = each.digest, each.to_at


@transaction.atomic
def _seal_next(begin: datetime | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(_SAFE_UNTIL)
        (until,) = cursor.fetchone()
    last = AuditSeal.objects.last()
    start = last.to_at if last else begin or until - timedelta(hours=1)
    end = min(until, start + HOURS_AT_MOST)
    if end <= start:
        return False
    n, rows = _digest(start, end)
    digest = _chained(last.digest if last else FIRST, start, end, n, rows)
    AuditSeal.objects.create(
        from_at=start, to_at=end, n_events=n, digest=digest, mac=_macs(digest)[0]
    )
    return True


def _digest(start: datetime, end: datetime) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [start, end])
        n, digest = cursor.fetchone()
    return n, digest


def _chained(before: str, start: datetime, end: datetime, n: int, rows: str) -> str:
    parts = (before, str(start.timestamp()), str(end.timestamp()), str(n), rows)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _chain_fault(each: AuditSeal, end_before: datetime | None) -> str:
    if not any(hmac.compare_digest(each.mac, mac) for mac in _macs(each.digest)):
        return _("the seal was not made by this control room")
    if end_before is not None and each.from_at != end_before:
        return _("a seal before it is missing")
    return ""


def _history_begins() -> datetime | None:
    """Return the first moment of the oldest month that is still there; None if there is none."""
    months = months_of(Event._meta.db_table)
    if not months:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select %s::date::timestamptz", [months[0].first])
        begins: datetime = cursor.fetchone()[0]
    return begins


def _macs(digest: str) -> list[str]:
    """Return the codes of `digest` by SECRET_KEY and by those before it."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.new(_key(str(each)), digest.encode(), "sha256").hexdigest() for each in secrets]


def _key(secret: str) -> bytes:
    made = HKDF(SHA256(), length=32, salt=None, info=b"controlroom:audit-seal")
    return made.derive(secret.encode())
