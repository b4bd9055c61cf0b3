"""When a freeze that repeats comes again. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = {"daily": 1, "weekly": 7}


def occurrence(
    first: tuple[datetime, datetime], *, repeats: str, zone: str, now: datetime
) -> tuple[datetime, datetime]:
    """Return beginning and end of the first time that is not over.

    Repeated times keep what the clock of the zone shows, so that one at 22:00 stays at 22:00 when
    summer time begins. What does not repeat is returned as it is.
    """
    days = DAYS.get(repeats)
    if days is None:
        return first
    # one early, for the hour that a day may have more or less
    n = max(0, (now - first[1]) // timedelta(days=days) - 1)
    while (found := _nth(first, n * days, ZoneInfo(zone)))[1] <= now:
        n += 1
    return found


def _nth(first: tuple[datetime, datetime], days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    starts, ends = (_later(each, days, zone) for each in first)
    if ends <= starts:
        # the clock was put forward over all of it
        ends = starts + (first[1] - first[0])
    return starts, ends


def _later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    if not days:
        return moment
    shown = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    return shown.replace(tzinfo=zone).astimezone(UTC)
