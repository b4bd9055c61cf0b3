"""What an instance did: each visit of an element, how long it took, and what it changed."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words
from apps.lib.json import Json, JsonObject
from apps.lib.schema import mask
from apps.queues.item_data import DataView, view_of

from .graph import Graph, PersonWork
from .links import asked_of, items_of
from .models import Scope, StepInstance, Token, WorkflowInstance
from .outline import GATEWAYS, kind_of, name_of

MAX_VISITS = 200
MAX_SCOPES = 50
MAX_VALUE = 400
MAX_CHANGES = 40
A_MOMENT = timedelta(seconds=1)
WIDTH = 100.0
NARROWEST = 0.8

NEEDS_REPAIR = "faulted"
TONES = {
    StepInstance.Outcome.COMPLETED: "done",
    StepInstance.Outcome.SKIPPED: "cancelled",
    StepInstance.Outcome.CANCELLED: "cancelled",
    StepInstance.Outcome.FAILED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit of an element; `ended_at` None: it is still there."""

    key: str
    token: int
    node: str
    name: str
    kind: str
    status: str
    word: str
    tone: str
    entered_at: datetime
    ended_at: datetime | None
    took: str
    left: float
    width: float
    by: str = ""
    note: str = ""
    item: int | None = None  # the work item of a bot's step
    changes: list[JsonObject] = field(default_factory=list)
    more_changes: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    visits: list[Visit]
    n_hidden: int  # older visits that are not shown


def story_of(instance: WorkflowInstance, graph: Graph) -> Story:
    """Return the visits, oldest first: those that are over, then where it is now."""
    over, n_hidden = _visits(instance)
    tokens = Token.objects.filter(instance_id=instance.pk).order_by("entered_at", "number")
    current = list(tokens[:MAX_VISITS])
    span = _span(instance, over, current)
    asked = asked_of(instance.pk)
    items = items_of(instance.pk, [each.token for each in over] + [t.number for t in current])
    known: JsonObject = {}
    schema = instance.version.input_schema
    visits = []
    for step in over:
        delta = mask(step.delta, schema)
        visits.append(_past(step, graph, span, changes_in(delta, known)))
        known.update(delta)
    visits += [_present(token, graph, span, asked) for token in current]
    return Story([replace(each, item=items.get(each.token)) for each in visits], n_hidden)


def _span(instance: WorkflowInstance, over: list[StepInstance], current: list[Token]) -> "Span":
    """Return the time to draw: up to the last change and a bit, so that it stands still."""
    if instance.ended_at is not None:
        return Span(instance.started_at, instance.ended_at)
    moments = [*(step.ended_at for step in over), *(token.entered_at for token in current)]
    last = max(moments, default=instance.started_at)
    return Span(instance.started_at, last + max((last - instance.started_at) / 8, A_MOMENT))


def _visits(instance: WorkflowInstance) -> tuple[list[StepInstance], int]:
    rows = StepInstance.objects.filter(
        instance_id=instance.pk, ended_at__gte=instance.started_at
    ).order_by()
    newest = list(rows.order_by("-ended_at", "-token")[:MAX_VISITS])
    hidden = rows.count() - len(newest) if len(newest) == MAX_VISITS else 0
    return sorted(newest, key=lambda step: (step.ended_at, step.token)), hidden


@dataclass(frozen=True, slots=True)
class Span:
    """The time that an instance took: where in it a visit lies, in percent."""

    start: datetime
    end: datetime

    def place(self, entered_at: datetime, ended_at: datetime | None) -> tuple[float, float]:
        whole = max((self.end - self.start).total_seconds(), 0.001)
        left = max(0.0, (entered_at - self.start).total_seconds()) / whole * WIDTH
        took = ((ended_at or self.end) - entered_at).total_seconds() / whole * WIDTH
        width = min(WIDTH, max(NARROWEST, took))
        return round(min(left, WIDTH - width), 2), round(width, 2)


def _past(step: StepInstance, graph: Graph, span: Span, changes: list[JsonObject]) -> Visit:
    left, width = span.place(step.entered_at, step.ended_at)
    return Visit(
        key=f"{step.token}",
        token=step.token,
        node=step.node,
        name=name_of(graph, step.node),
        kind=_kind(graph, step.node, step.kind),
        status=TONES.get(StepInstance.Outcome(step.outcome), "done"),
        word=str(StepInstance.Outcome(step.outcome).label),
        tone=TONES.get(StepInstance.Outcome(step.outcome), "done"),
        entered_at=step.entered_at,
        ended_at=step.ended_at,
        took=took_of(step.ended_at - step.entered_at),
        left=left,
        width=width,
        by=step.by,
        note=_note(step, graph),
        changes=changes[:MAX_CHANGES],
        more_changes=max(0, len(changes) - MAX_CHANGES),
    )


