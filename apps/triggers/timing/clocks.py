"""What the clock of a zone shows, and when it jumps. Wall times are naive; moments are in UTC."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from .planned import Mark, Planned

DAY = timedelta(days=1)
# What does not come for so long counts as never.
LONGEST_WAIT = timedelta(days=3_660)
# The rules of zones say what happens each year: a zone that is quiet for so long stays quiet.
YEARS_AHEAD = 11


def wall_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock shows then, to the second."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0, microsecond=0)


def planned_on_the_clock(wall: datetime, zone: ZoneInfo) -> Planned:
    """Return the moment at which the clock shows `wall`.

    A time that the clock skips is that at which it goes on; of one that it shows twice, the first.
    """
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    before, after = _offset(first), _offset(second)
    if before < after:
        jump = _change_between((wall - after).replace(tzinfo=UTC), first.astimezone(UTC), zone)
        return Planned(jump, first, Mark.GAP)
    return Planned(first.astimezone(UTC), first, Mark.FOLD if after < before else Mark.NONE)


def planned_at(moment: datetime, zone: ZoneInfo) -> Planned:
    """Return a moment of the time line with what the clock shows then."""
    nominal = moment.astimezone(zone)
    twice = nominal.replace(fold=1 - nominal.fold).utcoffset() != nominal.utcoffset()
    return Planned(moment, nominal, Mark.FOLD if twice else Mark.NONE)


def on_the_clock(walls: Iterable[datetime], zone: ZoneInfo, after: datetime) -> Iterator[Planned]:
    """Yield when the clock shows each of `walls`, which are in order: what is later than `after`.

    Several times that the clock skips at once are one moment. Ends where a wait is too long.
    """
    last = after
    for wall in walls:
        planned = planned_on_the_clock(wall, zone)
        if planned.at - last > LONGEST_WAIT:
            return
        if planned.at > last:
            last = planned.at
            yield planned


def next_change(moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the clock jumps next, later than `moment`; None when it never does again."""
    for year in range(moment.year, moment.year + YEARS_AHEAD):
        for change in _changes_of(zone, year):
            if change > moment:
                return change
    return None


@lru_cache(maxsize=4096)
def _changes_of(zone: ZoneInfo, year: int) -> tuple[datetime, ...]:
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = []
    while day < end:
        if _offset_at(day, zone) != _offset_at(day + DAY, zone):
            found.append(_change_between(day, day + DAY, zone))
        day += DAY
    return tuple(found)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second from which the clock goes as it does at `high`, not as at `low`."""
    goes = _offset_at(high, zone)
    before, after = 0, int((high - low).total_seconds())
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(low + timedelta(seconds=middle), zone) == goes:
            after = middle
        else:
            before = middle
    return low + timedelta(seconds=after)


def _offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    return _offset(moment.astimezone(zone))


def _offset(aware: datetime) -> timedelta:
    return aware.utcoffset() or timedelta()
