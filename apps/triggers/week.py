"""One week of planned starts, hour by hour, on the reader's clock."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from .models import Trigger
from .presenting import pauses_of, rule_of, sentence_of, zone_of
from .previewing import starts_a_day
from .timing import Mark

# What starts more often than this a day stands in a row of its own, not in each hour
OFTEN_A_DAY = 24
# More triggers than this are not drawn; those that start first are
MAX_TRIGGERS = 300
SHOWN_IN_CELL = 4


@dataclass(frozen=True)
class Start:
    at: datetime
    clock: str
    trigger: Trigger
    is_left_out: bool
    is_marked: bool


@dataclass
class Cell:
    """An hour of a day."""

    day: "Day"
    starts: list[Start] = field(default_factory=list)

    @property
    def shown(self) -> list[Start]:
        return self.starts[:SHOWN_IN_CELL]

    @property
    def hidden(self) -> list[Start]:
        return self.starts[SHOWN_IN_CELL:]


@dataclass(frozen=True)
class Day:
    date: date
    title: str
    is_today: bool
    note: str
    n: int


@dataclass(frozen=True)
class Often:
    trigger: Trigger
    sentence: str
    zone: str
    per_day: int


@dataclass(frozen=True)
class Week:
    days: list[Day]
    hours: list[tuple[str, list[Cell]]]
    often: list[Often]
    n_hidden: int
    previous: date
    following: date

    @property
    def first(self) -> date:
        return self.days[0].date

    @property
    def last(self) -> date:
        return self.days[-1].date


def monday_of(text: str, today: date) -> date:
    """Return the Monday of the week that the address names, of this one if it names none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not 2000 <= day.year <= 2999:
        day = today
    return day - timedelta(days=day.weekday())


def week_of(monday: date, triggers: Sequence[Trigger], *, now: datetime, n_all: int) -> Week:
    """Return what these triggers are going to start that week, and in the past what was due."""
    pauses = pauses_of({each.folder_id for each in triggers}, now)
    zone = timezone.get_current_timezone()
    begin = datetime.combine(monday, time(), zone)
    end = datetime.combine(monday + timedelta(days=7), time(), zone)
    starts: dict[tuple[date, int], list[Start]] = defaultdict(list)
    often = []
    for trigger in triggers:
        pause = pauses.get(trigger.folder_id)
        found = _starts(trigger, begin, end, held=(now, pause.until) if pause else None)
        if isinstance(found, Often):
            often.append(found)
            continue
        for start in found:
            local = start.at.astimezone(zone)
            starts[local.date(), local.hour].append(start)
    days = [_day(monday + timedelta(days=n), starts, now.astimezone(zone).date()) for n in range(7)]
    return Week(
        days,
        _hours(days, starts),
        often,
        max(0, n_all - len(triggers)),
        monday - timedelta(days=7),
        monday + timedelta(days=7),
    )


def _starts(
    trigger: Trigger, begin: datetime, end: datetime, *, held: tuple[datetime, datetime] | None
) -> "list[Start] | Often":
    """`held`: from when to when the folder is paused."""
    found: list[Start] = []
    rule = rule_of(trigger)
    if rule is None:
        return found
    for planned in rule.planned_after(begin - timedelta(microseconds=1)):
        if planned.at >= end:
            break
        if len(found) == OFTEN_A_DAY * 7:
            per_day = round(starts_a_day(rule, begin))
            return Often(trigger, sentence_of(trigger), zone_of(trigger), per_day)
        clock = formats.date_format(planned.at.astimezone(begin.tzinfo), "H:i")
        is_held = held is not None and held[0] < planned.at < held[1]
        is_left_out = is_held or planned.mark == Mark.CLOSED
        is_marked = planned.mark not in {Mark.NONE, Mark.CLOSED}
        found.append(Start(planned.at, clock, trigger, is_left_out, is_marked))
    return found


def _day(day: date, starts: dict[tuple[date, int], list[Start]], today: date) -> Day:
    of_day = [start for (when, _hour), found in starts.items() if when == day for start in found]
    n = sum(not start.is_left_out for start in of_day)
    return Day(day, formats.date_format(day, "D j M"), day == today, _note(day), n)


def _note(day: date) -> str:
    """Return what the reader's clocks do that day; "" on all others."""
    zone = ZoneInfo(timezone.get_current_timezone_name())
    first = datetime.combine(day, time(), zone).utcoffset()
    last = datetime.combine(day + timedelta(days=1), time(), zone).utcoffset()
    return "" if first == last else _("The clocks change")


def _hours(
    days: list[Day], starts: dict[tuple[date, int], list[Start]]
) -> list[tuple[str, list[Cell]]]:
    """Return the hours in which something starts; the others are left out."""
    found = []
    for hour in range(24):
        if any(starts.get((day.date, hour)) for day in days):
            cells = [
                Cell(day, sorted(starts.get((day.date, hour), []), key=lambda start: start.at))
                for day in days
            ]
            found.append((f"{hour:02}:00", cells))
    return found
