"""Why an instance does not go on: what each place where it stands waits for."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.events.why import scheduler_away
from apps.inbox.models import UserTask
from apps.lib.clock import database_now
from apps.lib.why import DECIDE, NOT_WAITING, OPERATE, Act, Blocker, Link, Why, about, because
from apps.queues.models import Ended, Owned, WorkItem
from apps.queues.why import why_item

from .graph import Graph
from .models import Incident, Subscription, Token, WorkflowInstance
from .outline import graph_of, name_of

WaitsFor, Kind = Token.WaitsFor, Subscription.Kind
MAX_TOKENS = 200
MAX_NAMED = 5
NOT_BY_ITSELF = (WaitsFor.SCOPE, WaitsFor.JOIN)


def why_instance(instance: WorkflowInstance) -> Why:
    """Return what the instance waits for; of what bots do, why they don't, where they don't."""
    if instance.is_over:
        return NOT_WAITING
    if instance.status == WorkflowInstance.Status.PAUSED:
        return because(_paused(instance))
    return _Waits(instance, graph_of(instance.version_id)).why()


class _Waits:
    """What the tokens of an instance wait for; each kind of it is read once, when it is there."""

    def __init__(self, instance: WorkflowInstance, graph: Graph) -> None:
        self.instance, self.graph = instance, graph
        rows = Token.objects.filter(instance_id=instance.pk).order_by("entered_at", "number")
        self.tokens = list(rows[:MAX_TOKENS])

    def why(self) -> Why:
        found = [*self._incidents(), *self._tasks(), *self._events(), *self._work()]
        found += [*self._children(), *self._undoing()]
        if not found:
            return because(self._joins() or _about_to_go_on())
        return because(found[:MAX_NAMED], eta=_earliest(found))

    def _of(self, *kinds: Token.WaitsFor) -> dict[int, Token]:
        return {token.number: token for token in self.tokens if token.waits_for in kinds}

    def _step(self, token: Token) -> str:
        return name_of(self.graph, token.node)

    def _incidents(self) -> list[Blocker]:
        tokens = self._of(WaitsFor.INCIDENT)
        if not tokens:
            return []
        tasks = self._open_tasks(tokens)
        rows = Incident.objects.filter(instance_id=self.instance.pk, resolved_at=None)
        incidents = {each.token: each for each in rows.filter(token__in=[*tokens][:MAX_NAMED])}
        return [
            _incident(self.instance, self._step(tokens[number]), each, tasks.get(number))
            for number, each in incidents.items()
        ]

    def _tasks(self) -> list[Blocker]:
        tokens = self._of(WaitsFor.TASK)
        if not tokens:
            return []
        tasks = self._open_tasks(tokens)
        return [
            _user_task(self.instance, self._step(token), tasks.get(number))
            for number, token in islice(tokens.items(), MAX_NAMED)
        ]

    def _open_tasks(self, tokens: Iterable[int]) -> dict[int, UserTask]:
        rows = UserTask.objects.open().filter(
            instance_id=self.instance.pk, token__in=[*tokens][:MAX_NAMED]
        )
        found = rows.exclude(kind__in=UserTask.BESIDE_THE_WORK)
        return {task.token: task for task in found if task.token is not None}

    def _events(self) -> list[Blocker]:
        tokens = self._of(WaitsFor.EVENT, WaitsFor.GATE)
        if not tokens:
            return []
        rows = Subscription.objects.filter(instance_id=self.instance.pk, token__in=list(tokens))
        found = list(rows.order_by("due_at", "number")[:MAX_NAMED])
        now = database_now()
        is_late = any(each.due_at is not None and each.due_at <= now for each in found)
        away = scheduler_away() if is_late else None
        blockers = [_event(each, name_of(self.graph, each.node), away) for each in found]
        return [away, *blockers] if away else blockers

    def _work(self) -> Iterator[Blocker]:
        tokens = self._of(WaitsFor.ITEM, WaitsFor.ITEMS)
        if not tokens:
            return
        token = next(iter(tokens.values()))
        item, n_open = self._first_item(token)
        step = self._step(token)
        if item is None:
            yield _news_on_its_way(step)
            return
        link = Link(f"{step} · {item}", reverse("items:item_detail", args=[item.pk]))
        of_item = about(why_item(item), link)
        yield from of_item or [_at_work(step, link)]
        others = n_open - 1 + len(tokens) - 1
        if others > 0:
            yield _more_work(others)

    def _first_item(self, token: Token) -> tuple[WorkItem | None, int]:
        """Return the oldest item of the token that is not over, and how many there are."""
        owned = Owned.objects.filter(owner_id=self.instance.pk, token=token.number)
        ended = Ended.objects.filter(item_id__in=owned.values("item_id"))
        left = owned.exclude(item_id__in=ended.values("item_id")).order_by("item_id")
        ids = list(left.values_list("item_id", flat=True)[:MAX_TOKENS])
        if not ids:
            return None, 0
        return WorkItem.objects.select_related("queue").filter(pk=ids[0]).first(), len(ids)

    def _children(self) -> list[Blocker]:
        tokens = self._of(WaitsFor.CHILD)
        if not tokens:
            return []
        rows = WorkflowInstance.objects.filter(parent=self.instance, ended_at=None)
        children = rows.filter(parent_token__in=list(tokens)).select_related("workflow")
        return [
            _child(self._step(tokens[child.parent_token or 0]), child)
            for child in children.order_by("pk")[:MAX_NAMED]
        ]

    def _undoing(self) -> list[Blocker]:
        return [
            _usual("dependency", _("Steps are being undone at “%(step)s”."), step=self._step(token))
            for token in self._of(WaitsFor.COMPENSATION).values()
        ]

    def _joins(self) -> list[Blocker]:
        return [
            _usual("dependency", _("“%(step)s” waits for other branches."), step=self._step(token))
            for token in self._of(WaitsFor.JOIN).values()
        ]


def _paused(instance: WorkflowInstance) -> Blocker:
    words = {"name": instance.paused_by or _("somebody"), "reason": instance.reason}
    sentence = _("%(name)s paused it: %(reason)s") if instance.reason else _("%(name)s paused it.")
    return Blocker(
        code="instance_paused",
        sentence=sentence % words,
        next=_("It goes on when somebody resumes it; what happens meanwhile is kept."),
        act=Act(
            label=_("Resume it"),
            url=reverse("instances:instance_detail", args=[instance.pk]),
            right=OPERATE,
            folder_id=instance.folder_id,
            dialog="#verb-resume",
        ),
    )


def _incident(
    instance: WorkflowInstance, step: str, incident: Incident, task: UserTask | None
) -> Blocker:
    return Blocker(
        code="incident",
        sentence=_("“%(step)s” needs repair: %(message)s")
        % {"step": step, "message": incident.message},
        next=_("It goes on when somebody has said how."),
        act=_to_task(instance, task, _("Repair it in the inbox")),
    )


def _user_task(instance: WorkflowInstance, step: str, task: UserTask | None) -> Blocker:
    due_at = task.due_at if task else None
    return Blocker(
        code="user_task",
        sentence=_("A person is asked at “%(step)s”.") % {"step": step},
        next=_("It goes on when that is decided; due:")
        if due_at
        else _("It goes on when that is decided."),
        at=due_at,
        act=_to_task(instance, task, _("Decide in the inbox")),
    )


def _to_task(instance: WorkflowInstance, task: UserTask | None, label: str) -> Act:
    url = reverse("inbox:task", args=[task.pk]) if task else reverse("inbox:inbox")
    return Act(label=label, url=url, right=DECIDE, folder_id=instance.folder_id)


def _event(subscription: Subscription, step: str, away: Blocker | None) -> Blocker:
    words = {"step": step, "name": subscription.name, "key": subscription.key}
    if subscription.kind == Kind.TIMER:
        return Blocker(
            code="timer",
            sentence=_("“%(step)s” waits for its time.") % words,
            next=_("It happens by itself"),
            at=subscription.due_at,
            is_usual=True,
        )
    sentence, following = _EVENTS[Kind(subscription.kind)]()
    return Blocker(code=str(subscription.kind), sentence=sentence % words, next=following % words)


def _message() -> tuple[str, str]:
    return (
        _("“%(step)s” waits for the message “%(name)s” with the key “%(key)s”."),
        _("It goes on when a program sends it: POST /api/v1/messages."),
    )


def _signal() -> tuple[str, str]:
    return (
        _("“%(step)s” waits for the signal “%(name)s”."),
        _("It goes on when a program or a workflow sends it: POST /api/v1/signals."),
    )


def _condition() -> tuple[str, str]:
    return (
        _("“%(step)s” waits until its condition holds."),
        _("It goes on when a variable changes so that it does."),
    )


_EVENTS = {Kind.MESSAGE: _message, Kind.SIGNAL: _signal, Kind.CONDITION: _condition}


def _at_work(step: str, link: Link) -> Blocker:
    return Blocker(
        code="dependency",
        sentence=_("A bot works on “%(step)s” now.") % {"step": step},
        next=_("It goes on when the bot is done."),
        about=(link,),
        is_usual=True,
    )


def _news_on_its_way(step: str) -> Blocker:
    return _usual(
        "nothing", _("The bots are done with “%(step)s”; it is about to go on."), step=step
    )


def _more_work(n: int) -> Blocker:
    text = ngettext(
        "%(n)d more piece of bots' work is not done.",
        "%(n)d more pieces of bots' work are not done.",
        n,
    )
    return _usual("dependency", text, n=n)


def _child(step: str, child: WorkflowInstance) -> Blocker:
    link = Link(
        f"{child.workflow.title} {child}", reverse("instances:instance_detail", args=[child.pk])
    )
    return Blocker(
        code="dependency",
        sentence=_("Another workflow works on “%(step)s”.") % {"step": step},
        next=_("It goes on when that is over; its page says what it waits for."),
        act=Act(label=_("See what it waits for"), url=link.url),
        about=(link,),
        is_usual=True,
    )


def _about_to_go_on() -> Blocker:
    return _usual("nothing", _("Nothing is in its way: it is about to go on."))


def _usual(code: str, sentence: str, **words: object) -> Blocker:
    return Blocker(code=code, sentence=sentence % words, is_usual=True)


def _earliest(blockers: list[Blocker]) -> datetime | None:
    return min((each.at for each in blockers if each.at is not None), default=None)
