"""What a calendar may say: each fault is named with the field that it is in."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

import holidays
from django.utils.translation import gettext as _
from holidays.registry import COUNTRIES

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json

from .hours import WEEKDAYS, minutes_of

MAX_SPANS = 6
MAX_DAYS_OF_OUR_OWN = 1_000


def check_calendar(
    *,
    time_zone: str,
    week: Mapping[str, Json],
    country: str,
    subdivision: str,
    days: Mapping[str, Json],
) -> None:
    """Raise InvalidError naming every field that does not fit."""
    problems = [
        *_zone_problems(time_zone),
        *_week_problems(week),
        *_day_problems(days),
        *_country_problems(country, subdivision),
    ]
    if not problems and not any(week.values()) and not any(days.values()):
        problems = [FieldProblem("week", _("is never open: give at least one day some hours"))]
    if problems:
        said = "; ".join(f"{problem.path} {problem.message}" for problem in problems[:5])
        raise InvalidError(said, fields=problems)


@lru_cache(maxsize=1)
def countries() -> dict[str, str]:
    """Return the countries whose public holidays are known, by code, with their names."""
    supported = holidays.list_supported_countries()
    names = {code: _spaced(name) for name, code, *_rest in COUNTRIES.values()}
    found = {code: names.get(code, code) for code in supported}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def subdivisions(country: str) -> tuple[str, ...]:
    return tuple(holidays.list_supported_countries().get(country, ()))


def zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def _spaced(name: str) -> str:
    """“UnitedStates” as people write it."""
    return "".join(f" {each}" if each.isupper() and n else each for n, each in enumerate(name))


def _zone_problems(time_zone: str) -> list[FieldProblem]:
    if time_zone in available_timezones():
        return []
    return [FieldProblem("time_zone", _("is no time zone, as Europe/Berlin is one"))]


def _week_problems(week: Mapping[str, Json]) -> list[FieldProblem]:
    problems = []
    for name, spans in week.items():
        path = f"week.{name}"
        if name not in WEEKDAYS:
            words = {"days": ", ".join(WEEKDAYS)}
            problems.append(FieldProblem(path, _("is no weekday: %(days)s") % words))
        else:
            problems += _span_problems(path, spans)
    return problems


def _day_problems(days: Mapping[str, Json]) -> list[FieldProblem]:
    if len(days) > MAX_DAYS_OF_OUR_OWN:
        words = {"n": MAX_DAYS_OF_OUR_OWN}
        return [FieldProblem("days", _("are more than %(n)d") % words)]
    problems = []
    for day, spans in days.items():
        try:
            date.fromisoformat(day)
        except ValueError:
            problems.append(FieldProblem(f"days.{day[:20]}", _("is no day, as 2026-12-24 is one")))
            continue
        problems += _span_problems(f"days.{day}", spans)
    return problems


def _span_problems(path: str, spans: Json) -> list[FieldProblem]:
    if not isinstance(spans, Sequence) or isinstance(spans, str) or len(spans) > MAX_SPANS:
        return [FieldProblem(path, _("must be a list of pairs of times"))]
    last = -1
    for pair in spans:
        try:
            opens, closes = (minutes_of(str(each)) for each in pair)  # type: ignore[union-attr]
        except (TypeError, ValueError):
            return [FieldProblem(path, _("must hold pairs of times, as 09:00 and 17:00"))]
        if opens >= closes:
            return [FieldProblem(path, _("must end later than it begins"))]
        if opens < last:
            return [FieldProblem(path, _("must be in order, without overlaps"))]
        last = closes
    return []


def _country_problems(country: str, subdivision: str) -> list[FieldProblem]:
    if not country:
        problem = FieldProblem("subdivision", _("needs a country"))
        return [problem] if subdivision else []
    if country not in holidays.list_supported_countries():
        return [FieldProblem("country", _("is no country whose holidays are known, as DE is one"))]
    if subdivision and subdivision not in subdivisions(country):
        known = ", ".join(subdivisions(country)) or "–"
        words = {"known": known[:200]}
        return [FieldProblem("subdivision", _("is not one of: %(known)s") % words)]
    return []
