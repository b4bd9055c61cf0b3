"""Carrying out one event: what it means to its token, then whatever follows until all wait."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import CallWork, Graph, MultiInstance, PersonWork

from . import events
from .arriving import arrive
from .catching import catch
from .changes import Changes
from .compensating import look_at_compensation
from .conditions import look_at_conditions
from .ending import close_if_done, finish
from .errors import escalate, throw_error
from .expressions import NOTHING
from .fan_out import leave_with_results
from .faults import StepError, VariablesTooLargeError
from .gateways import join_inclusive
from .leaving import leave
from .loops import look_at_loop
from .passes import is_tolerated
from .repairing import hold_or_fail, repair
from .state import Scope, State, Token, WaitsFor
from .step import Step
from .variables import put
from .work_items import as_result, default_output
from .world import World

PLAIN_WORLD = World()


def advance(graph: Graph, state: State, event: events.Event, world: World = PLAIN_WORLD) -> Changes:
    """Return what the event changes, up to where every token waits again.

    What fails on the way becomes an incident. An event about what is no longer there changes
    nothing. Raises VariablesTooLargeError for Started and VariablesSet, nothing else.
    """
    step = Step(graph, state, world, event)
    if state.status == "running":
        _HANDLERS[type(event)](step, event)
        _settle(step)
    return step.changes()


def _settle(step: Step) -> None:
    """Move until nothing is on its way. Conditions come first, since what they interrupt must not
    go on; inclusive gateways last, since they wait for all who may still come."""
    while step.status is None:
        if look_at_conditions(step):
            continue
        if step.moves:
            arrive(step, step.moves.popleft())
        elif step.looks:
            _look(step)
        elif not (step.graph.reaches and join_inclusive(step)):
            return


def _look(step: Step) -> None:
    """Look at a scope that may be done, or a token that waits for compensation."""
    number = next(iter(step.looks))
    del step.looks[number]
    scope = step.scopes.get(number)
    if scope is not None and scope.kind == "loop":
        look_at_loop(step, scope)
    elif scope is not None:
        close_if_done(step, scope)
    else:
        token = step.tokens.get(number)
        if token is not None and token.waits_for == "compensation":
            look_at_compensation(step, token)


# --- events


def _started(step: Step, event: events.Started) -> None:
    if step.root() is not None:
        return
    start = event.node or _plain_start(step)
    scope = Scope(number=step.number(), node=step.graph.nodes[start].scope, kind="process")
    step.scopes.add(scope)
    node = step.graph.nodes[start]
    if node.outputs and node.event is not None:
        # they decide alone what goes up of what came with the event
        step.send(start, scope.number, local=event.variables)
    else:
        _put_asked(step, scope, event.variables)
        step.send(start, scope.number)


def _item_ended(step: Step, event: events.ItemEnded) -> None:
    token = _waiting(step, event.token, "item")
    if token is None:
        return
    if event.status == "successful":
        leave(step, token, as_result(event.output))
    elif event.status == "skipped":
        _skip(step, token)
    else:
        _fail(step, token, event.code or _CODES.get(event.status, ""), event.message)


def _passes_ended(step: Step, event: events.PassesEnded) -> None:
    token = _waiting(step, event.token, "items")
    if token is None:
        return
    loop = step.node_of(token).loop
    assert isinstance(loop, MultiInstance)
    if is_tolerated(loop, failed=event.failed, total=len(event.results)):
        leave_with_results(step, token, event.results, event.skipped)
    else:
        text = _("%(failed)s of %(total)s passes failed. %(message)s")
        told = {"failed": event.failed, "total": len(event.results), "message": event.message}
        _fail(step, token, event.code, text % told)


def _task_decided(step: Step, event: events.TaskDecided) -> None:
    """Go on with what the person filled in, and which of several decisions it was."""
    token = _waiting(step, event.token, "task")
    if token is not None:
        work = step.node_of(token).work
        has_choice = isinstance(work, PersonWork) and bool(work.decisions)
        result = {**event.values, "decision": event.decision} if has_choice else event.values
        leave(step, token, result, note=event.decision)


def _triggered(step: Step, event: events.Triggered) -> None:
    row = step.subscriptions.get(event.subscription)
    if row is None or (row.due_at is not None and row.due_at > event.at):
        return
    catch(step, row, event.variables)


def _child_ended(step: Step, event: events.ChildEnded) -> None:
    token = _waiting(step, event.token, "child")
    if token is None:
        return
    if event.status == "completed":
        node = step.node_of(token)
        takes_all = node.outputs or (isinstance(node.work, CallWork) and node.work.all_out)
        leave(step, token, event.variables if takes_all else NOTHING)
    else:
        message = event.message or _("The called workflow did not reach its end.")
        _fail(step, token, event.code or _CODES.get(event.status, ""), message)


def _child_escalated(step: Step, event: events.ChildEscalated) -> None:
    token = _waiting(step, event.token, "child")
    if token is not None:
        escalate(step, token, event.code)


def _repaired(step: Step, event: events.Repaired) -> None:
    token = _waiting(step, event.token, "incident")
    if token is not None:
        repair(step, token, event)


def _variables_set(step: Step, event: events.VariablesSet) -> None:
    scope = step.scopes.get(event.scope) if event.scope is not None else step.root()
    if scope is not None:
        _put_asked(step, scope, event.variables)


def _cancelled(step: Step, event: events.Cancelled) -> None:
    if step.root() is not None:
        finish(step, "cancelled")


_HANDLERS: Mapping[type[events.Event], Callable[[Step, Any], None]] = {
    events.Started: _started,
    events.ItemEnded: _item_ended,
    events.PassesEnded: _passes_ended,
    events.TaskDecided: _task_decided,
    events.Triggered: _triggered,
    events.ChildEnded: _child_ended,
    events.ChildEscalated: _child_escalated,
    events.Repaired: _repaired,
    events.VariablesSet: _variables_set,
    events.Cancelled: _cancelled,
}

# Codes of ends that have none of their own, so that a boundary event can name them
_CODES = {"cancelled": "cancelled", "expired": "expired"}


def _waiting(step: Step, number: int, reason: WaitsFor) -> Token | None:
    """Return the token if it still waits for that."""
    token = step.tokens.get(number)
    return token if token is not None and token.waits_for == reason else None


def _skip(step: Step, token: Token) -> None:
    try:
        result = default_output(step, token)
    except StepError as error:
        step.open_incident(token, "work", error, {"waited": "item"})
    else:
        leave(step, token, result, outcome="skipped")


def _fail(step: Step, token: Token, code: str, message: str) -> None:
    if not throw_error(step, token, code, message):
        hold_or_fail(step, token, code, message)


def _plain_start(step: Step) -> str:
    nodes = step.graph.nodes
    plain = (name for name in step.graph.starts if nodes[name].event is None)
    return next(plain, step.graph.starts[0])


def _put_asked(step: Step, scope: Scope, variables: JsonObject) -> None:
    """Set variables; tell who asked, rather than open an incident, if they are too large."""
    try:
        put(step, scope.number, variables)
    except StepError as error:
        raise VariablesTooLargeError(error.message) from None
