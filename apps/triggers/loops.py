"""Triggers that would set themselves off for ever, found in what is said about them.

Only what is sure is refused: a trigger with a filter, one that asks for more than the chain brings
about, or one that starts at most once a day may stop by itself. What can't be seen here (items that
a bot adds, messages between workflows) is stopped when it happens: see lifecycle/causing.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.workflows.graph import CallWork, Constant, Given
from apps.workflows.lifecycle.definitions import graph_of
from apps.workflows.lifecycle.new_walks import latest_version

from .conditions import (
    Joined,
    Leaf,
    OfEnd,
    OfQueue,
    OfTrigger,
    parse_queue,
    parse_state,
)
from .models import Trigger

Kind = Trigger.Kind
# Of a folder so many are looked at, and so deep
MAX_TRIGGERS: Final = 2_000
MAX_CALLS: Final = 20


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a start brings about: a workflow or a run ends, items wait, a trigger starts.

    `kind`: workflow, automation, queue, trigger.
    """

    kind: str
    key: str

    def in_words(self) -> str:
        said = {
            "workflow": _("the workflow “%(key)s” ends"),
            "automation": _("a run of “%(key)s” ends"),
            "queue": _("items wait in “%(key)s”"),
            "trigger": _("the trigger “%(key)s” starts"),
        }
        return said[self.kind] % {"key": self.key}


@dataclass(frozen=True, slots=True)
class Link:
    """A trigger as the search sees it."""

    key: str
    title: str
    kind: str
    rule: JsonObject
    target: JsonObject


def loop_problems(folder: Folder, key: str, said: JsonObject) -> list[FieldProblem]:
    """Return a problem that names the way round if a trigger would set itself off for ever."""
    rule, target = said["rule"], said["target"]
    assert isinstance(rule, dict)
    assert isinstance(target, dict)
    own = Link(key, str(said["title"]), str(said["kind"]), rule, target)
    if own.kind in Trigger.TIMED:
        return []  # sets off others, and is set off by nothing but time
    way = _way_round(folder, own)
    if not way:
        return []
    words = {"way": " → ".join(way)}
    return [FieldProblem("target", _("would set itself off for ever: %(way)s") % words)]


def _way_round(folder: Folder, own: Link) -> list[str]:
    """Return how it comes back to itself, in words; [] if it does not."""
    others = [each for each in _others(folder, own.key) if each.kind not in Trigger.TIMED]
    came_by: dict[Thing, list[str]] = {thing: [] for thing in _brings_about(folder, own)}
    asleep = {each.key: each for each in others}
    while True:
        by = _set_off_by(own, came_by.keys())
        if by is not None:
            return [f"“{own.title}”", *came_by[by], by.in_words(), f"“{own.title}”"]
        woken = [(each, _set_off_by(each, came_by.keys())) for each in asleep.values()]
        new = [(each, by) for each, by in woken if by is not None]
        if not new:
            return []
        for each, by in new:
            del asleep[each.key]
            way = [*came_by[by], by.in_words(), f"“{each.title}”"]
            for thing in _brings_about(folder, each):
                came_by.setdefault(thing, way)


def _others(folder: Folder, key: str) -> Iterable[Link]:
    rows = Trigger.objects.filter(folder=folder).exclude(key=key)
    alive = rows.exclude(status=Trigger.Status.ENDED).order_by("pk")[:MAX_TRIGGERS]
    names = ("key", "title", "kind", "rule", "target")
    return [Link(*row) for row in alive.values_list(*names)]


# --- what sets a trigger off


def _set_off_by(link: Link, things: Iterable[Thing]) -> Thing | None:
    """Return one of these things that surely sets it off, each time it happens."""
    known = set(things)
    try:
        if link.kind == Kind.QUEUE:
            queue = Thing("queue", parse_queue(link.rule).queue)
            return queue if queue in known else None
        if link.kind == Kind.STATE:
            return _sets_state_off(link.rule, known)
    except InvalidError:
        return None
    return _event_among(link.rule, known)


def _sets_state_off(rule: JsonObject, known: set[Thing]) -> Thing | None:
    state = parse_state(rule)
    if state.once_per:
        return None
    return _holds_by(state.when, known, is_level=state.mode == "level")


def _holds_by(joined: Joined, known: set[Thing], *, is_level: bool) -> Thing | None:
    """All: each of them must come about; any: one is enough."""
    found = [
        _holds_by(each, known, is_level=is_level)
        if isinstance(each, Joined)
        else _leaf_by(each, known, is_level=is_level)
        for each in joined.members
    ]
    if joined.join == "all" and None in found:
        return None
    return next((each for each in found if each is not None), None)


def _leaf_by(leaf: Leaf, known: set[Thing], *, is_level: bool) -> Thing | None:
    match leaf:
        case OfEnd(ended="any") | OfEnd(ended="successful"):
            thing = Thing(leaf.kind, leaf.key)
        case OfTrigger():
            thing = Thing("trigger", leaf.trigger)
        # what is drained meanwhile begins anew; only a level goes on while items wait
        case OfQueue(metric="queue.ready") if is_level and leaf.op in (">", ">="):
            thing = Thing("queue", leaf.queue)
        case _:
            return None
    # “today” goes on holding: an edge begins once
    is_lasting = isinstance(leaf, OfTrigger) or (isinstance(leaf, OfEnd) and leaf.within == "today")
    if is_lasting and not is_level:
        return None
    return thing if thing in known else None


def _event_among(rule: JsonObject, known: set[Thing]) -> Thing | None:
    if rule.get("source") != "internal" or rule.get("filter"):
        return None
    heard = rule.get("events")
    of = str(rule.get("of") or "")
    for event in heard if isinstance(heard, list) else []:
        kind = ENDS.get(str(event))
        for thing in known:
            if thing.kind == kind and of in ("", thing.key):
                return thing
    return None


ENDS: Final = {
    "instance.ended": "workflow",
    "instance.completed": "workflow",
    "run.ended": "automation",
}


# --- what a trigger brings about


def _brings_about(folder: Folder, link: Link) -> Iterator[Thing]:
    yield Thing("trigger", link.key)
    kind = link.target.get("type")
    if kind == "items":
        yield Thing("queue", str(link.target.get("queue")))
    elif kind == "run":
        yield Thing("automation", str(link.target.get("automation")))
    elif kind == "workflow":
        number = link.target.get("version")
        key = str(link.target.get("key"))
        yield from _of_workflow(folder, key, number if isinstance(number, int) else None, set())


def _of_workflow(folder: Folder, key: str, number: int | None, seen: set[str]) -> Iterator[Thing]:
    """What a workflow brings about, and those that it calls."""
    if key in seen or len(seen) > MAX_CALLS:
        return
    seen.add(key)
    yield Thing("workflow", key)
    try:
        graph = graph_of(latest_version(folder.pk, key, number).pk)
    except (DomainError, LookupError):
        return
    for node in graph.nodes.values():
        match node.work:
            case CallWork():
                called = _constant(node.work.workflow)
                yield from _of_workflow(folder, called, node.work.version, seen)
    for queue in graph.queues:
        yield Thing("queue", queue)


def _constant(given: Given) -> str:
    return str(given.value) if isinstance(given, Constant) else ""