def _note(step: StepInstance, graph: Graph) -> str:
    """Return what is noted of a visit; a decision by the words of its button."""
    node = graph.nodes.get(step.node)
    if node is not None and isinstance(node.work, PersonWork):
        titles = {each.get("key"): str(each.get("title", "")) for each in node.work.decisions}
        return titles.get(step.note) or step.note
    return step.note


def _present(token: Token, graph: Graph, span: Span, asked: Counter[int]) -> Visit:
    left, width = span.place(token.entered_at, None)
    is_asked = bool(asked[token.number])
    status = "person" if is_asked else status_of(token)
    waits_for = Token.WaitsFor.TASK.label if is_asked else token.get_waits_for_display()
    return Visit(
        key=f"now-{token.number}",
        token=token.number,
        node=token.node,
        name=name_of(graph, token.node),
        kind=_kind(graph, token.node, ""),
        status=status,
        word=_("Needs repair") if status == NEEDS_REPAIR else "",
        tone="failed" if status == NEEDS_REPAIR else status,
        entered_at=token.entered_at,
        ended_at=None,
        took="",
        left=left,
        width=width,
        note=_("Waits for: %(what)s") % {"what": waits_for},
    )


def status_of(token: Token) -> str:
    """Return the word that a badge shows for where a token stands."""
    shown = {Token.WaitsFor.TASK: "person", Token.WaitsFor.INCIDENT: NEEDS_REPAIR}
    waiting = {Token.WaitsFor.EVENT, Token.WaitsFor.GATE, Token.WaitsFor.JOIN}
    waits_for = Token.WaitsFor(token.waits_for)
    return shown.get(waits_for, "waiting" if waits_for in waiting else "running")


def _kind(graph: Graph, node_id: str, fallback: str) -> str:
    node = graph.nodes.get(node_id)
    return kind_of(node) if node else fallback


def is_gateway(graph: Graph, node_id: str) -> bool:
    node = graph.nodes.get(node_id)
    return node is not None and node.kind in GATEWAYS


def took_of(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds:.1f} s" if seconds < 10 else duration_in_words(round(seconds))


# --- variables


def changes_in(delta: JsonObject, known: JsonObject) -> list[JsonObject]:
    """Return what a step made of the variables that were `known` before it."""
    found: list[JsonObject] = []
    for name, value in delta.items():
        before = known.get(name)
        if before == value and name in known:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            found += _inner_changes(name, before, value)
        else:
            found.append({"label": name, "before": say(before), "after": say(value)})
    return found


def _inner_changes(name: str, before: JsonObject, after: JsonObject) -> list[JsonObject]:
    keys: Iterable[str] = [*before, *(key for key in after if key not in before)]
    return [
        {"label": f"{name}.{key}", "before": say(before.get(key)), "after": say(after.get(key))}
        for key in keys
        if before.get(key) != after.get(key)
    ]


def say(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


@dataclass(frozen=True, slots=True)
class ScopeView:
    """The variables of one scope; `title` "" for the instance itself."""

    id: str
    title: str
    data: DataView


def variables_of(instance: WorkflowInstance, graph: Graph) -> list[ScopeView]:
    """Return the variables by scope, the instance's own first; personal values are masked."""
    schema = instance.version.input_schema
    if instance.is_over:
        return [_scope_view(0, "", instance.result or {}, schema)] if instance.result else []
    scopes = Scope.objects.filter(instance_id=instance.pk).order_by("number")[:MAX_SCOPES]
    return [
        _scope_view(scope.number, _scope_title(graph, scope), scope.variables, schema)
        for scope in scopes
        if scope.variables
    ]


def _scope_view(number: int, title: str, values: JsonObject, schema: JsonObject) -> ScopeView:
    return ScopeView(f"scope-{number}-more", title, view_of(mask(values, schema), schema))


def _scope_title(graph: Graph, scope: Scope) -> str:
    if scope.parent is None:
        return ""
    index = scope.counts.get("index") if isinstance(scope.counts, dict) else None
    name = name_of(graph, scope.node)
    return name if index is None else _("%(name)s, pass %(n)s") % {"name": name, "n": index}


def pretty(value: Json) -> str:
    if isinstance(value, dict | list):
        text = json.dumps(value, indent=2, ensure_ascii=False)
        return text if len(text) <= MAX_VALUE * 10 else f"{text[: MAX_VALUE * 10]}…"
    return say(value) or "–"
