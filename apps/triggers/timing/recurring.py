"""Days by the calendar: “every second Tuesday”, “the last day of the month”, at times of day."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from .clocks import on_the_clock, wall_of
from .planned import Planned
from .schedules import shortest_between

LAST_YEAR = 9_000
# A leap day that is wanted every third year comes every twelve, or sixteen around 2100.
MAX_EMPTY_DAYS = 50 * 366


class Freq(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Which days. Of every `interval`-th day, week, month or year, that of `anchor` is one.

    `weekdays` has 0 for Monday; with an `ordinal`, it is that one of each weekday in the month
    (-1: the last). `month_days` count from the end where negative; a month without that day has
    none.
    """

    freq: Freq
    interval: int = 1
    anchor: date
    weekdays: tuple[int, ...] = ()
    ordinal: int | None = None
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()

    def since(self, first: date) -> Iterator[date]:
        """Yield the days from `first` on, in order, until there is none for fifty years."""
        last = first
        for begin, days in self._rounds(first):
            for day in days:
                if day >= first:
                    last = day
                    yield day
            if begin.year > LAST_YEAR or (begin - last).days > MAX_EMPTY_DAYS:
                return

    def _rounds(self, first: date) -> Iterator[tuple[date, list[date]]]:
        """Yield the beginning and the days of each day, week, month or year that counts."""
        if self.freq in {Freq.DAILY, Freq.WEEKLY}:
            return self._by_days(first, 1 if self.freq == Freq.DAILY else 7)
        return self._by_months(first, 1 if self.freq == Freq.MONTHLY else 12)

    def _by_days(self, first: date, length: int) -> Iterator[tuple[date, list[date]]]:
        """Rounds of a day or of a week from Monday on."""
        anchor = self.anchor.toordinal()
        if length == 7:
            anchor -= self.anchor.weekday()
        step = length * self.interval
        at = anchor + (first.toordinal() - anchor) // step * step
        while True:
            days = [date.fromordinal(at + n) for n in range(length)]
            yield days[0], [day for day in days if self._is_on(day.weekday())]
            at += step

    def _is_on(self, weekday: int) -> bool:
        return not self.weekdays or weekday in self.weekdays

    def _by_months(self, first: date, length: int) -> Iterator[tuple[date, list[date]]]:
        """Rounds of a month or a year; months are counted from year 0."""
        anchor = (self.anchor.year * 12 + self.anchor.month - 1) // length * length
        step = length * self.interval
        at = anchor + (first.year * 12 + first.month - 1 - anchor) // step * step
        while True:
            months = [divmod(at + n, 12) for n in range(length)]
            yield (
                date(months[0][0], months[0][1] + 1, 1),
                [
                    day
                    for year, month in months
                    if not self.months or month + 1 in self.months
                    for day in self._of_month(year, month + 1)
                ],
            )
            at += step

    def _of_month(self, year: int, month: int) -> list[date]:
        length = calendar.monthrange(year, month)[1]
        if self.month_days:
            counted = {day if day > 0 else length + 1 + day for day in self.month_days}
            return [date(year, month, day) for day in sorted(counted) if 1 <= day <= length]
        days = [date(year, month, day) for day in range(1, length + 1)]
        return [day for day in days if self._is_wanted_weekday(day, length)]

    def _is_wanted_weekday(self, day: date, length: int) -> bool:
        if day.weekday() not in self.weekdays:
            return False
        if self.ordinal is None:
            return True
        if self.ordinal > 0:
            return (day.day + 6) // 7 == self.ordinal
        return (length - day.day) // 7 + 1 == -self.ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """At `minutes` since midnight, in order, on some days; the clock's jumps as in cron.py."""

    days: Days
    minutes: tuple[int, ...]
    zone: ZoneInfo

    @property
    def shortest_seconds(self) -> int:
        return shortest_between(self.minutes)

    @property
    def most_a_day(self) -> int:
        return len(self.minutes)

    def after(self, moment: datetime) -> Iterator[Planned]:
        first = wall_of(moment, self.zone).date()
        walls = (
            datetime.combine(day, time(*divmod(minutes, 60)))
            for day in self.days.since(first)
            for minutes in self.minutes
        )
        return on_the_clock(walls, self.zone, moment)
