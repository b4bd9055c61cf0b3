"""What follows when something that was listened for has happened."""

from dataclasses import replace

from apps.lib.json import JsonObject
from apps.workflows.graph import Node, TimerEvent

from .faults import StepError
from .leaving import leave
from .scopes import cancel_token, start_event_subprocess
from .state import Subscription
from .step import Step
from .timing import next_due
from .variables import around


def catch(step: Step, row: Subscription, variables: JsonObject) -> None:
    """Go on from where a subscription listened."""
    node = step.graph.nodes[row.node]
    if node.kind == "boundary":
        _catch_at_boundary(step, node, row, variables)
    elif node.kind == "start":
        if not node.interrupts:
            _listen_on(step, node, row)
        start_event_subprocess(step, row.scope, node, variables)
    else:
        _catch_in_flow(step, node, row, variables)


def _catch_at_boundary(step: Step, node: Node, row: Subscription, variables: JsonObject) -> None:
    assert row.token is not None
    if node.interrupts:
        cancel_token(step, step.tokens[row.token])
    else:
        _listen_on(step, node, row)
    leave(step, step.token(node.id, row.scope), variables)


def _catch_in_flow(step: Step, node: Node, row: Subscription, variables: JsonObject) -> None:
    """Go on from a catching event or receive task; behind a gateway, leave that first."""
    assert row.token is not None
    token = step.tokens[row.token]
    # heard once, also where going on from here fails and has to be repaired
    step.subscriptions.remove(row.number)
    if token.waits_for == "gate":
        step.record(token, "completed")
        step.forget(token)
        flow = next(
            name for name in step.node_of(token).outgoing
            if step.graph.flows[name].target == node.id
        )  # fmt: skip
        token = step.token(node.id, row.scope, came_by=flow)
    leave(step, token, variables)


def _listen_on(step: Step, node: Node, row: Subscription) -> None:
    """Keep listening; a timer until the next time it is due, if there is one."""
    if not isinstance(node.event, TimerEvent):
        return
    try:
        due_at, repeats = next_due(step, node.event, row, around(step, row))
    except StepError:
        # what the timer says was changed to something that is none: this was its last time
        due_at, repeats = None, 0
    if due_at is None:
        step.subscriptions.remove(row.number)
    else:
        step.subscriptions.add(replace(row, due_at=due_at, repeats=repeats))
