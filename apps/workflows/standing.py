"""One instance in words: where it stands, what happens next, what may be done about it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.json import Json

from .graph import Graph
from .links import asked_of, tasks_of
from .models import Incident, Subscription, Token, WorkflowInstance
from .outline import name_of
from .story import NEEDS_REPAIR, status_of, took_of

Status = WorkflowInstance.Status
MAX_HISTORY = 50
MAX_INCIDENTS = 50
MAX_NAMED = 3
NEXT_EVENTS = 3

WAITS: dict[str, Any] = {
    Token.WaitsFor.ITEM: gettext_lazy("it is a bot's turn at “%(step)s”"),
    Token.WaitsFor.ITEMS: gettext_lazy("it is the bots' turn at “%(step)s”"),
    Token.WaitsFor.TASK: gettext_lazy("a person is asked at “%(step)s”"),
    Token.WaitsFor.EVENT: gettext_lazy("“%(step)s” waits for something to happen"),
    Token.WaitsFor.GATE: gettext_lazy("“%(step)s” waits for the first of several things"),
    Token.WaitsFor.JOIN: gettext_lazy("“%(step)s” waits for other branches"),
    Token.WaitsFor.CHILD: gettext_lazy("another workflow works on “%(step)s”"),
    Token.WaitsFor.INCIDENT: gettext_lazy("“%(step)s” needs repair"),
    Token.WaitsFor.COMPENSATION: gettext_lazy("steps are being undone at “%(step)s”"),
}


@dataclass(frozen=True)
class Verb:
    """Something that a person may do with an instance, and the words for it."""

    name: str
    label: Any
    key: str
    question: Any
    effect: Any
    allowed_in: frozenset[str]
    style: str = ""


VERBS = [
    Verb(
        "pause", gettext_lazy("Pause"), "h", gettext_lazy("Pause this instance?"),
        gettext_lazy(
            "Bots finish what they hold. What happens meanwhile is kept, and done when it goes on; "
            "timers stand still. Instances that it called are paused, too."
        ),
        frozenset({Status.RUNNING}),
    ),
    Verb(
        "resume", gettext_lazy("Resume"), "h", gettext_lazy("Let this instance go on?"),
        gettext_lazy("What happened meanwhile is done now, in its order."),
        frozenset({Status.PAUSED}), "btn-primary",
    ),
    Verb(
        "cancel", gettext_lazy("Cancel"), "c", gettext_lazy("Cancel this instance?"),
        gettext_lazy(
            "It ends now, with its open work, its tasks and the instances that it called. "
            "This can't be undone."
        ),
        frozenset({Status.RUNNING, Status.PAUSED}), "btn-danger",
    ),
]  # fmt: skip


def verbs_for(instance: WorkflowInstance, *, may_operate: bool) -> list[Verb]:
    return [verb for verb in VERBS if may_operate and instance.status in verb.allowed_in]


def standing_of(instance: WorkflowInstance, graph: Graph) -> dict[str, Any]:
    """Return status, sentence and facts of an instance."""
    tokens = list(Token.objects.filter(instance_id=instance.pk).order_by("number")[:200])
    asked = asked_of(instance.pk)
    return {
        "status": _shown_status(instance, tokens, asked),
        "sentence": _sentence(instance, graph, tokens, asked),
        "next": _next_events(instance, graph),
        "facts": _facts(instance),
    }


def _shown_status(
    instance: WorkflowInstance, tokens: list[Token], asked: Counter[int]
) -> str:  # fmt: skip
    if instance.status != Status.RUNNING:
        return str(instance.status)
    loudest = {"person" if asked[token.number] else status_of(token) for token in tokens}
    for status in (NEEDS_REPAIR, "person"):
        if status in loudest:
            return status
    return "running"


def _sentence(
    instance: WorkflowInstance, graph: Graph, tokens: list[Token], asked: Counter[int]
) -> str:
    match instance.status:
        case Status.COMPLETED:
            return _("It ran to its end.")
        case Status.FAILED:
            return _("It ended with an error that nothing in the diagram catches.")
        case Status.CANCELLED:
            return _("It was cancelled.")
        case Status.PAUSED:
            who = {"who": instance.paused_by or _("somebody")}
            return _("%(who)s paused it. What happens meanwhile is kept.") % who
        case _:
            return _now(graph, tokens, asked)


def _now(graph: Graph, tokens: list[Token], asked: Counter[int]) -> str:
    """Say where it is: of every token, but for those that wait for what is inside of them."""
    inner = [token for token in tokens if token.waits_for != Token.WaitsFor.SCOPE]
    said: dict[str, int] = {}
    for token in inner:
        waits_for = Token.WaitsFor.TASK if asked[token.number] else token.waits_for
        sentence = str(WAITS[waits_for]) % {"step": name_of(graph, token.node)}
        said[sentence] = said.get(sentence, 0) + 1
    parts = [
        each if n == 1 else _("%(what)s (%(n)d×)") % {"what": each, "n": n}
        for each, n in list(said.items())[:MAX_NAMED]
    ]
    more = len(said) - MAX_NAMED
    if more > 0:
        parts.append(ngettext("%(n)d more", "%(n)d more", more) % {"n": more})
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else _("It is about to go on.")


def _next_events(instance: WorkflowInstance, graph: Graph) -> list[dict[str, Any]]:
    """Return the times at which something happens by itself."""
    timers = Subscription.objects.filter(instance_id=instance.pk, due_at__isnull=False)
    return [
        {"at": timer.due_at, "what": name_of(graph, timer.node)}
        for timer in timers.order_by("due_at")[:NEXT_EVENTS]
    ]


def _facts(instance: WorkflowInstance) -> list[tuple[Any, Any]]:
    took = "" if instance.ended_at is None else took_of(instance.ended_at - instance.started_at)
    facts = [
        (_("Workflow"), f"{instance.workflow} · v{instance.version.number}"),
        (_("Business key"), instance.business_key or "–"),
        (_("Started by"), instance.started_by or "–"),
        (_("Took"), took),
    ]
    return [fact for fact in facts if fact[1]]


def incidents_of(instance: WorkflowInstance, graph: Graph) -> list[dict[str, Any]]:
    """Return what needed repair, open ones first, each with the task that repairs it."""
    incidents = list(
        Incident.objects.filter(instance_id=instance.pk).order_by("-resolved_at", "-pk")
    )[:MAX_INCIDENTS]
    incidents.sort(key=lambda each: not each.is_open)
    tasks = dict(tasks_of(instance.pk))
    return [
        {
            "incident": each,
            "step": name_of(graph, each.node),
            "task_url": _task_url(tasks.get(each.token)) if each.is_open else "",
        }
        for each in incidents
    ]


def open_tasks(instance: WorkflowInstance, graph: Graph) -> list[dict[str, str]]:
    """Return what people are asked at this instance, incidents apart, with where to answer."""
    found = tasks_of(instance.pk)
    tokens = Token.objects.filter(
        instance_id=instance.pk, number__in=[token for token, _task in found]
    ).exclude(waits_for=Token.WaitsFor.INCIDENT)
    steps = {token.number: name_of(graph, token.node) for token in tokens}
    return [
        {"step": steps[token], "url": _task_url(task)} for token, task in found if token in steps
    ]


def _task_url(task: int | None) -> str:
    return reverse("inbox:task", args=[task]) if task else ""


def history_entries(subject: tuple[str, int]) -> list[dict[str, Any]]:
    """Return what people did, newest first, as the timeline shows it."""
    entries: list[dict[str, Any]] = []
    for event in history_of(subject, limit=MAX_HISTORY).items:
        reason: Json = event.data.get("reason", "")
        entries.append(
            {"what": sentence_of(event), "at": event.occurred_at, "note": reason if reason else ""}
        )
    return entries
