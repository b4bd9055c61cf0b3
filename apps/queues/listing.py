"""Which items a list shows: one filter object for the page, its live fragment and its counts."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from .models import Attempt, Ended, Lease, Parked, Ready, Scheduled, WorkItem

PAGE_SIZE = 50
MAX_TEXT = 200

# the words people filter by → where such items stand
FILTERS: dict[str, Q] = {
    "ready": Q(Exists(Ready.objects.filter(item_id=OuterRef("pk")))),
    "scheduled": Q(Exists(Scheduled.objects.filter(item_id=OuterRef("pk")))),
    "in_progress": Q(Exists(Lease.objects.filter(item_id=OuterRef("pk")))),
    **{
        status: Q(Exists(Parked.objects.filter(item_id=OuterRef("pk"), status=status)))
        for status in Parked.Status.values
    },
    **{
        status: Q(Exists(Ended.objects.filter(item_id=OuterRef("pk"), status=status)))
        for status in Ended.Status.values
    },
}


@dataclass(frozen=True)
class ItemFilter:
    """What a list of items was asked for; its text form is a query string."""

    queue_id: int
    status: str = ""
    text: str = ""
    before: int | None = None  # keyset: only items with a smaller id

    @classmethod
    def parse(cls, queue_id: int, query: str) -> "ItemFilter":
        """Read a query string; what makes no sense is left out, never an error."""
        values = {name: found[-1] for name, found in parse_qs(query[:1000]).items()}
        status = values.get("status", "")
        before = values.get("before", "")
        is_number = before.isascii() and before.isdigit() and len(before) < 19
        return cls(
            queue_id,
            status if status in FILTERS else "",
            values.get("q", "").replace("\x00", "").strip()[:MAX_TEXT],
            int(before) if is_number else None,
        )

    def query(self) -> str:
        pairs = {"status": self.status, "q": self.text, "before": self.before or ""}
        return urlencode({name: value for name, value in pairs.items() if value})

    def replace(self, **changes: object) -> "ItemFilter":
        return replace(self, **changes)  # type: ignore[arg-type]

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
    found: QuerySet[WorkItem] = WorkItem.objects.filter(queue_id=wanted.queue_id)
    if wanted.status:
        found = found.filter(FILTERS[wanted.status])
    if wanted.text:
        found = found.filter(_matches(wanted.text))
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


def _attach_last_attempts(items: list[WorkItem]) -> None:
    """Give each item `n_attempts`, `problem` and `retry_at`; one query for the page."""
    newest = Attempt.objects.filter(item_id__in=[item.pk for item in items])
    last = {
        each.item_id: each for each in newest.order_by("item_id", "-number").distinct("item_id")
    }
    for item in items:
        attempt = last.get(item.pk)
        went_well = attempt is None or attempt.outcome == Attempt.Outcome.SUCCESSFUL
        item.n_attempts = attempt.number if attempt else 0  # type: ignore[attr-defined]
        item.problem = "" if attempt is None or went_well else attempt.message  # type: ignore[attr-defined]
        item.retry_at = item.available_at_now if attempt else None  # type: ignore[attr-defined]


def _matches(text: str) -> Q:
    """An item's number, or the beginning of its reference (both found by an index)."""
    digits = text.removeprefix("#")
    by_reference = Q(reference__startswith=text)
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        return by_reference | Q(pk=int(digits))
    return by_reference
