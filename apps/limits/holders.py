"""Who holds seats, as apps above say it: seats are counted from what is at work, never handed out.

    register("leases", "select limit_id, 'item', item_id, since from …")

A holder's SQL yields `(limit_id, subject_kind, subject_id, since)`, one row for each seat that is
held now: also for limits that bind by way of an application. It takes no parameters (write a
percent sign twice), and must be quick for a few limits: it is asked with a filter on `limit_id`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

_holders: dict[str, str] = {}

COLUMNS: Final = "limit_id, subject_kind, subject_id, since"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that is taken: of which limit, by what, since when."""

    limit_id: int
    kind: str
    subject_id: int
    since: datetime


def register(name: str, sql: str) -> None:
    """Count what this SQL yields as held seats; called again by the same name it takes the place.

    Apps above call it when ready.
    """
    _holders[name] = sql


def parts() -> list[str]:
    """Return what was registered, each as it goes into `from`: a table named `h`."""
    return [f"({sql}) as h({COLUMNS})" for sql in _holders.values()]


def count_seats(limit_ids: Collection[int]) -> dict[int, int]:
    """Return how many seats of each of these limits are held now; one query."""
    found = dict.fromkeys(limit_ids, 0)
    if not found or not _holders:
        return found
    counted = f"select limit_id, count(*) from ({_union()}) held group by limit_id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(counted, {"ids": list(found)})
        return found | dict(cursor.fetchall())


def seats_of(limit_ids: Collection[int], *, at_most: int = 100) -> list[Seat]:
    """Return who holds the seats of these limits, the `at_most` longest of each; one query."""
    if not limit_ids or not _holders:
        return []
    # the text is that of apps, not of people; so are the others
    listed = (
        f"select {COLUMNS} from (select *, row_number() over (partition by limit_id"  # noqa: S608
        f" order by since, subject_id) as place from ({_union()}) held) ranked"
        " where place <= %(n)s order by since, subject_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(listed, {"ids": list(limit_ids), "n": at_most})
        return [Seat(*row) for row in cursor.fetchall()]


def _union() -> str:
    return " union all ".join(
        f"select {COLUMNS} from ({sql}) as part({COLUMNS})"  # noqa: S608
        " where limit_id = any(%(ids)s::bigint[])"
        for sql in _holders.values()
    )
