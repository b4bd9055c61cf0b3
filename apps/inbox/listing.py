"""Which tasks a list shows: one filter for the page, its live list, its counts, what is next."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Now
from django.db.models.lookups import Exact

from apps.accounts.absences import stood_in_for
from apps.accounts.models import User
from apps.accounts.permissions import Action
from apps.lib.errors import InvalidError
from apps.lib.numbers import whole_number
from apps.lib.pagination import Page, page_of, said_cursor
from apps.queues.models import WorkItem

from .candidates import eligible, tokens_of
from .models import PendingDecision, UserTask, Vote

PAGE_SIZE = 50
MAX_TEXT = 100
MAX_ITEMS = 200  # whose reference begins with what is looked for
MAX_COUNT = 1_000  # beyond that a list says "≥ 1 000": nobody reads on
MAX_PENDING = 20  # decisions on their way that are shown, and can be taken back
MOST_URGENT_FIRST = ("urgent_at", "id")
NEWEST_DECISION_FIRST = ("-decided_at", "-id")
# what a row of the list needs: values and schemas may be large
SHOWN = (
    *("folder_id", "kind", "status", "title", "reason", "queue__title", "instance_id", "facts"),
    *("candidate_groups", "candidate_users", "offered_to", "team__title", "votes_needed"),
    *("at_risk_at", "stopped_at", "snoozed_until", "due_at", "urgent_at", "created_at", "version"),
    *("assignee__username", "assignee__display_name", "assignee__first_name"),
    *("assignee__last_name", "working_by__username", "working_by__display_name"),
    *("working_by__first_name", "working_by__last_name", "working_until", "decisions"),
    *("decided_at", "decided_by_id", "decided_by_name", "decision", "alike", "item_id"),
)
TABS = ("mine", "team", "free", "open", "decided", "snoozed")
STANDINGS = ("at_risk", "overdue")
ME, GROUP = "me", "group:"
MAX_NAME = 300


class Reader:
    """Who reads a list, and what they go by; asked once for all the lists of a page."""

    def __init__(self, user_id: int, folder_id: int, user: User | None = None) -> None:
        self._user_id, self._folder_id = user_id, folder_id
        if user is not None:
            self.person = user

    @cached_property
    def person(self) -> User | None:
        return User.objects.filter(pk=self._user_id).first() if self._user_id else None

    @cached_property
    def tokens(self) -> list[str]:
        return sorted(tokens_of(self.person, self._folder_id)) if self.person else []

    @cached_property
    def deputised(self) -> list[int]:
        return list(stood_in_for(self._user_id))


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
    code: str = ""
    workflow: str = ""
    standing: str = ""
    # tasks for the same decision as that sign says
    alike: str = ""
    instance: int | None = None
    # whom it is offered to: “me”, or “group:” and its name; "" for everybody
    whom: str = ""
    text: str = ""
    is_grouped: bool = False
    after: str = ""
    reader: Reader = field(default_factory=lambda: Reader(0, 0), compare=False, repr=False)

    @classmethod
    def parse(
        cls, query: str, *, folder: int = 0, who: int = 0, user: User | None = None
    ) -> "TaskFilter":
        """Read a query string; what makes no sense is left out, never an error.

        `user` is whom `who` names, for those who have them at hand.
        """
        found = dict(parse_qsl(query[:2000]))
        folder = folder or whole_number(found.get("folder", "")) or 0
        who = who or whole_number(found.get("who", "")) or 0

        def text_of(name: str, limit: int = MAX_NAME) -> str:
            return found.get(name, "").replace("\x00", "").strip()[:limit]

        return cls(
            folder=folder,
            who=who,
            reader=Reader(who, folder, user),
            tab=_one_of(TABS, found.get("tab")) or "open",
            queue=whole_number(found.get("queue", "")),
            kind=_one_of(UserTask.Kind.values, found.get("kind")),
            code=text_of("code"),
            workflow=text_of("workflow"),
            standing=_one_of(STANDINGS, found.get("standing")),
            alike=text_of("alike"),
            instance=whole_number(found.get("instance", "")),
            whom=_audience(text_of("whom")),
            text=text_of("q", MAX_TEXT),
            is_grouped=found.get("grouped") == "1",
            after=said_cursor(found.get("after", "")),
        )

    def query(self) -> str:
        """Return what stands in the page's address."""
        pairs = {
            "tab": "" if self.tab == "open" else self.tab,
            **self.narrowing,
            "grouped": "1" if self.is_grouped else "",
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
    def grouped(self) -> "TaskFilter":
        return self.but(is_grouped=True)

    @property
    def ungrouped(self) -> "TaskFilter":
        return self.but(is_grouped=False)

    @property
    def narrowing(self) -> dict[str, Any]:
        """What narrows the list, by the name that it has in the address."""
        return {
            "queue": self.queue,
            "kind": self.kind,
            "code": self.code,
            "workflow": self.workflow,
            "standing": self.standing,
            "whom": self.whom,
            "instance": self.instance,
            "alike": self.alike,
            "q": self.text,
        }

    @property
    def is_narrowed(self) -> bool:
        return any(self.narrowing.values())

    @property
    def n_chosen(self) -> int:
        """How many of the filters that are folded away are in use."""
        return sum(bool(value) for name, value in self.narrowing.items() if name != "q")

    def rows(self, rights: Any) -> QuerySet[UserTask]:
        """Return the tasks, as far as `rights` (or an audience's) lets them be seen."""
        if self.folder not in rights.folder_ids(Action.VIEW):
            return UserTask.objects.none()
        return self._of_tab(UserTask.objects.filter(folder_id=self.folder)).filter(self._wanted())

    def page(self, rights: Any) -> Page[UserTask]:
        is_past = self.tab == "decided"
        order = NEWEST_DECISION_FIRST if is_past else MOST_URGENT_FIRST
        rows = self.rows(rights).select_related("queue", "assignee", "working_by", "team")
        rows = rows.only(*SHOWN)
        try:
            return page_of(rows, order=order, limit=PAGE_SIZE, cursor=self.after)
        except InvalidError:
            return page_of(rows, order=order, limit=PAGE_SIZE)

    def first(self, rights: Any, *related: str) -> UserTask | None:
        """Return the task that stands first, with what is `related`; None if there is none."""
        found = self.rows(rights).order_by(*MOST_URGENT_FIRST)
        return found.select_related(*related or (None,)).first()

    def count(self, rights: Any) -> int:
        """Return how many there are, at most MAX_COUNT + 1."""
        return self.rows(rights).order_by()[: MAX_COUNT + 1].count()

    def pending(self, rights: Any) -> list[UserTask]:
        """Return the tasks decided so recently that it can be undone; newest first."""
        if self.folder not in rights.folder_ids(Action.VIEW):
            return []
        found = UserTask.objects.open().filter(self._wanted(), folder_id=self.folder)
        found = found.filter(pending_decision__isnull=False)
        found = found.select_related("queue", "item", "pending_decision")
        return list(found.order_by("-pending_decision__made_at")[:MAX_PENDING])

    def next_after(self, task: UserTask, rights: Any, *related: str) -> UserTask | None:
        """Return the open task to do after `task`: the next in the list, else the first.

        `related` is read with it. What somebody else has in hands, or the person may not decide,
        is passed over.
        """
        tab = self.tab if self.tab in ("mine", "team", "free") else "open"
        rows = self.but(tab=tab).rows(rights).exclude(pk=task.pk)
        others = Q(working_until__gt=Now()) & ~Q(working_by=self.who)
        free = rows.exclude(others & Q(working_by__isnull=False))
        free = free.filter(Q(assignee=None) | Q(assignee=self.who))
        if self.reader.person is not None:
            voted = Vote.objects.filter(
                task=OuterRef("pk"), user=self.who, version=OuterRef("version")
            )
            free = free.filter(eligible(self.reader.person, self.folder)).exclude(Exists(voted))
        free = free.order_by(*MOST_URGENT_FIRST).select_related(*related or (None,))
        # the bound on the first column alone lets PostgreSQL start in the index
        later = Q(urgent_at__gt=task.urgent_at) | Q(pk__gt=task.pk)
        return free.filter(later, urgent_at__gte=task.urgent_at).first() or free.first()

    def _of_tab(self, tasks: Any) -> QuerySet[UserTask]:
        if self.tab == "decided":
            return tasks.closed()  # type: ignore[no-any-return]
        elif self.tab == "snoozed":
            return tasks.open().filter(snoozed_until__gt=Now())  # type: ignore[no-any-return]
        else:
            return waiting(tasks.open()).filter(self._whose())

    def _whose(self) -> Q:
        if self.tab == "mine":
            return Q(pk__in=self._mine)
        elif self.tab == "team":
            return self._for_me()
        elif self.tab == "free":
            return Q(assignee=None)
        else:
            return Q()

    @cached_property
    def _mine(self) -> list[int] | QuerySet[UserTask, Any]:
        """By number: the planner would rather read all open tasks in their order than join few."""
        found = _in_hands_of(self.who)
        numbers = [number for (number,) in found.values_list("pk")[: MAX_COUNT + 1]]
        return numbers if len(numbers) <= MAX_COUNT else found

    def _for_me(self) -> Q:
        """Offered to me by name, to one of my teams, or given to whom I stand in for."""
        if self.reader.person is None:
            return Q(pk=None)
        tokens = self.reader.tokens
        offered = UserTask.objects.open().filter(offered_to__overlap=tokens).values("pk")
        deputised = self.reader.deputised
        given = UserTask.objects.open().filter(assignee__in=deputised).values("pk")
        found = Q(offered_to__overlap=tokens) if not deputised else Q(pk__in=offered.union(given))
        return found & ~Q(excluded__contains=[self.who])

    def _wanted(self) -> Q:
        chosen = {
            "queue_id": self.queue,
            "kind": self.kind,
            "code": self.code,
            "alike": self.alike,
            "instance_id": self.instance,
        }
        found = Q(**{name: value for name, value in chosen.items() if value})
        found &= self._offered() & _standing(self.standing) & _of_workflow(self.workflow)
        return found & self._matches if self.text else found

    @cached_property
    def _matches(self) -> Q:
        """In the title or the reason; or the beginning of the item's reference, or its number.

        The items are asked for first: with an OR across two tables the planner reads all tasks,
        instead of using the index of each.
        """
        text = self.text
        begins = Q(reference__startswith=text) | Q(reference__startswith=text.upper())
        items = WorkItem.objects.filter(begins, queue__folder_id=self.folder)
        numbers = set(items.exclude(reference="").values_list("pk", flat=True)[:MAX_ITEMS])
        if number := whole_number(text.removeprefix("#")):
            numbers.add(number)
        found = Q(title__icontains=text) | Q(reason__icontains=text)
        return found | Q(item_id__in=numbers) if numbers else found

    def _offered(self) -> Q:
        """To me: by name, or since it was given to me."""
        if not self.whom:
            return Q()
        elif self.whom != ME:
            return Q(candidate_groups__contains=[self.whom.removeprefix(GROUP)])
        person = self.reader.person
        name = person.username if person else ""
        return Q(assignee=self.who) | Q(candidate_users__contains=[name])


def waiting(tasks: QuerySet[UserTask]) -> QuerySet[UserTask]:
    """Keep the open tasks that somebody should look at: not put off, and not just decided.

    What was just decided is few: read once, and looked up in memory for each task.
    """
    decided = PendingDecision.objects.order_by().values("task")
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=Now())
    return tasks.filter(awake).exclude(pk__in=decided)


def _in_hands_of(user_id: int) -> QuerySet[UserTask, Any]:
    assigned = UserTask.objects.open().filter(assignee=user_id).order_by().values("pk")
    typing = UserTask.objects.open().filter(working_by=user_id, working_until__gt=Now())
    return assigned.union(typing.order_by().values("pk"))


def _of_workflow(name: str) -> Q:
    # as the index has it
    said = Exact(KeyTextTransform("workflow", "facts"), name)
    return Q(said, facts__has_key="workflow") if name else Q()


def _standing(standing: str) -> Q:
    # by the column that lists are sorted by, which has an index; the clock of a paused one stands
    if standing == "overdue":
        return Q(urgent_at__lt=Now(), stopped_at=None)
    elif standing == "at_risk":
        return Q(at_risk_at__lte=Now(), urgent_at__gte=Now(), stopped_at=None)
    else:
        return Q()


def _audience(text: str) -> str:
    return text if text == ME or text.startswith(GROUP) else ""


def _one_of(known: Any, text: str | None) -> str:
    return text if text and text in known else ""
