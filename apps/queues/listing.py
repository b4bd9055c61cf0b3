"""Which items a list shows: one filter object for the page, its live fragment and its counts."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote_plus, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.lib.clock import database_now, start_of_today
from apps.lib.json import Json
from apps.lib.numbers import whole_number

from .counts import counts_of
from .models import Attempt, Ended, Lease, Parked, Ready, Scheduled, WorkItem

PAGE_SIZE = 50
MAX_TEXT = 200
MAX_QUOTED = 300  # a live fragment takes no longer argument
MAX_COUNTED = 10_000

# the words people filter by → the table of places, and the status there
PLACES: dict[str, tuple[type, dict[str, str]]] = {
    "ready": (Ready, {}),
    "scheduled": (Scheduled, {}),
    "in_progress": (Lease, {}),
    **{status: (Parked, {"status": status}) for status in Parked.Status.values},
    **{status: (Ended, {"status": status}) for status in Ended.Status.values},
}
FILTERS: dict[str, Q] = {
    status: Q(Exists(model.objects.filter(item_id=OuterRef("pk"), **where)))  # type: ignore[attr-defined]
    for status, (model, where) in PLACES.items()
}
TODAY = "today"


@dataclass(frozen=True)
class ItemFilter:
    """What a list of items was asked for; its text form is a query string."""

    queue_id: int
    status: str = ""
    text: str = ""
    before: int | None = None  # keyset: only items with a smaller id
    is_today: bool = False  # only those that ended today; of final states alone

    @classmethod
    def parse(cls, queue_id: int, query: str) -> "ItemFilter":
        """Read a query string; what makes no sense is left out, never an error."""
        values = {name: found[-1] for name, found in parse_qs(query[:1000]).items()}
        status = values.get("status", "")
        return cls(
            queue_id,
            status if status in PLACES else "",
            _short(values.get("q", "").replace("\x00", "").strip()),
            whole_number(values.get("before", "")),
            is_today=values.get("ended") == TODAY and status in Ended.Status.values,
        )

    def query(self) -> str:
        pairs = {
            "status": self.status,
            "ended": TODAY if self.is_today else "",
            "q": self.text,
            "before": self.before or "",
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def kept(self) -> dict[str, str]:
        """Return what stays when somebody types another text."""
        pairs = {"status": self.status, "ended": TODAY if self.is_today else ""}
        return {name: value for name, value in pairs.items() if value}

    def replace(self, **changes: object) -> "ItemFilter":
        return replace(self, **changes)  # type: ignore[arg-type]

    def for_operation(self) -> dict[str, Json]:
        """Return the same as a bulk action stores it: what it means now, on whatever page."""
        since = _midnight() if self.is_today else ""
        pairs = {"status": self.status, "q": self.text, "ended_since": since}
        return {"queue": self.queue_id, **{name: value for name, value in pairs.items() if value}}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.status or self.text)


@dataclass(frozen=True)
class ItemPage:
    items: list[WorkItem]
    first_query: str | None  # None on the first page
    next_query: str | None  # None on the last page


def find_items(wanted: ItemFilter, *, limit: int = PAGE_SIZE) -> ItemPage:
    """Return one page of items, newest first, each annotated by `with_status`."""
    found = _rows(wanted)
    if wanted.before is not None:
        found = found.filter(pk__lt=wanted.before)
    items = list(found.with_status().order_by("-pk")[: limit + 1])  # type: ignore[attr-defined]
    more = len(items) > limit
    items = items[:limit]
    _attach_last_attempts(items)
    return ItemPage(
        items,
        wanted.replace(before=None).query() if wanted.before is not None else None,
        wanted.replace(before=items[-1].pk).query() if more else None,
    )


def count_matching(wanted: ItemFilter) -> tuple[int, bool]:
    """Return how many items the whole list has, and whether there are more: it counts no further
    than MAX_COUNTED, unless the queue's own counters know."""
    if not wanted.text and not wanted.is_today:
        counts = counts_of([wanted.queue_id])[wanted.queue_id]
        return (counts[wanted.status] if wanted.status else counts.total), False
    n = _rows(wanted).order_by()[: MAX_COUNTED + 1].count()
    return min(n, MAX_COUNTED), n > MAX_COUNTED


def _rows(wanted: ItemFilter) -> QuerySet[WorkItem]:
    found: QuerySet[WorkItem] = WorkItem.objects.filter(queue_id=wanted.queue_id)
    if wanted.status:
        found = found.filter(_stands(wanted))
    return found.filter(matches(wanted.text)) if wanted.text else found


def _stands(wanted: ItemFilter) -> Q:
    """Whether the item stands where the filter says."""
    model, status = PLACES[wanted.status]
    # the queue again, and where the page begins: they let the planner start from the few rows of
    # the place, and there at the page, not at the newest item of all queues
    rows = model._default_manager.filter(  # type: ignore[attr-defined]
        item_id=OuterRef("pk"), queue_id=wanted.queue_id, **status
    )
    if wanted.before is not None:
        rows = rows.filter(item_id__lt=wanted.before)
    return Q(Exists(rows.filter(at__gte=start_of_today()) if wanted.is_today else rows))


def _attach_last_attempts(items: list[WorkItem]) -> None:
    """Give each item `n_attempts`, `problem`, `retry_at` and `shown_status`; one query."""
    newest = Attempt.objects.filter(item_id__in=[item.pk for item in items])
    last = {
        each.item_id: each for each in newest.order_by("item_id", "-number").distinct("item_id")
    }
    for item in items:
        attempt = last.get(item.pk)
        # a gate may stop what went well: then its reason is what people look for
        went_well = attempt is None or (
            attempt.outcome == Attempt.Outcome.SUCCESSFUL
            and item.status != WorkItem.Status.NEEDS_DECISION
        )
        retry_at = item.available_at_now if attempt else None
        item.n_attempts = attempt.number if attempt else 0  # type: ignore[attr-defined]
        item.problem = "" if attempt is None or went_well else attempt.message  # type: ignore[attr-defined]
        item.retry_at = retry_at  # type: ignore[attr-defined]
        item.shown_status = "retry" if retry_at else item.status  # type: ignore[attr-defined]


def _short(text: str) -> str:
    """Return the beginning that still fits where a filter is named in one line; nobody types more,
    and what begins with all of it begins with this."""
    text = text[:MAX_TEXT]
    while len(quote_plus(text)) > MAX_QUOTED:
        text = text[:-1]
    return text


def _midnight() -> str:
    now = timezone.localtime(database_now())
    return now.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()


def matches(text: str) -> Q:
    """An item's number, or the beginning of its reference (both found by an index)."""
    number = whole_number(text.removeprefix("#"))
    # as the index has it, which holds no empty ones
    by_reference = Q(reference__startswith=text) & ~Q(reference="")
    return by_reference if number is None else by_reference | Q(pk=number)
