"""The hours of a stored calendar."""

from .hours import ALWAYS, Hours, hours_from
from .models import Calendar


def hours_of(calendar: Calendar | None) -> Hours:
    """Return when people work by that calendar; without one: always."""
    if calendar is None:
        return ALWAYS
    return hours_from(
        time_zone=calendar.time_zone,
        week=calendar.week,
        country=calendar.country,
        subdivision=calendar.subdivision,
        days=calendar.days,
    )
