"""Which triggers a list shows, and which lines of a start log: the address says it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of

from .models import Firing, Trigger

PAGE_SIZE = 100
LOG_SIZE = 25
MAX_TEXT = 100
MAX_QUERY = 600


@dataclass(frozen=True)
class TriggerFilter:
    """What a list of triggers was asked for; what makes no sense is left out."""

    status: str = ""
    text: str = ""
    cursor: str = ""
    kind: str = ""

    @classmethod
    def parse(cls, query: str) -> "TriggerFilter":
        said = _values(query)
        status, kind = said.get("status", ""), said.get("kind", "")
        return cls(
            status if status in Trigger.Status.values else "",
            said.get("q", "").replace("\x00", "").strip()[:MAX_TEXT],
            said.get("cursor", ""),
            kind if kind in Trigger.Kind.values else "",
        )

    def query(self, **changes: str) -> str:
        pairs = {"status": self.status, "kind": self.kind, "q": self.text, "cursor": self.cursor}
        pairs |= changes
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.status or self.text or self.kind)

    def page(self, triggers: QuerySet[Trigger]) -> Page[Trigger]:
        found = self._matching(triggers).select_related("calendar", "owner")
        if self.status:
            found = found.filter(status=self.status)
        order = ("title", "id")
        try:
            return page_of(found, order=order, limit=PAGE_SIZE, cursor=self.cursor)
        except DomainError:  # of another list: begin anew
            return page_of(found, order=order, limit=PAGE_SIZE)

    def tabs(self, triggers: QuerySet[Trigger]) -> list[dict[str, Any]]:
        counted = self._matching(triggers).order_by().values_list("status")
        counts = dict(counted.annotate(n=Count("pk")))
        tabs = [("", _("All"), sum(counts.values()))]
        tabs += [(key, str(label), counts.get(key, 0)) for key, label in Trigger.Status.choices]
        return [
            {
                "url": f"?{self.query(status=key, cursor='')}",
                "label": label,
                "count": n,
                "current": key == self.status,
            }
            for key, label, n in tabs
        ]

    def choices(self) -> list[dict[str, Any]]:
        """Return what the filter bar offers beside the text."""
        options = [("", _("All kinds")), *((key, str(word)) for key, word in Trigger.Kind.choices)]
        return [{"name": "kind", "label": _("Kind"), "value": self.kind, "options": options}]

    def _matching(self, triggers: QuerySet[Trigger]) -> QuerySet[Trigger]:
        if self.kind:
            triggers = triggers.filter(kind=self.kind)
        if not self.text:
            return triggers
        return triggers.filter(Q(title__icontains=self.text) | Q(key__icontains=self.text))


@dataclass(frozen=True)
class LogFilter:
    """What a start log was asked for: `12?outcome=failed&cursor=…`."""

    trigger_id: int
    outcome: str = ""
    cursor: str = ""

    @classmethod
    def parse(cls, arg: str) -> "LogFilter":
        trigger_id, _mark, query = arg.partition("?")
        said = _values(query)
        outcome = said.get("outcome", "")
        return cls(
            whole_number(trigger_id) or 0,
            outcome if outcome in Firing.Outcome.values else "",
            said.get("cursor", ""),
        )

    def query(self, **changes: str) -> str:
        pairs = {"outcome": self.outcome, "cursor": self.cursor} | changes
        return urlencode({name: value for name, value in pairs.items() if value})

    def page(self) -> Page[Firing]:
        found = Firing.objects.filter(trigger_id=self.trigger_id)
        if self.outcome:
            found = found.filter(outcome=self.outcome)
        order = ("-planned_at", "-id")
        try:
            return page_of(found, order=order, limit=LOG_SIZE, cursor=self.cursor)
        except DomainError:
            return page_of(found, order=order, limit=LOG_SIZE)

    def tabs(self) -> list[dict[str, Any]]:
        """Without counts: a log grows for years."""
        tabs = [("", _("All")), *((key, str(label)) for key, label in Firing.Outcome.choices)]
        return [
            {
                "url": f"?{self.query(outcome=key, cursor='')}#start-log",
                "label": label,
                "current": key == self.outcome,
            }
            for key, label in tabs
        ]


def _values(query: str) -> dict[str, str]:
    return {name: found[-1] for name, found in parse_qs(query[:MAX_QUERY]).items()}
