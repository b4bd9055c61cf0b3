"""Bots' work on each element of a list, handed out in one statement: items instead of tokens.

Ten thousand passes cost the instance one token. That needs passes which do nothing but work: their
queue is the same for all, nothing decides in between, and each gives at most its result.
"""

from dataclasses import replace

from apps.lib.feel import Expression
from apps.lib.json import Json, JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import Constant, Graph, MultiInstance, Node, Work

from .changes import AddItems
from .expressions import NOTHING, mapped, value
from .faults import StepError
from .leaving import leave
from .state import Token
from .step import Step
from .variables import Spot, visible
from .weighing import weight
from .work_items import (
    as_result,
    attempts_of,
    default_output,
    queue_of,
    rules_for,
    with_headers,
)

SIZES = 50  # what the items of a fan-out carry at most, as a multiple of an instance's variables


def fans_out(graph: Graph, node: Node, loop: MultiInstance) -> bool:
    """Tell whether the passes of this activity can be items of one queue, without tokens."""
    work = node.work
    return (
        isinstance(work, Work)
        and isinstance(work.queue, Constant)
        and not any((loop.is_sequential, loop.completion, node.outputs, node.compensated_by))
        and work.reference is None
        and work.priority is None
        and not _reads_pass(graph, work, loop)
    )


def fan_out(
    step: Step, node: Node, loop: MultiInstance, token: Token, elements: list[Json]
) -> None:
    """Hand out one item for each element. Raises StepError, having done nothing."""
    work = node.work
    assert isinstance(work, Work)
    items = AddItems(
        token=token.number,
        queue=queue_of(step, work, token),
        payloads=_payloads(step, node, loop, token, elements),
        max_attempts=attempts_of(step, work, token),
        rules=rules_for(step, work, token),
        backoff=work.backoff,
        delay_seconds=work.delay_seconds,
        sla_seconds=work.sla_seconds,
        gate=work.gate,
    )
    facts = {**token.facts, "total": len(elements)}
    step.keep(replace(token, waits_for="items", facts=facts))
    step.tell(items)


def leave_with_results(step: Step, token: Token, results: list[Json], skipped: list[int]) -> None:
    """Go on with what all passes gave; those that were skipped gave the default output."""
    loop = step.node_of(token).loop
    assert isinstance(loop, MultiInstance)
    try:
        given: Json = default_output(step, token) if skipped else None
        made = [given if index in skipped else result for index, result in enumerate(results)]
        result = _collected(step, loop, token, made)
    except StepError as error:
        step.open_incident(token, "leave", error, {"results": results, "skipped": skipped})
    else:
        leave(step, token, result)


def _collected(step: Step, loop: MultiInstance, token: Token, results: list[Json]) -> JsonObject:
    if not loop.output_collection:
        return {}
    element = loop.output_element
    if element is None:
        return {loop.output_collection: results}
    made = [
        None if result is None else value(step, element, token, as_result(result))
        for result in results
    ]
    return {loop.output_collection: made}


def _reads_pass(graph: Graph, work: Work, loop: MultiInstance) -> bool:
    """Tell whether something besides the inputs differs from pass to pass."""
    rules = (*work.policy.rules, *graph.policy.rules)
    defaults = [policy.default_output for policy in (work.policy, graph.policy)]
    asked = [loop.output_element, work.retries, *defaults, *(rule.when for rule in rules)]
    own = {"loopCounter", loop.element}
    return any(isinstance(each, Expression) and not own.isdisjoint(each.reads) for each in asked)


def _payloads(
    step: Step, node: Node, loop: MultiInstance, token: Token, elements: list[Json]
) -> list[JsonObject]:
    work = node.work
    assert isinstance(work, Work)
    shared = NOTHING if node.inputs else _shared(step, loop, token)
    handed_out = weight(shared) * len(elements)
    made = []
    for index, element in enumerate(elements):
        local: JsonObject = {"loopCounter": index + 1}
        if loop.element:
            local[loop.element] = element
        if node.inputs:
            seen = {**token.local, **local}
            given = mapped(step, node.inputs, Spot(token.scope, seen))
            handed_out += weight(given)
            local = {**local, **given}
        _require_little(handed_out, step.world.max_size * SIZES)
        made.append(with_headers({**shared, **local}, work.headers))
    return made


def _require_little(size: int, limit: int) -> None:
    if size > limit:
        text = _(
            "The items would carry more than %(limit)s bytes. Give the step inputs, with no more "
            "than each item needs."
        )
        raise StepError("too_many", text % {"limit": f"{limit:,}"})


def _shared(step: Step, loop: MultiInstance, token: Token) -> JsonObject:
    """Return what every item carries; the list itself does not go with each of its elements."""
    lists = loop.collection.reads if isinstance(loop.collection, Expression) else frozenset()
    seen = visible(step, token)
    return {name: found for name, found in seen.items() if name not in lists}
