"""Lists in plain words: “1 to 7 and 15”, “Monday to Friday”."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _

from apps.calendars.hours import clock_of


def and_of(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(list)s and %(last)s") % {"list": ", ".join(words[:-1]), "last": words[-1]}


def ranges_of(numbers: Iterable[int]) -> str:
    """Return “1 to 7, 10 and 15”."""
    return _spoken(numbers, str)


def on_weekdays(weekdays: Iterable[int]) -> str:
    """Return “Monday to Friday” for 0 to 4, “on Monday” for 0, “every day” for all."""
    found = list(_runs(weekdays))
    if found == [(0, 6)]:
        return _("every day")
    said = _spoken(weekdays, lambda weekday: str(WEEKDAYS[weekday]))
    one_run = len(found) == 1 and found[0][0] != found[0][1]
    return said if one_run else _("on %(weekdays)s") % {"weekdays": said}


def months_of(months: Iterable[int]) -> str:
    return _spoken(months, lambda month: str(MONTHS[month]))


def times_of(minutes: Iterable[int]) -> str:
    return and_of([clock_of(each) for each in minutes])


def days_of_month(days: Iterable[int]) -> str:
    """Return “on days 1 to 7 of the month”; -1 is its last day, -2 the last but one."""
    days = sorted(days)
    counted = [day for day in days if day > 0]
    said = []
    if len(counted) == 1:
        said.append(_("on day %(days)s of the month") % {"days": counted[0]})
    elif counted:
        said.append(_("on days %(days)s of the month") % {"days": ranges_of(counted)})
    for day in sorted((day for day in days if day < 0), reverse=True):
        said.append(
            _("on the last day of the month")
            if day == -1
            else _("on the last day but %(n)d of the month") % {"n": -day - 1}
        )
    return and_of(said)


def weekday_of_month(weekday: int, ordinal: int) -> str:
    """Return “on the second Tuesday of the month”."""
    words = {"nth": _ordinals()[ordinal], "weekday": WEEKDAYS[weekday]}
    return _("on the %(nth)s %(weekday)s of the month") % words


def _ordinals() -> dict[int, str]:
    return {
        1: _("first"),
        2: _("second"),
        3: _("third"),
        4: _("fourth"),
        5: _("fifth"),
        -1: _("last"),
    }


def _spoken(numbers: Iterable[int], names: Callable[[int], str]) -> str:
    return and_of(
        [
            names(low)
            if low == high
            else _("%(low)s to %(high)s") % {"low": names(low), "high": names(high)}
            for low, high in _runs(numbers)
        ]
    )


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each three or more that follow each other, others alone."""
    places = enumerate(sorted(set(numbers)))
    for _distance, group in groupby(places, key=lambda pair: pair[1] - pair[0]):
        run = [number for _place, number in group]
        if len(run) > 2:
            yield run[0], run[-1]
        else:
            yield from ((number, number) for number in run)
