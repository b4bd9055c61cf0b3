"""Reads the fields of a rule's JSON and gathers what is wrong with each."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from apps.calendars.hours import minutes_of
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .clocks import planned_on_the_clock
from .planned import Planned

FIRST_YEAR, LAST_YEAR = 1970, 2999
END_OF_DAY = time(23, 59, 59)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)


class Reading:
    """The fields of one rule. A field that is wrong is noted, and reads as None, 0 or ()."""

    def __init__(self, said: JsonObject) -> None:
        self.said = said
        self.problems: list[FieldProblem] = []
        self.zone = self._zone()

    def wrong(self, field: str, message: str) -> None:
        self.problems.append(FieldProblem(field, message))

    def missing(self, field: str, message: str) -> None:
        """Note that nothing is there, unless what is there was wrong already."""
        if not any(problem.path == field for problem in self.problems):
            self.wrong(field, message)

    def check(self) -> None:
        """Raise InvalidError naming every field that is wrong so far."""
        if self.problems:
            said = "; ".join(f"{problem.path} {problem.message}" for problem in self.problems[:5])
            raise InvalidError(said, fields=self.problems)

    def only(self, known: Collection[str]) -> None:
        """Note every field that is not among `known`: a typing error must not change the times."""
        for name in self.said:
            if name not in known:
                words = {"known": ", ".join(sorted(known))}
                self.wrong(name[:60], _("is not known here: %(known)s") % words)

    def choice(self, field: str, choices: Collection[str]) -> str:
        value = self.said.get(field)
        if isinstance(value, str) and value in choices:
            return value
        self.wrong(field, _("must be one of: %(choices)s") % {"choices": ", ".join(choices)})
        return ""

    def whole(self, field: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number; `default` where it is left out, None: it must be there."""
        value = self.said.get(field)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        words = {"low": low, "high": high}
        self.wrong(field, _("must be a whole number from %(low)d to %(high)d") % words)
        return low

    def moment(self, field: str, *, day_ends: bool = False) -> datetime | None:
        """Return a moment; one without an offset is told in the rule's zone.

        It may be a day alone: with `day_ends` that is its last second, else its first.
        """
        planned = self.planned(field, END_OF_DAY if day_ends else time())
        return planned.at if planned else None

    def planned(self, field: str, of_day: time | None = None) -> Planned | None:
        """Return a moment and what the clock shows then; `of_day`: the time of a day alone."""
        value = self.said.get(field)
        if value is None:
            return None
        try:
            return self._planned(value, of_day)
        except (ValueError, OverflowError):
            example = "2026-03-31T13:20:00+02:00"
            words = {"example": example if of_day is None else f"{example}, 2026-03-31"}
            self.wrong(field, _("must be a date and time like %(example)s") % words)
            return None

    def list_of(self, field: str) -> list[Json]:
        value = self.said.get(field)
        if value is None or isinstance(value, list):
            return value or []
        self.wrong(field, _("must be a list"))
        return []

    def numbers(self, field: str, low: int, high: int) -> tuple[int, ...]:
        """Return whole numbers, in order, each once; 0 is never one."""
        values = self.list_of(field)
        found = {each for each in values if isinstance(each, int) and low <= each <= high and each}
        if all(type(each) is int and each in found for each in values):
            return tuple(sorted(found))
        words = {"low": low, "high": high}
        self.wrong(field, _("must hold whole numbers from %(low)d to %(high)d, not 0") % words)
        return ()

    def words(self, field: str, known: tuple[str, ...]) -> tuple[int, ...]:
        """Return the places of some of the `known` words, in order, each once."""
        values = self.list_of(field)
        if all(isinstance(value, str) and value in known for value in values):
            return tuple(sorted({known.index(str(value)) for value in values}))
        self.wrong(field, _("must hold some of: %(known)s") % {"known": ", ".join(known)})
        return ()

    def times(self, field: str, most: int) -> tuple[int, ...]:
        """Return times of day in minutes since midnight, in order, each once; at least one."""
        values = self.list_of(field)
        try:
            found = sorted({minutes_of(str(value)) for value in values})
        except ValueError:
            found = []
        if 0 < len(found) <= most and found[-1] < 24 * 60 and len(values) <= most:
            return tuple(found)
        problem = _("must hold 1 to %(n)d times like 07:30, none later than 23:59")
        self.missing(field, problem % {"n": most})
        return ()

    def _planned(self, value: Json, of_day: time | None) -> Planned:
        found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if found is None or (of_day is None and not found["time"]):
            raise ValueError(value)
        told = datetime.fromisoformat(found[0]).replace(microsecond=0)
        if not FIRST_YEAR <= told.year <= LAST_YEAR:
            raise ValueError(value)
        if told.tzinfo is not None:
            at = told.astimezone(UTC)
            return Planned(at, at.astimezone(self.zone))
        if of_day is not None and not found["time"]:
            told = datetime.combine(told, of_day)
        return planned_on_the_clock(told, self.zone)

    def _zone(self) -> ZoneInfo:
        found = zone_named(self.said.get("zone"))
        if found is not None:
            return found
        self.wrong("zone", _("is no time zone, as Europe/Berlin is one"))
        return ZoneInfo("UTC")


def zone_named(name: object) -> ZoneInfo | None:
    """Return the time zone of that name; None for what names none."""
    return ZoneInfo(name) if isinstance(name, str) and name in _zones() else None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}
