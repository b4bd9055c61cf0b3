"""Which tasks a list shows: one filter for the page, its live list, its counts, what is next."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action
from apps.lib.errors import InvalidError
from apps.lib.pagination import Page, page_of
from apps.queues.models import WorkQueue

from .models import UserTask

PAGE_SIZE = 50
MAX_TEXT = 100
MAX_COUNT = 1_000  # beyond that a list says "1000+": nobody reads on
MOST_URGENT_FIRST = ("urgent_at", "id")
NEWEST_DECISION_FIRST = ("-decided_at", "-id")
TABS = ("mine", "open", "decided")
ME, GROUP = "me", "group:"
MAX_GROUPS, MAX_GROUP = 500, 300


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """What a list of tasks was asked for; its text form is a query string.

    `folder` and `who` belong to the page, the rest is in its address. They only narrow: what the
    reader may see is asked of their rights.
    """

    folder: int
    who: int = 0
    tab: str = "open"
    queue: int | None = None
    kind: str = ""
    instance: int | None = None
    # whom a workflow offers it to: “me”, or “group:” and its name; "" for everybody
    whom: str = ""
    text: str = ""
    after: str = ""

    @classmethod
    def parse(cls, query: str, *, folder: int = 0, who: int = 0) -> "TaskFilter":
        """Read a query string; what makes no sense is left out, never an error."""
        found = dict(parse_qsl(query[:2000]))
        tab, kind = found.get("tab", ""), found.get("kind", "")
        return cls(
            folder=folder or _number(found.get("folder")) or 0,
            who=who or _number(found.get("who")) or 0,
            tab=tab if tab in TABS else "open",
            queue=_number(found.get("queue")),
            kind=kind if kind in UserTask.Kind.values else "",
            instance=_number(found.get("instance")),
            whom=_audience(found.get("whom", "")),
            text=found.get("q", "").replace("\x00", "").strip()[:MAX_TEXT],
            after=found.get("after", "")[:1000],
        )

    def query(self) -> str:
        """Return what stands in the page's address."""
        tab = "" if self.tab == "open" else self.tab
        pairs = {
            "tab": tab,
            "queue": self.queue,
            "kind": self.kind,
            "instance": self.instance,
            "whom": self.whom,
            "q": self.text,
            "after": self.after,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    def argument(self) -> str:
        """Return the argument of the live list."""
        asked = self.query()
        return f"folder={self.folder}&who={self.who}" + (f"&{asked}" if asked else "")

    def but(self, **changes: Any) -> "TaskFilter":
        """Return another filter; a change goes back to the first page."""
        return replace(self, **{"after": "", **changes})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.queue or self.kind or self.instance or self.whom or self.text)

    def rows(self, rights: Any) -> QuerySet[UserTask]:
        """Return the tasks, as far as `rights` (or an audience's) lets them be seen."""
        if self.folder not in rights.folder_ids(Action.VIEW):
            return UserTask.objects.none()
        found = self._of_tab(UserTask.objects.filter(folder_id=self.folder))
        if self.queue:
            found = found.filter(queue_id=self.queue)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.instance:
            found = found.filter(instance_id=self.instance)
        if self.whom:
            found = found.filter(self._offered())
        return found.filter(_matches(self.text)) if self.text else found

    def page(self, rights: Any) -> Page[UserTask]:
        is_past = self.tab == "decided"
        order = NEWEST_DECISION_FIRST if is_past else MOST_URGENT_FIRST
        rows = self.rows(rights).select_related("queue", "item", "assignee", "working_by")
        try:
            return page_of(rows, order=order, limit=PAGE_SIZE, cursor=self.after)
        except InvalidError:
            return page_of(rows, order=order, limit=PAGE_SIZE)

    def count(self, rights: Any) -> int:
        """Return how many there are, at most MAX_COUNT + 1."""
        return self.rows(rights).order_by()[: MAX_COUNT + 1].count()

    def next_after(self, task: UserTask, rights: Any) -> UserTask | None:
        """Return the open task to do after `task`: the next in the list, else the first.

        What somebody else has in hands is passed over.
        """
        rows = self.but(tab="mine" if self.tab == "mine" else "open").rows(rights)
        others = Q(working_until__gt=Now()) & ~Q(working_by=self.who)
        free = rows.exclude(pk=task.pk).exclude(others & Q(working_by__isnull=False))
        free = free.filter(Q(assignee=None) | Q(assignee=self.who)).order_by(*MOST_URGENT_FIRST)
        later = Q(urgent_at__gt=task.urgent_at) | Q(urgent_at=task.urgent_at, pk__gt=task.pk)
        return free.filter(later).first() or free.first()

    def _offered(self) -> Q:
        """To me: by name, or since it was given to me."""
        if self.whom != ME:
            return Q(candidate_groups__contains=[self.whom.removeprefix(GROUP)])
        names = list(User.objects.filter(pk=self.who).values_list("username", flat=True))
        return Q(assignee=self.who) | Q(candidate_users__contains=names or [""])

    def _of_tab(self, tasks: Any) -> QuerySet[UserTask]:
        if self.tab == "decided":
            found: QuerySet[UserTask] = tasks.closed()
        elif self.tab == "mine":
            found = tasks.open().in_hands_of(self.who)
        else:
            found = tasks.open()
        return found


def queues_with_tasks(folder_id: int) -> list[tuple[WorkQueue, int]]:
    """Return the queues that have open tasks, with how many."""
    counted = (
        UserTask.objects.open()
        .filter(folder_id=folder_id, queue__isnull=False)
        .order_by()
        .values_list("queue_id")
        .annotate(n=Count("pk"))
    )
    numbers = dict(counted)
    queues = WorkQueue.objects.filter(pk__in=numbers).order_by("title")
    return [(queue, numbers[queue.pk]) for queue in queues]


def audiences_of(folder_id: int) -> list[tuple[str, str]]:
    """Return the choices of `whom` that find something now, with their names; [] if none does."""
    offered = UserTask.objects.open().filter(folder_id=folder_id).order_by()
    groups = offered.exclude(candidate_groups=[]).values_list("candidate_groups", flat=True)
    names = sorted({str(name) for some in groups.distinct()[:MAX_GROUPS] for name in some})
    has_people = bool(names) or offered.exclude(candidate_users=[]).exists()
    me = [(ME, _("Offered to me"))] if has_people else []
    return [*me, *((f"{GROUP}{name}", _("For %(group)s") % {"group": name}) for name in names)]


def _audience(text: str) -> str:
    text = text.replace("\x00", "")[:MAX_GROUP]
    return text if text == ME or text.startswith(GROUP) else ""


def _matches(text: str) -> Q:
    """In the title or the reason; or the beginning of the item's reference, or its number."""
    found = Q(title__icontains=text) | Q(reason__icontains=text)
    found |= Q(item__reference__istartswith=text)
    number = _number(text.removeprefix("#"))
    return found | Q(item_id=number) if number else found


def _number(text: str | None) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return None
