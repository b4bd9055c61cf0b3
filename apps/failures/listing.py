"""Which groups a list shows: one filter for the page, its live list, counts and tiles."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlencode

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.lib.errors import InvalidError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of

from .models import FailureGroup

Status, Kind = FailureGroup.Status, FailureGroup.Kind

PAGE_SIZE: Final = 50
# a count says “more” beyond that
CAP: Final = 1_000
NEWEST_FIRST: Final = ("-last_at", "-id")
MAX_QUERY, MAX_TEXT = 2_000, 100
# as it stands in an address: the whole is the argument of a fragment, which takes no long one
MAX_TEXT_WRITTEN: Final = 200
# ours are shorter
CURSOR: Final = re.compile(r"[-_a-zA-Z0-9]{1,160}", re.ASCII)

STATES: Final[dict[str, tuple[str, ...]]] = {
    "open": FailureGroup.OPEN,
    "muted": (Status.MUTED,),
    "resolved": (Status.RESOLVED,),
    "all": tuple(Status.values),
}
SINCE: Final = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True, kw_only=True)
class FailureFilter:
    """What was asked for; its text form is a query string. What makes no sense is left out."""

    state: str = "open"
    kind: str = ""
    since: str = ""
    text: str = ""
    owner: int | None = None
    queue: int | None = None
    after: str = ""

    @classmethod
    def parse(cls, query: str) -> "FailureFilter":
        found = dict(parse_qsl(query[:MAX_QUERY]))
        state, kind, since = (found.get(name, "") for name in ("state", "kind", "since"))
        return cls(
            state=state if state in STATES else "open",
            kind=kind if kind in Kind.values else "",
            since=since if since in SINCE else "",
            text=_text(found.get("q", "")),
            owner=whole_number(found.get("owner", "")),
            queue=whole_number(found.get("queue", "")),
            after=cursor_in(found.get("after", "")),
        )

    def query(self) -> str:
        pairs = {
            "state": "" if self.state == "open" else self.state,
            **self.kept(),
            "q": self.text,
            "after": self.after,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def kept(self) -> dict[str, Any]:
        """Return what narrows the list beside its state and text."""
        pairs = {"kind": self.kind, "since": self.since, "owner": self.owner, "queue": self.queue}
        return {name: value for name, value in pairs.items() if value}

    def hidden(self) -> dict[str, Any]:
        """Return what stays when somebody changes what the filter bar shows."""
        state = "" if self.state == "open" else self.state
        pairs = {"state": state, "owner": self.owner, "queue": self.queue}
        return {name: value for name, value in pairs.items() if value}

    def but(self, **changes: Any) -> "FailureFilter":
        return replace(self, **{"after": "", **changes})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.kept())

    def rows(self, folder_ids: Iterable[int]) -> QuerySet[FailureGroup]:
        """Return the groups of these folders that fit, in no order."""
        found: QuerySet[FailureGroup] = FailureGroup.objects.filter(folder_id__in=list(folder_ids))
        if self.state != "all":
            found = found.filter(status__in=STATES[self.state])
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.since:
            found = found.filter(last_at__gte=Now() - SINCE[self.since])
        if self.owner is not None:
            found = found.filter(owner=self.owner)
        if self.queue is not None:
            found = found.filter(queue=self.queue)
        return found.filter(_says(self.text)) if self.text else found

    def count(self, folder_ids: Iterable[int]) -> int:
        """Return how many fit, CAP + 1 for more than CAP."""
        return self.rows(folder_ids).order_by()[: CAP + 1].count()

    def page(self, folder_ids: Iterable[int]) -> Page[FailureGroup]:
        """Return a page of them, what failed last first; the first one for a foreign cursor."""
        rows = with_places(self.rows(folder_ids))
        try:
            return page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE, cursor=self.after)
        except InvalidError:
            return page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE)


def with_places(rows: QuerySet[FailureGroup]) -> QuerySet[FailureGroup]:
    """Fetch what a row is shown with."""
    return rows.select_related("folder", "owner", "queue", "automation", "workflow")


def top_groups(folder_ids: Iterable[int], limit: int = 6) -> list[FailureGroup]:
    """Return what to look at first: open, failed within a day, the latest first.

    The list that shows all of them is `FailureFilter(since="24h")`.
    """
    rows = with_places(FailureFilter(since="24h").rows(folder_ids))
    return list(rows.order_by(*NEWEST_FIRST)[:limit])


def others_of_cause(group: FailureGroup) -> list[FailureGroup]:
    """Return the same failure in other versions, or taken for another kind of problem."""
    rows = FailureGroup.objects.filter(folder=group.folder_id, cause=group.cause)
    return list(with_places(rows.exclude(pk=group.pk)).order_by(*NEWEST_FIRST)[:20])


def _says(text: str) -> Q:
    """Whether the text stands in what the failure is called by."""
    number = whole_number(text.removeprefix("#"))
    found = (
        Q(pattern__icontains=text)
        | Q(message__icontains=text)
        | Q(code__icontains=text)
        | Q(error_class__icontains=text)
        | Q(step__icontains=text)
    )
    return found if number is None else found | Q(pk=number)


def cursor_in(text: str) -> str:
    """Return what may be a cursor of ours; "" for anything else."""
    return text if CURSOR.fullmatch(text) else ""


def _text(said: str) -> str:
    """Without NUL and half surrogate pairs: PostgreSQL takes neither, and people type neither."""
    text = said.replace("\x00", "").encode(errors="ignore").decode().strip()[:MAX_TEXT]
    while len(quote_plus(text)) > MAX_TEXT_WRITTEN:
        text = text[:-1]
    return text.strip()
