"""When an item is due: after a duration, or at the next cut-off such as 17:00 on working days."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json
from apps.lib.texts import gettext as _

FIELD = "cut_off"
KEYS = {"time", "zone", "days", "country"}
# No country rests longer than this; the search for a working day must end.
MAX_DAYS_AHEAD = 60

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A time of day by which what came in is to be done. No country: weekends only are free."""

    at: time
    zone: str
    days: Literal["working", "every"] = "working"
    country: str = ""


def when_due(
    entered_at: datetime, *, sla_seconds: int | None, cut_off: CutOff | None
) -> datetime | None:
    """Return when an item that entered then is due: the earlier of both, None if neither."""
    found = []
    if sla_seconds is not None:
        found.append(entered_at + timedelta(seconds=sla_seconds))
    if cut_off is not None:
        found.append(next_cut_off(entered_at, cut_off))
    return min(found, default=None)


def next_cut_off(after: datetime, cut_off: CutOff) -> datetime:
    """Return the first cut-off later than `after`, in UTC.

    Compared in UTC, since aware times of one zone compare by the wall clock, which runs twice in
    the night that ends summer time. A wall time that a zone skips counts as if it had not been
    skipped; one that comes twice counts the first time.
    """
    zone = ZoneInfo(cut_off.zone)
    for day in _days(after.astimezone(zone).date(), cut_off):
        moment = datetime.combine(day, cut_off.at, tzinfo=zone).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("no working day within two months")


def parse_cut_off(value: Json) -> CutOff | None:
    """Return the cut-off that `value` holds, None for null; raises InvalidError by field."""
    if value is None:
        return None
    if not isinstance(value, dict):
        problem = FieldProblem(FIELD, _("must be an object with time, zone, days and country"))
        raise InvalidError(f"{FIELD}: {problem.message}.", fields=[problem])
    problems = list(_problems(value))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)
    return CutOff(
        at=time.fromisoformat(str(value["time"])),
        zone=str(value["zone"]),
        days="every" if value.get("days") == "every" else "working",
        country=str(value.get("country") or ""),
    )


def _problems(value: dict[str, Any]) -> Iterator[FieldProblem]:
    for key in sorted(value.keys() - KEYS):
        yield FieldProblem(f"{FIELD}.{key}", _("is not known here; use time, zone, days, country"))
    if not isinstance(value.get("time"), str) or not _TIME.fullmatch(value["time"]):
        yield FieldProblem(f"{FIELD}.time", _("must be a time of day like 17:00"))
    if not _is_zone(value.get("zone")):
        yield FieldProblem(f"{FIELD}.zone", _("must be a time zone like Europe/Berlin"))
    if value.get("days", "working") not in ("working", "every"):
        yield FieldProblem(f"{FIELD}.days", _("must be working or every"))
    if value.get("country") and not _is_country(value["country"]):
        message = _("must be a country like DE, or one of its parts like DE-BY")
        yield FieldProblem(f"{FIELD}.country", message)


def _is_zone(name: Any) -> bool:
    if not isinstance(name, str) or not name or len(name) > 64:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_country(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    country, _dash, part = name.partition("-")
    known = holidays.list_supported_countries()
    return country in known and (not part or part in known[country])


def _days(first: date, cut_off: CutOff) -> Iterator[date]:
    """Yield the days that have a cut-off, from `first` on."""
    for offset in range(MAX_DAYS_AHEAD):
        day = first + timedelta(days=offset)
        if cut_off.days == "every" or _is_working_day(day, cut_off.country):
            yield day


def _is_working_day(day: date, country: str) -> bool:
    if country:
        return bool(_calendar(country).is_working_day(day))
    return day.weekday() < 5


@lru_cache(maxsize=64)
def _calendar(name: str) -> holidays.HolidayBase:
    country, _dash, part = name.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)
