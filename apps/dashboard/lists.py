"""What the tiles count, as lists: one object says how many, which, and how the list is called.

A tile's number is `count()` of the list that it opens, on the same rows: so they can't differ.
Numbers beyond MOST_COUNTED are shown as “≥ 10 000”, unless a counter knows them exactly.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.models import Run
from apps.inbox.listing import waiting
from apps.inbox.models import UserTask
from apps.lib.clock import start_of_today
from apps.lib.errors import InvalidError
from apps.lib.pagination import Page, decode_cursor, encode_cursor, page_of
from apps.queues.counts import WAITING, standing_of
from apps.queues.item_presenting import BADGES
from apps.queues.models import Attempt, Ended, WorkItem, WorkQueue

from .models import MissedDeadline

PAGE_SIZE: Final = 50
MOST_COUNTED: Final = 10_000
HOUR: Final = timedelta(hours=1)
PROBLEMS: Final = (
    Attempt.Outcome.BUSINESS_EXCEPTION,
    Attempt.Outcome.APPLICATION_EXCEPTION,
    Attempt.Outcome.LOST,
)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are; at least so many if `is_capped`."""

    n: int
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row, whatever it is a row of."""

    title: str
    url: str
    where: str
    where_url: str
    badge: str
    word: str
    at: datetime | None
    note: str = ""


class OverviewList(ABC):
    """One of the lists; `folder_ids` are those in which the reader may see things."""

    key: str
    title: str | Promise
    # what `at` of its lines is
    when: str | Promise
    empty: str | Promise
    order: tuple[str, ...]

    def __init__(self, folder_ids: frozenset[int], queue_ids: list[int] | None = None) -> None:
        """`queue_ids`: the queues of these folders, for those who have them at hand."""
        self.folder_ids = folder_ids
        self._queue_ids = queue_ids

    @property
    def queue_ids(self) -> list[int]:
        if self._queue_ids is None:
            self._queue_ids = queue_ids_of(self.folder_ids)
        return self._queue_ids

    @abstractmethod
    def count(self) -> Counted: ...

    def page(self, cursor: str = "") -> Page[Line]:
        """Return a page; from the start when the cursor is not of this list."""
        try:
            found = self._rows(cursor)
        except InvalidError:
            found = self._rows("")
        return Page(self._lines(found.items), found.next_cursor)

    @abstractmethod
    def _rows(self, cursor: str) -> Page[Any]: ...

    @abstractmethod
    def _lines(self, rows: list[Any]) -> list[Line]: ...


class OfRows(OverviewList):
    """A list that is a query: its count is capped."""

    @abstractmethod
    def rows(self) -> QuerySet[Any, Any]: ...

    def count(self) -> Counted:
        return _capped(self.rows().order_by()[: MOST_COUNTED + 1].count())

    def _rows(self, cursor: str) -> Page[Any]:
        return page_of(self.rows(), order=self.order, limit=PAGE_SIZE, cursor=cursor)


@dataclass(frozen=True, slots=True)
class Standing:
    """An item that waits: `at` is what it is sorted by, its rank or when it may start."""

    at: datetime
    item_id: int


class Backlog(OverviewList):
    """Items that wait for a bot, in the order of work; counted by the counters, so exactly."""

    key = "backlog"
    title = gettext_lazy("Backlog")
    when = gettext_lazy("Came in")
    empty = gettext_lazy("Nothing waits for a bot.")
    order = ("at", "item_id")

    # each queue's first by the key of its table; then the first of those
    FIND: Final = """
    select f.at, f.item_id from unnest(%(ids)s::bigint[]) as q (id)
     cross join lateral (
        (select rank_at as at, item_id from queues_ready
          where queue_id = q.id and (rank_at, item_id) > (%(at)s, %(after)s)
          order by rank_at, item_id limit %(limit)s)
        union all
        (select available_at, item_id from queues_scheduled
          where queue_id = q.id and (available_at, item_id) > (%(at)s, %(after)s)
          order by available_at, item_id limit %(limit)s)) f
     order by f.at, f.item_id limit %(limit)s
    """
    BEGINNING: Final = "-infinity"

    def count(self) -> Counted:
        counts = standing_of(self.queue_ids).values()
        return Counted(sum(each[place] for each in counts for place in WAITING))

    def _rows(self, cursor: str) -> Page[Standing]:
        at, after = decode_cursor(cursor, self.order) if cursor else (self.BEGINNING, 0)
        if cursor and not (isinstance(at, datetime) and isinstance(after, int)):
            raise InvalidError(_("This cursor is not of this list. Start again without one."))
        values = {"ids": self.queue_ids, "at": at, "after": after, "limit": PAGE_SIZE + 1}
        with connection.cursor() as db:
            db.execute(self.FIND, values)
            found = [Standing(*row) for row in db.fetchall()]
        shown = found[:PAGE_SIZE]
        more = len(found) > PAGE_SIZE
        return Page(shown, encode_cursor(shown[-1], self.order) if more else None)  # type: ignore[arg-type]

    def _lines(self, rows: list[Standing]) -> list[Line]:
        items = _items([row.item_id for row in rows])
        return [
            _item_line(items[row.item_id], at=items[row.item_id].entered_at)
            for row in rows
            if row.item_id in items
        ]


class AtWork(OfRows):
    """Runs that occupy a slot."""

    key = "at-work"
    title = gettext_lazy("At work")
    when = gettext_lazy("Began")
    empty = gettext_lazy("No bot works on anything right now.")
    order = ("id",)

    def rows(self) -> QuerySet[Run]:
        held: QuerySet[Run] = Run.objects.filter(
            folder_id__in=self.folder_ids, status__in=Run.HELD
        ).select_related("version__automation", "bot")
        return held

    def _lines(self, rows: list[Run]) -> list[Line]:
        return [
            Line(
                title=_("Run %(n)s") % {"n": run.pk},
                url=reverse("runs:run_detail", args=[run.pk]),
                where=str(run.bot or ""),
                where_url=reverse("bots:bot_detail", args=[run.bot_id]) if run.bot_id else "",
                badge=run.status,
                word=run.get_status_display(),
                at=run.started_at,
                note=str(run.version.automation),
            )
            for run in rows
        ]


class Problems(OfRows):
    """Tries that went wrong within the last hour."""

    key = "problems"
    title = gettext_lazy("Problems, last hour")
    when = gettext_lazy("Went wrong")
    empty = gettext_lazy("No try went wrong within the last hour.")
    order = ("-ended_at", "-item_id", "-number")

    def rows(self) -> QuerySet[Attempt]:
        return Attempt.objects.filter(
            queue_id__in=self.queue_ids, outcome__in=PROBLEMS, ended_at__gte=Now() - HOUR
        )

    def _lines(self, rows: list[Attempt]) -> list[Line]:
        items = _items([row.item_id for row in rows])
        return [
            Line(
                title=str(items.get(row.item_id) or f"#{row.item_id}"),
                url=reverse("items:item_detail", args=[row.item_id]),
                badge=BADGES[Attempt.Outcome(row.outcome)],
                word=str(Attempt.Outcome(row.outcome).label),
                at=row.ended_at,
                note=row.message[:300],
                **_place(items.get(row.item_id)),
            )
            for row in rows
        ]


class People(OfRows):
    """Tasks that wait for a person, of all folders of the reader; the most urgent first."""

    key = "people"
    title = gettext_lazy("Waiting for people")
    when = gettext_lazy("Asked")
    empty = gettext_lazy("Nobody has to decide anything.")
    order = ("urgent_at", "id")

    def rows(self) -> QuerySet[UserTask]:
        tasks = UserTask.objects.filter(folder_id__in=self.folder_ids).open()
        return waiting(tasks).select_related("queue").defer("form", "values", "handling")

    def urgency(self) -> tuple[Counted, Counted]:
        """Return how many wait, and how many of them are overdue: those stand first in the list."""
        listed = self.rows().order_by(*self.order)[: MOST_COUNTED + 1]
        is_overdue = Q(due_at__lt=Now())
        found = listed.aggregate(n=Count("pk"), overdue=Count("pk", filter=is_overdue))
        return _capped(found["n"]), _capped(found["overdue"])

    def oldest_at(self) -> datetime | None:
        """Return when the first of them was asked."""
        return self.rows().order_by("created_at").values_list("created_at", flat=True).first()

    def _lines(self, rows: list[UserTask]) -> list[Line]:
        return [
            Line(
                title=task.title,
                url=reverse("inbox:task", args=[task.pk]),
                where=str(task.queue or ""),
                where_url=(
                    reverse("queues:queue_detail", args=[task.queue_id]) if task.queue_id else ""
                ),
                badge="person",
                word=task.get_kind_display(),
                at=task.created_at,
                note=task.reason[:300],
            )
            for task in rows
        ]


class Missed(OfRows):
    """Items that were due today and not done by then."""

    key = "late"
    title = gettext_lazy("Late today")
    when = gettext_lazy("Was due")
    empty = gettext_lazy("Everything that was due today was done in time.")
    order = ("-due_at", "-item_id")

    def rows(self) -> QuerySet[MissedDeadline]:
        return MissedDeadline.objects.filter(
            queue_id__in=self.queue_ids, due_at__gte=start_of_today()
        )

    def still_open(self, limit: int) -> list[Line]:
        """Return those that are not done by now either, the latest first."""
        ended = Ended.objects.filter(item_id=OuterRef("item_id"))
        open_ones = self.rows().filter(~Exists(ended)).order_by(*self.order)
        return self._lines(list(open_ones[:limit]))

    def _lines(self, rows: list[MissedDeadline]) -> list[Line]:
        items = _items([row.item_id for row in rows])
        return [
            _item_line(items[row.item_id], at=row.due_at) for row in rows if row.item_id in items
        ]


LISTS: Final[dict[str, type[OverviewList]]] = {
    each.key: each for each in (Backlog, AtWork, Problems, People, Missed)
}


def _capped(n: int) -> Counted:
    return Counted(min(n, MOST_COUNTED), n > MOST_COUNTED)


def queue_ids_of(folder_ids: frozenset[int]) -> list[int]:
    return list(WorkQueue.objects.filter(folder_id__in=folder_ids).values_list("pk", flat=True))


def _items(item_ids: list[int]) -> Mapping[int, WorkItem]:
    found = WorkItem.objects.defer("payload").select_related("queue").with_status()
    return {item.pk: item for item in found.filter(pk__in=item_ids)}


def _item_line(item: WorkItem, *, at: datetime) -> Line:
    return Line(
        title=str(item),
        url=reverse("items:item_detail", args=[item.pk]),
        badge=item.status,
        word=str(WorkItem.Status(item.status).label),
        at=at,
        **_place(item),
    )


def _place(item: WorkItem | None) -> dict[str, Any]:
    if item is None:
        return {"where": "", "where_url": ""}
    url = reverse("queues:queue_detail", args=[item.queue_id])
    return {"where": item.queue.title, "where_url": url}
