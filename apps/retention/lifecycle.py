"""The only writer of policies, of archives, and of their status."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import ConflictError
from apps.lib.json import Json
from apps.lib.partitions import Month, in_short, months_before

from .kept import Kept, all_kept
from .models import Archive, Policy
from .parquet import Written, matches, write_table

# Held by whoever writes or drops a month: two would write the same file
LOCK: Final = "select pg_try_advisory_xact_lock(hashtext('retention: ' || %s))"
Status = Archive.Status


def policy_of(kept: Kept) -> Policy:
    """Return what holds for a table: what people said, or else what it was registered with."""
    said = Policy.objects.filter(table=kept.table).first()
    return said or Policy(table=kept.table, months=kept.months, version=0)


@transaction.atomic
def save_policy(
    kept: Kept, *, months: int | None, archives: bool, version: int, by: Actor
) -> Policy:
    """Say how long a table's months stay. Raises ConflictError if somebody was faster."""
    before = policy_of(kept)
    row, _new = Policy.objects.get_or_create(
        table=kept.table, defaults={"months": kept.months, "version": 0}
    )
    moved = Policy.objects.filter(pk=row.pk, version=version)
    if not moved.update(months=months, archives=archives, version=version + 1):
        raise ConflictError(_("Somebody else has changed this meanwhile; look at it again."))
    changes: list[Json] = [
        {"field": name, "before": old, "after": new}
        for name, old, new in (
            ("months", before.months, months),
            ("archives", before.archives, archives),
        )
        if old != new
    ]
    publish(
        "retention.changed",
        subject=("retention", row.pk),
        folder_id=None,
        by=by,
        data={"title": str(kept.title), "changes": changes},
    )
    row.refresh_from_db()
    return row


def keep_to_policies() -> int:
    """Archive and drop the months that are over their time; return how many went.

    Right in any number of schedulers, and after a kill at any point: a file without its row is
    written again, a file with its row is dropped from the database as soon as that can be.
    """
    return sum(
        _let_go(kept, month, archives=policy.archives)
        for kept in all_kept()
        if (policy := policy_of(kept)).months
        for month in months_before(kept.table, policy.months)
    )


def _let_go(kept: Kept, month: Month, *, archives: bool) -> bool:
    with transaction.atomic():
        if not _locked(kept.table):
            return False
        written = _archived(kept, month) if archives else None
    is_done = in_short(f"drop {month.name}", lambda: _drop(kept, month, written))
    return is_done and not month.is_there()


def _archived(kept: Kept, month: Month) -> Archive:
    """Return the month's archive; its file is whole, on disk, and what the row says."""
    found = Archive.objects.filter(table=kept.table, month=month.first, status=Status.WRITTEN)
    known = found.first()
    if known is not None and matches(file_of(known), _written(known)):
        return known
    found.delete()
    path = f"{kept.table}/{month.first:%Y-%m}-{_next_number(kept, month)}.parquet"
    target = directory() / path
    target.parent.mkdir(parents=True, exist_ok=True)
    written = write_table(month.name, target)
    return Archive.objects.create(table=kept.table, month=month.first, path=path, **asdict(written))


def _next_number(kept: Kept, month: Month) -> int:
    """A month that went and came back, by a late row, gets a file of its own."""
    return Archive.objects.filter(table=kept.table, month=month.first).count() + 1


def _drop(kept: Kept, month: Month, written: Archive | None) -> None:
    """Drop the month, if it is what was archived: its rows can't change under the lock.

    Readers go on meanwhile; only the drop itself waits for them, and but shortly.
    """
    name = connection.ops.quote_name(month.name)
    with connection.cursor() as cursor:
        # another scheduler may be at it, or have been
        if not _locked(kept.table) or not month.is_there():
            return
        cursor.execute(f"lock table {name} in share mode")
        cursor.execute(f"select count(*) from {name}")  # noqa: S608 - our own name
        rows: int = cursor.fetchone()[0]
        if written is not None and rows != written.rows:
            # late rows came in: it is written anew the next time
            Archive.objects.filter(pk=written.pk, status=Status.WRITTEN).delete()
            return
        cursor.execute(f"drop table {name}")
    if written is not None:
        waiting = Archive.objects.filter(pk=written.pk, status=Status.WRITTEN)
        waiting.update(status=Status.DROPPED, dropped_at=Now())
    _tell(kept, month.first, rows, written)


def _tell(kept: Kept, month: date, rows: int, written: Archive | None) -> None:
    data: dict[str, Any] = {"title": str(kept.title), "month": f"{month:%Y-%m}", "rows": rows}
    if written is not None:
        data |= {"file": written.path, "sha256": written.sha256}
    kind = "retention.dropped" if written is None else "retention.archived"
    subject = ("archive", written.pk) if written else ("retention", policy_of(kept).pk or 0)
    publish(kind, subject=subject, folder_id=None, by=SYSTEM, data=data)


def directory() -> Path:
    found: Path = settings.ARCHIVE_DIR
    return found


def file_of(archive: Archive) -> Path:
    return directory() / archive.path


def _written(archive: Archive) -> Written:
    return Written(archive.rows, archive.size, archive.sha256)


def _locked(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [table])
        return bool(cursor.fetchone()[0])
