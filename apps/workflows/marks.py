"""What happens on a diagram: for each element, how much is there now and what has passed.

Four counts an element, in this order: here now, waiting for a person, needing repair, passed.
The same counts fill the table of steps, so that the diagram never says more than the table.
"""

import hashlib
import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TypeAlias

from django.db.models import Count, Exists, OuterRef, Sum

from apps.events.fragments import Step
from apps.lib.json import JsonObject

from .links import asked_of, asked_tokens
from .models import FanOut, PassCount, StepInstance, Token, WorkflowInstance, WorkflowVersion

Counts: TypeAlias = list[int]
Marks: TypeAlias = dict[str, Counts]

RUNNING, PERSON, FAILED, DONE = range(4)
WaitsFor = Token.WaitsFor
SORTS: dict[str, int] = {WaitsFor.TASK: PERSON, WaitsFor.INCIDENT: FAILED}
PASSED = (StepInstance.Outcome.COMPLETED, StepInstance.Outcome.SKIPPED)
LIVE = (WorkflowInstance.Status.RUNNING, WorkflowInstance.Status.PAUSED)

MAX_REMEMBERED = 2_000
DIGEST_BYTES = 8


def marks_of_instance(instance: WorkflowInstance) -> Marks:
    marks: Marks = {}
    asked = asked_of(instance.pk)
    _add_tokens(marks, instance, asked)
    _add_fan_outs(marks, instance, asked)
    _add_visits(marks, instance)
    return marks


def marks_of_version(version: WorkflowVersion) -> Marks:
    """Return what is under way in all instances of a version; what has passed is not counted."""
    marks: Marks = {}
    tokens = Token.objects.filter(instance__version_id=version.pk, instance__status__in=LIVE)
    for node, waits_for, n in tokens.values_list("node", "waits_for").annotate(n=Count("number")):
        _add(marks, node, SORTS.get(waits_for, RUNNING), n)
    # only what waits for a bot can have its item wait for a person: not each token is looked up
    at_work = tokens.filter(waits_for__in=(WaitsFor.ITEM, WaitsFor.ITEMS))
    asked = at_work.filter(
        Exists(asked_tokens().filter(owner_id=OuterRef("instance_id"), token=OuterRef("number")))
    )
    for node, n in asked.values_list("node").annotate(n=Count("number")):
        _add(marks, node, RUNNING, -n)
        _add(marks, node, PERSON, n)
    return marks


def _add_tokens(marks: Marks, instance: WorkflowInstance, asked: Counter[int]) -> None:
    tokens = Token.objects.filter(instance_id=instance.pk).exclude(waits_for=WaitsFor.ITEMS)
    for number, node, waits_for in tokens.values_list("number", "node", "waits_for"):
        _add(marks, node, PERSON if asked[number] else SORTS.get(waits_for, RUNNING), 1)


def _add_fan_outs(marks: Marks, instance: WorkflowInstance, asked: Counter[int]) -> None:
    """Of a step over many items, count those that have not ended."""
    tokens = dict(
        Token.objects.filter(
            instance_id=instance.pk, waits_for=WaitsFor.ITEMS
        ).values_list("number", "node")
    )  # fmt: skip
    if not tokens:
        return
    ended = dict(
        PassCount.objects.filter(instance_id=instance.pk, token__in=list(tokens))
        .values_list("token").annotate(sum=Sum("n"))
    )  # fmt: skip
    totals = FanOut.objects.filter(instance_id=instance.pk, token__in=list(tokens))
    for token, total in totals.values_list("token", "total"):
        done = ended.get(token, 0)
        _add(marks, tokens[token], RUNNING, max(0, total - done - asked[token]))
        _add(marks, tokens[token], PERSON, asked[token])
        _add(marks, tokens[token], DONE, done)


def _add_visits(marks: Marks, instance: WorkflowInstance) -> None:
    # bounded by its start, so that older partitions are left alone
    visits = StepInstance.objects.filter(
        instance_id=instance.pk, ended_at__gte=instance.started_at
    ).order_by()
    done = visits.filter(outcome__in=PASSED)
    for node, n in done.values_list("node").annotate(n=Count("token")):
        _add(marks, node, DONE, n)
    ways = [*visits.values_list("came_by", flat=True).distinct()]
    ways += [*Token.objects.filter(instance_id=instance.pk).values_list("came_by", flat=True)]
    for flow in {way for way in ways if way}:
        _add(marks, flow, DONE, 1)


def _add(marks: Marks, element: str, sort: int, n: int) -> None:
    marks.setdefault(element, [0, 0, 0, 0])[sort] += n


# --- what changed since the last look


class _Memory:
    """What was sent lately, by its digest: so that only what changed need be sent.

    Losing it costs a larger message, nothing else.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Mapping[str, Counts]] = OrderedDict()
        self._lock = Lock()

    def keep(self, digest: str, marks: Mapping[str, Counts]) -> None:
        with self._lock:
            self._known[digest] = marks
            self._known.move_to_end(digest)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)

    def find(self, digest: str) -> Mapping[str, Counts] | None:
        with self._lock:
            return self._known.get(digest)


_memory = _Memory()


def digest_of(marks: Mapping[str, Counts]) -> str:
    text = json.dumps(marks, sort_keys=True).encode()
    digest = hashlib.blake2b(text, digest_size=DIGEST_BYTES).hexdigest()
    _memory.keep(digest, marks)
    return digest


def step_from(cursor: str, marks: Marks) -> Step:
    """Return what a page that has `cursor` must hear to show `marks`: changed elements only."""
    digest = digest_of(marks)
    if digest == cursor:
        return Step(None, cursor)
    before = _memory.find(cursor) if cursor else None
    if before is None:
        return Step({"marks": _as_json(marks.items()), "whole": True}, digest)
    return Step({"marks": _as_json(_changed(before, marks))}, digest)


def _as_json(marks: Iterable[tuple[str, Counts]]) -> JsonObject:
    return {element: [*counts] for element, counts in marks}


def _changed(before: Mapping[str, Counts], now: Marks) -> Iterable[tuple[str, Counts]]:
    for element in before.keys() | now.keys():
        counts = now.get(element, [0, 0, 0, 0])
        if before.get(element) != counts:
            yield element, counts
