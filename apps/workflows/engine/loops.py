"""Loops around an activity: over a list, a number of times, or while a condition holds.

Passes are tokens in a scope of their own, the loop's body. Bots' work on a list is handed out in
one go instead, as items without tokens (see fan_out).
"""

from dataclasses import replace

from apps.lib.json import Json, JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import MultiInstance, Node, StandardLoop

from . import expressions
from .changes import CancelScope
from .expressions import value
from .fan_out import fan_out, fans_out
from .faults import StepError
from .leaving import leave
from .passes import count, ended, goes_again
from .scopes import clear_scope, open_scope, remove_scope
from .state import Facts, Scope, Token
from .step import Step
from .variables import insist_on_room
from .weighing import weight

FAN_OUT_FACTOR = 10  # items without tokens are so much cheaper than passes with them


def open_loop(step: Step, node: Node, token: Token) -> bool:
    """Begin the loop around an activity; False: there was nothing to do, and the token went on.

    Raises StepError, having done nothing.
    """
    loop = node.loop
    if isinstance(loop, StandardLoop):
        return _open_standard(step, loop, token)
    assert isinstance(loop, MultiInstance)
    elements = elements_of(step, loop, token)
    if not elements:
        leave(step, token, {loop.output_collection: []} if loop.output_collection else {})
        return False
    if fans_out(step.graph, node, loop):
        _require_few(step, len(elements), step.world.max_passes * FAN_OUT_FACTOR)
        fan_out(step, node, loop, token, elements)
        return True
    _require_few(step, len(elements), step.world.max_passes)
    started = elements[:1] if loop.is_sequential else elements
    insist_on_room(step, weight({"": elements}) if loop.element else 0)
    counts: Facts = {"total": len(elements), "started": len(started)}
    if loop.is_sequential:
        counts["elements"] = elements
    body = open_scope(step, token, "loop", variables=token.local, counts=counts)
    for index, element in enumerate(started):
        _start_pass(step, body, index, element)
    return True


def look_at_loop(step: Step, body: Scope) -> None:
    """Close a loop that is over; of one that goes pass by pass, start the next."""
    done = ended(body)
    if body.counts.get("is_over") or done == count(body, "total") > 0:
        _close(step, body)
    elif done == count(body, "started"):
        elements = body.counts.get("elements")
        element = elements[done] if elements is not None else None
        step.scopes.add(replace(body, counts={**body.counts, "started": done + 1}))
        _start_pass(step, body, done, element)


def _require_few(step: Step, passes: int, limit: int) -> None:
    if passes > limit:
        text = _("%(count)s passes are too many; at most %(limit)s are possible. Split the list.")
        raise StepError("too_many", text % {"count": f"{passes:,}", "limit": f"{limit:,}"})


def elements_of(step: Step, loop: MultiInstance, token: Token) -> list[Json]:
    """Return the list to loop over; of a count, its numbers. Raises StepError."""
    if loop.collection is not None:
        found = value(step, loop.collection, token)
        if isinstance(found, list):
            return found
        raise StepError("expression", _("What the step is to be done for is not a list."))
    times = expressions.whole(step, loop.cardinality, token, _("The number of passes"))
    if times is None or not 0 <= times <= step.world.limits.size:
        raise StepError("expression", _("The number of passes is not a number from 0 on."))
    return list(range(1, times + 1))


def _open_standard(step: Step, loop: StandardLoop, token: Token) -> bool:
    if loop.tests_before and not goes_again(step, loop, token, done=0):
        leave(step, token)
        return False
    counts: Facts = {"total": 0, "started": 1}
    body = open_scope(step, token, "loop", variables=token.local, counts=counts)
    _start_pass(step, body, 0, None)
    return True


def _start_pass(step: Step, body: Scope, index: int, element: Json) -> None:
    node = step.graph.nodes[body.node]
    local: JsonObject = {"loopCounter": index + 1}
    if isinstance(node.loop, MultiInstance):
        if node.loop.element:
            local[node.loop.element] = element
        if node.kind == "subprocess":
            local = {**_own_results(node.loop), **local}
    step.send(node.id, body.number, local=local, facts={"index": index})


def _own_results(loop: MultiInstance) -> JsonObject:
    """Return what a pass makes for the loop's output, as variables of its own, still null.

    Otherwise they would go up to the instance, and those of the passes would mix.
    """
    read = loop.output_element.reads if loop.output_element else frozenset()
    text = loop.output_element.text if loop.output_element else ""
    return {name: None for name in read if text.partition(".")[0].strip() == name}


def _close(step: Step, body: Scope) -> None:
    """Cancel the passes that are still under way, and go on from the loop."""
    assert body.token is not None
    loop = step.graph.nodes[body.node].loop
    if ended(body) < count(body, "started"):
        step.tell(CancelScope(scope=body.number))
    clear_scope(step, body.number)
    hand_up_undoables(step, body)
    remove_scope(step, body)
    result: JsonObject = {}
    if isinstance(loop, MultiInstance) and loop.output_collection:
        result = {loop.output_collection: _results(body)}
    leave(step, step.tokens[body.token], result)


def hand_up_undoables(step: Step, scope: Scope) -> None:
    """Let the scope around undo what was completed here, with the variables it was done with."""
    assert scope.parent is not None
    for row in [row for row in step.undoables if row.scope == scope.number]:
        seen = {**scope.variables, **row.variables}
        step.undoables.add(replace(row, scope=scope.parent, variables=seen))


def _results(body: Scope) -> list[Json]:
    """Return one result for each pass; None for those that failed or were cancelled."""
    made = list(body.counts.get("results", ()))
    return made + [None] * (count(body, "total") - len(made))
