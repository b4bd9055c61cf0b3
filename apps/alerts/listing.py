"""Which alerts a list shows: one query object for the list, its tabs, its counts and the tiles."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of

from .models import Alert, Severity

Status = Alert.Status

PAGE_SIZE = 50
MAX_TEXT = 100
MAX_QUERY = 600
# tab → which statuses it shows; the first is the usual one
TABS: dict[str, tuple[str, ...]] = {
    "firing": (Status.FIRING,),
    "taken": (Status.ACKNOWLEDGED, Status.SNOOZED),
    "recent": (Status.RESOLVED,),
}
RANKS = {Severity.CRITICAL: 1, Severity.WARNING: 2, Severity.INFO: 3}


@dataclass(frozen=True)
class AlertFilter:
    """What a list of alerts was asked for; what makes no sense is left out."""

    tab: str = "firing"
    severity: str = ""
    rule: int | None = None
    text: str = ""
    cursor: str = ""

    @classmethod
    def parse(cls, query: str) -> "AlertFilter":
        said = {name: found[-1] for name, found in parse_qs(query[:MAX_QUERY]).items()}
        tab, severity = said.get("tab", ""), said.get("severity", "")
        return cls(
            tab if tab in TABS else "firing",
            severity if severity in Severity.values else "",
            whole_number(said.get("rule", "")),
            said.get("q", "").replace("\x00", "").strip()[:MAX_TEXT],
            said.get("cursor", ""),
        )

    def query(self, **changes: str) -> str:
        pairs = {
            "tab": "" if self.tab == "firing" else self.tab,
            "severity": self.severity,
            "rule": str(self.rule or ""),
            "q": self.text,
            "cursor": self.cursor,
        }
        return urlencode({name: value for name, value in (pairs | changes).items() if value})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.severity or self.rule or self.text)

    def rows(self, folder_ids: Collection[int]) -> "QuerySet[Alert, Alert]":
        """Return what the list holds, whatever its order and page."""
        return self._matching(folder_ids).filter(status__in=TABS[self.tab])

    def count(self, folder_ids: Collection[int]) -> int:
        """Return the number that a tile shows which opens this list."""
        return self.rows(folder_ids).count()

    def page(self, folder_ids: Collection[int]) -> Page[Alert]:
        """Return the worst first while they are open; of those that are over the newest."""
        found = self.rows(folder_ids).select_related("folder", "rule", "owner", "team")
        order: tuple[str, ...] = ("-resolved_at", "-id")
        if self.tab != "recent":
            found, order = found.annotate(rank=_rank()), ("rank", "-fired_at", "-id")
        try:
            return page_of(found, order=order, limit=PAGE_SIZE, cursor=self.cursor)
        except DomainError:  # of another list: begin anew
            return page_of(found, order=order, limit=PAGE_SIZE)

    def tabs(self, folder_ids: Collection[int]) -> list[dict[str, Any]]:
        """Without a count of those that are over: they grow for years."""
        open_ones = self._matching(folder_ids).exclude(status=Status.RESOLVED)
        counts = dict(open_ones.order_by().values_list("status").annotate(n=Count("pk")))
        words = {"firing": _("Firing"), "taken": _("Taken"), "recent": _("Over")}
        return [
            {
                "url": f"?{self.query(tab='' if tab == 'firing' else tab, cursor='')}",
                "label": words[tab],
                "count": None if tab == "recent" else sum(counts.get(each, 0) for each in statuses),
                "current": tab == self.tab,
            }
            for tab, statuses in TABS.items()
        ]

    def choices(self) -> list[dict[str, Any]]:
        options = [("", _("All severities"))]
        options += [(key, str(word)) for key, word in Severity.choices]
        return [
            {
                "name": "severity",
                "label": _("Severity"),
                "value": self.severity,
                "options": options,
            }
        ]

    def _matching(self, folder_ids: Collection[int]) -> "QuerySet[Alert, Alert]":
        found: QuerySet[Alert, Alert] = Alert.objects.filter(folder_id__in=folder_ids)
        if self.severity:
            found = found.filter(severity=self.severity)
        if self.rule:
            found = found.filter(rule_id=self.rule)
        if self.text:
            found = found.filter(Q(title__icontains=self.text) | Q(text__icontains=self.text))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringAlert:
    """One line for other pages."""

    pk: int
    title: str
    text: str
    severity: str
    fired_at: datetime
    owner: str
    url: str


def firing(folder_ids: Collection[int], limit: int = 10) -> list[FiringAlert]:
    """Return the first `limit` of the list of what fires in these folders; one query.

    How many there are: `AlertFilter().count(folder_ids)`, which is what `/alerts/` lists.
    """
    found = AlertFilter().rows(folder_ids).select_related("owner").annotate(rank=_rank())
    return [
        FiringAlert(
            pk=each.pk,
            title=each.title,
            text=each.text,
            severity=each.severity,
            fired_at=each.fired_at,
            owner=each.owner.name if each.owner else "",
            url=f"/alerts/{each.pk}/",
        )
        for each in found.order_by("rank", "-fired_at", "-id")[:limit]
    ]


def find_alert(folder_ids: Collection[int], pk: int | None) -> Alert | None:
    """Return the alert with all that its page shows, None if it does not lie in these folders."""
    found: QuerySet[Alert, Alert] = Alert.objects.filter(folder_id__in=folder_ids, pk=pk or 0)
    return found.select_related("folder", "rule", "rule__calendar", "owner", "team").first()


def _rank() -> Case:
    whens = [When(severity=severity, then=Value(rank)) for severity, rank in RANKS.items()]
    return Case(*whens, default=Value(9), output_field=IntegerField())
