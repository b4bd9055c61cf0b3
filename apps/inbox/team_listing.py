"""Which tasks the team view counts and lists: the same conditions for a number and its list."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.accounts.permissions import Action
from apps.lib.errors import InvalidError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of, said_cursor

from .listing import MAX_COUNT, MOST_URGENT_FIRST, waiting
from .models import UserTask

PAGE_SIZE = 25
NONE = "none"
OVERDUE, AT_RISK = "overdue", "at_risk"
STANDINGS = (OVERDUE, AT_RISK)
# how long a task has waited: the name of the band, and where it begins and ends
AGES: dict[str, tuple[timedelta, timedelta | None]] = {
    "1h": (timedelta(0), timedelta(hours=1)),
    "8h": (timedelta(hours=1), timedelta(hours=8)),
    "1d": (timedelta(hours=8), timedelta(days=1)),
    "3d": (timedelta(days=1), timedelta(days=3)),
    "old": (timedelta(days=3), None),
}
BANDS = (*STANDINGS, *AGES)


@dataclass(frozen=True, kw_only=True)
class TeamFilter:
    """What was asked for; `queue`, `assignee` and `team` are ids, NONE for “has none”, or ""."""

    folder: int
    queue: str = ""
    assignee: str = ""
    team: str = ""
    band: str = ""
    after: str = ""

    @classmethod
    def parse(cls, query: str, *, folder: int = 0) -> "TeamFilter":
        """Read a query string; what makes no sense is left out."""
        found = dict(parse_qsl(query[:2000]))
        band = found.get("band", "")
        return cls(
            folder=folder or int(_id(found.get("folder", "")) or 0),
            queue=_id_or_none(found.get("queue", "")),
            assignee=_id_or_none(found.get("assignee", "")),
            team=_id_or_none(found.get("team", "")),
            band=band if band in BANDS else "",
            after=said_cursor(found.get("after", "")),
        )

    def query(self) -> str:
        pairs = {**self.narrowing, "after": self.after}
        return urlencode({name: value for name, value in pairs.items() if value})

    def argument(self) -> str:
        asked = self.query()
        return f"folder={self.folder}" + (f"&{asked}" if asked else "")

    def but(self, **changes: Any) -> "TeamFilter":
        return replace(self, **{"after": "", **changes})

    @property
    def narrowing(self) -> dict[str, str]:
        return {
            "queue": self.queue,
            "assignee": self.assignee,
            "team": self.team,
            "band": self.band,
        }

    @property
    def is_narrowed(self) -> bool:
        return any(self.narrowing.values())

    def rows(self, rights: Any) -> QuerySet[UserTask]:
        """Return the tasks, for those who may operate the folder."""
        if self.folder not in rights.folder_ids(Action.OPERATE):
            return UserTask.objects.none()
        tasks: QuerySet[UserTask] = waiting(UserTask.objects.open().filter(folder=self.folder))
        found = _of("queue", self.queue) & _of("assignee", self.assignee) & _of("team", self.team)
        return tasks.filter(found & _in_band(self.band))

    def page(self, rights: Any) -> Page[UserTask]:
        rows = self.rows(rights).select_related("queue", "assignee", "team")
        rows = rows.defer("form", "values", "earlier_values", "predictions", "handling")
        try:
            return page_of(rows, order=MOST_URGENT_FIRST, limit=PAGE_SIZE, cursor=self.after)
        except InvalidError:
            return page_of(rows, order=MOST_URGENT_FIRST, limit=PAGE_SIZE)

    def count(self, rights: Any) -> int:
        """Return how many there are, at most MAX_COUNT + 1: the board has the exact numbers."""
        return self.rows(rights).order_by()[: MAX_COUNT + 1].count()


def _of(name: str, value: str) -> Q:
    if value == NONE:
        return Q(**{f"{name}__isnull": True})
    return Q(**{f"{name}_id": int(value)}) if value else Q()


def _in_band(band: str) -> Q:
    if band == OVERDUE:
        return Q(urgent_at__lt=Now(), stopped_at=None)
    elif band == AT_RISK:
        return Q(at_risk_at__lte=Now(), urgent_at__gte=Now(), stopped_at=None)
    elif band in AGES:
        youngest, oldest = AGES[band]
        found = Q(created_at__lte=Now() - youngest)
        return found & Q(created_at__gt=Now() - oldest) if oldest else found
    else:
        return Q()


def _id_or_none(text: str) -> str:
    return text if text == NONE else _id(text)


def _id(text: str) -> str:
    return "" if whole_number(text) is None else text
