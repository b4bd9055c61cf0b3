"""What a report is asked for. Its text form is a query string: of pages, files and mails alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem
from apps.lib.numbers import whole_number

from .periods import (
    COMPARISONS,
    FIRST_DAY,
    LAST_DAY,
    MAX_DAYS,
    PERIODS,
    Span,
    compared,
    month_of,
    rolling,
)

USUAL_PERIOD: Final = "30d"
USUAL_COMPARISON: Final = "before"
MAX_QUERY: Final = 1_000
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which days and what they are compared with; of which folder, queue, automation (None: all).

    `month` ("2026-10"), `first` and `last` belong to the periods "month" and "custom".
    """

    today: date
    period: str = USUAL_PERIOD
    month: str = ""
    first: str = ""
    last: str = ""
    compare: str = USUAL_COMPARISON
    folder: int | None = None
    queue: int | None = None
    automation: int | None = None

    @property
    def span(self) -> Span:
        if self.period == "custom":
            return Span(date.fromisoformat(self.first), date.fromisoformat(self.last))
        if self.period == "month" and self.month:
            return month_of(date.fromisoformat(f"{self.month}-01"))
        return rolling(self.period, self.today)

    @property
    def before(self) -> Span | None:
        return compared(self.span, self.compare)

    def query(self, **changes: str) -> str:
        """Return it as a query string; what is as usual is left out."""
        pairs = {
            "period": "" if self.period == USUAL_PERIOD else self.period,
            "month": self.month,
            "from": self.first,
            "until": self.last,
            "compare": "" if self.compare == USUAL_COMPARISON else self.compare,
            "folder": str(self.folder or ""),
            "queue": str(self.queue or ""),
            "automation": str(self.automation or ""),
        }
        return urlencode({name: value for name, value in (pairs | changes).items() if value})


def zone() -> ZoneInfo:
    """Return the zone whose days reports are made of."""
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def today() -> date:
    return database_now().astimezone(zone()).date()


def parse(query: str, *, today: date) -> tuple[Wanted, list[FieldProblem]]:
    """Read a query string. What makes no sense is as usual, and named among the problems."""
    pairs = parse_qs(query[:MAX_QUERY])
    return read({name: found[-1] for name, found in pairs.items()}, today=today)


def read(said: Mapping[str, str], *, today: date) -> tuple[Wanted, list[FieldProblem]]:
    problems: list[FieldProblem] = []
    wanted = _days(Wanted(today=today), said, problems)
    compare = said.get("compare", "") or USUAL_COMPARISON
    if compare not in COMPARISONS:
        problems.append(FieldProblem("compare", _one_of(COMPARISONS)))
        compare = USUAL_COMPARISON
    numbers = {name: _number(name, said, problems) for name in ("folder", "queue", "automation")}
    return replace(wanted, compare=compare, **numbers), problems  # type: ignore[arg-type]


def _days(wanted: Wanted, said: Mapping[str, str], problems: list[FieldProblem]) -> Wanted:
    period = said.get("period", "") or (
        "custom" if said.get("from") or said.get("until") else USUAL_PERIOD
    )
    if period not in PERIODS:
        problems.append(FieldProblem("period", _one_of(PERIODS)))
        return wanted
    if period == "month":
        return _month(wanted, said.get("month", ""), problems)
    if period == "custom":
        return _custom(wanted, said, problems)
    return replace(wanted, period=period)


def _month(wanted: Wanted, text: str, problems: list[FieldProblem]) -> Wanted:
    if not text:
        return replace(wanted, period="month")
    if not _MONTH.fullmatch(text) or _date(f"{text}-01") is None:
        problems.append(FieldProblem("month", _("must be a month, such as 2026-10")))
        return wanted
    return replace(wanted, period="month", month=text)


def _custom(wanted: Wanted, said: Mapping[str, str], problems: list[FieldProblem]) -> Wanted:
    dates = {name: _date(said.get(name, "")) for name in ("from", "until")}
    wrong = [name for name, found in dates.items() if found is None]
    for name in wrong:
        problems.append(FieldProblem(name, _("must be a day, such as 2026-10-25")))
    first, last = dates["from"], dates["until"]
    if first is None or last is None:
        return wanted
    if first > last:
        problems.append(FieldProblem("until", _("must not be before the first day")))
        return wanted
    if (last - first).days >= MAX_DAYS:
        problem = _("must be within %(n)d days of the first") % {"n": MAX_DAYS}
        problems.append(FieldProblem("until", problem))
        return wanted
    return replace(wanted, period="custom", first=first.isoformat(), last=last.isoformat())


def _date(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None


def _number(name: str, said: Mapping[str, str], problems: list[FieldProblem]) -> int | None:
    text = said.get(name, "")
    if not text:
        return None
    found = whole_number(text)
    if not found:
        problems.append(FieldProblem(name, _("must be a number")))
    return found or None


def _one_of(words: tuple[str, ...]) -> str:
    return _("must be one of %(words)s") % {"words": ", ".join(words)}
