"""One week of planned starts, hour by hour, on the reader's clock."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.forecast.load import PlannedStart
from apps.lib.durations import duration_in_words

from .models import Trigger
from .presenting import rule_of, zone_of
from .presenting_rules import sentence_of
from .previewing import starts_a_day
from .timing import Mark
from .usual import automations_of, usual_seconds
from .week_load import PoolLoad, loads_of
from .week_off import TimesOff

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
    # how long what it starts usually takes, in words; "" where nobody knows
    lasts: str = ""
    collides: bool = False

    @property
    def key(self) -> str:
        """What it is called among the starts of a week; after the bar what people call it."""
        return f"{self.trigger.pk} {self.at.isoformat()}|{self.trigger.title}"


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
    notes: list[str]
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
    loads: list[PoolLoad]
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
    folders = {each.folder_id for each in triggers}
    zone = timezone.get_current_timezone()
    begin = datetime.combine(monday, time(), zone)
    end = datetime.combine(monday + timedelta(days=7), time(), zone)
    times = TimesOff.of(folders, begin, end, now)
    planned: list[Start] = []
    often = []
    for trigger in triggers:
        found = _starts(trigger, begin, end, times)
        if isinstance(found, Often):
            often.append(found)
        else:
            planned += found
    planned, loads = _with_loads(planned, triggers, begin, end, now)
    starts: dict[tuple[date, int], list[Start]] = defaultdict(list)
    for start in planned:
        local = start.at.astimezone(zone)
        starts[local.date(), local.hour].append(start)
    today = now.astimezone(zone).date()
    days = [_day(monday + timedelta(days=n), starts, today, times) for n in range(7)]
    return Week(
        days,
        _hours(days, starts),
        often,
        loads,
        max(0, n_all - len(triggers)),
        monday - timedelta(days=7),
        monday + timedelta(days=7),
    )


def _with_loads(
    planned: list[Start],
    triggers: Sequence[Trigger],
    begin: datetime,
    end: datetime,
    now: datetime,
) -> tuple[list[Start], list[PoolLoad]]:
    """Return the starts with how long they last and whether they collide, and what pools bear."""
    seconds = usual_seconds(triggers)
    by_trigger: dict[int, list[PlannedStart]] = defaultdict(list)
    for start in planned:
        # what expects something starts only where that is missing
        if not start.is_left_out and start.trigger.kind == Trigger.Kind.TIME:
            lasts = seconds.get(start.trigger.pk)
            known = PlannedStart(
                key=start.key, title=start.trigger.title, at=start.at, seconds=lasts
            )
            by_trigger[start.trigger.pk].append(known)
    loads = loads_of(by_trigger, automations_of(triggers), begin=begin, end=end, now=now)
    colliding = {key for load in loads for key in load.keys}
    shown = [
        replace(
            start,
            lasts=_words(seconds.get(start.trigger.pk)),
            collides=start.key in colliding,
        )
        for start in planned
    ]
    return shown, loads


def _words(seconds: float | None) -> str:
    return "" if seconds is None else duration_in_words(max(1.0, seconds), parts=1)


def _starts(
    trigger: Trigger, begin: datetime, end: datetime, times: TimesOff
) -> "list[Start] | Often":
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
        is_off = times.is_off(trigger.folder_id, planned.at)
        is_left_out = is_off or planned.mark == Mark.CLOSED
        is_marked = planned.mark not in {Mark.NONE, Mark.CLOSED}
        found.append(Start(planned.at, clock, trigger, is_left_out, is_marked))
    return found


def _day(
    day: date, starts: dict[tuple[date, int], list[Start]], today: date, times: TimesOff
) -> Day:
    of_day = [start for (when, _hour), found in starts.items() if when == day for start in found]
    n = sum(not start.is_left_out for start in of_day)
    clocks = _note(day)
    notes = [*([clocks] if clocks else []), *times.notes_on(day)]
    return Day(day, formats.date_format(day, "D j M"), day == today, notes, n)


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
