"""What happened to one thing, newest first."""

from django.db.models import QuerySet

from apps.lib.pagination import DEFAULT_LIMIT, Page, page_of

from .models import Event

NEWEST_FIRST = ("-occurred_at", "-id")


def history_of(
    subject: tuple[str, int], *, limit: int = DEFAULT_LIMIT, cursor: str = ""
) -> Page[Event]:
    """Return a page of the events of `subject`; whether the reader may see it is asked before."""
    subject_type, subject_id = subject
    rows = Event.objects.filter(subject_type=subject_type, subject_id=subject_id)
    return page_of(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)


def history_of_folders(
    folder_ids: frozenset[int], *, limit: int = DEFAULT_LIMIT, cursor: str = ""
) -> Page[Event]:
    """Return a page of what happened in any of `folder_ids`."""
    rows: QuerySet[Event] = Event.objects.filter(folder_id__in=folder_ids)
    return page_of(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
