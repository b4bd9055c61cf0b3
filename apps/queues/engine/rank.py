"""The order of waiting items: priority, due time and age in one moment that never changes."""

from datetime import UTC, datetime, timedelta

# A due date of long ago must not leave the years that programs can read.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def rank_at(
    entered_at: datetime,
    *,
    due_at: datetime | None,
    priority: int,
    lead_seconds: int,
    seconds_per_point: int,
) -> datetime:
    """Return the moment by which an item is ordered; the earliest goes first.

    Since it is a moment and does not move, what waits longer overtakes by itself. The statements
    compute the same (statements.RANK); this one explains and tests it.
    """
    starts = entered_at
    if due_at is not None:
        starts = min(entered_at, max(EARLIEST, due_at) - timedelta(seconds=lead_seconds))
    return max(EARLIEST, starts - timedelta(seconds=priority * seconds_per_point))
