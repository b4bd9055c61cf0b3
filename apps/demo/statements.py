"""The month-end: what was posted for whom."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count, QuerySet, Sum

from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .models import LedgerEntry

LAST_DAYS = timedelta(days=31)


def vendors_with_postings(folder_id: int, *, month: str = "") -> list[Json]:
    """Return the names of the vendors, in order. `month` "2026-03"; "": the last 31 days."""
    found = _entries(folder_id, month).values_list("vendor__name", flat=True)
    return list(found.distinct().order_by("vendor__name"))


def statement_of(vendor: str, folder_id: int, *, month: str = "") -> JsonObject:
    """Return how often was posted for a vendor, and the total by currency."""
    found = _entries(folder_id, month).filter(vendor__name=vendor)
    rows = found.values_list("currency").annotate(n=Count("pk"), sum=Sum("total_amount"))
    total: JsonObject = {currency: f"{sum_:.2f}" for currency, _n, sum_ in rows}
    return {"name": vendor, "postings": sum(n for _currency, n, _sum in rows), "total": total}


def _entries(folder_id: int, month: str) -> QuerySet[LedgerEntry]:
    start, end = _bounds(month)
    return LedgerEntry.objects.filter(
        folder_id=folder_id, posted_at__gte=start, posted_at__lt=end
    ).order_by()


def _bounds(month: str) -> tuple[datetime, datetime]:
    if not month:
        now = database_now()
        return now - LAST_DAYS, now + timedelta(days=1)
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        problem = FieldProblem("month", "is a year and a month, such as 2026-03")
        raise InvalidError(f"month {problem.message}.", fields=[problem]) from None
    return start, (start + LAST_DAYS).replace(day=1)
