"""What a token does when it comes to an element."""

from collections.abc import Callable, Mapping

from apps.lib.texts import gettext as _
from apps.workflows.graph import Kind, MultiInstance, Node

from .activities import enter
from .expressions import NOTHING, mapped
from .faults import StepError
from .gateways import await_first, pass_gateway
from .leaving import leave
from .listening import listen, listen_for_event_subprocesses, subscriptions_for
from .state import Token
from .step import Step
from .throwing import throw
from .variables import Spot, put

# Moves of one step, as a multiple of how often it may enter one element
MOVES_IN_ALL = 100


def arrive(step: Step, token: Token) -> None:
    """Let a token come to its element: it passes, waits, or becomes an incident."""
    node = step.node_of(token)
    try:
        _guard(step, node, token)
        _ARRIVALS[node.kind](step, token)
    except StepError as error:
        step.open_incident(token, "enter", error, {})


def _guard(step: Step, node: Node, token: Token) -> None:
    """Raise StepError "loop" if the step has entered the element, or all elements, too often.

    Passes over a list are as many as it is long: only the sum of all moves limits them.
    """
    place = (token.scope, token.node)
    visits = step.visits[place] = step.visits.get(place, 0) + 1
    step.moves_made += 1
    is_pass = "index" in token.facts and isinstance(node.loop, MultiInstance)
    limit = step.world.max_moves
    if (visits > limit and not is_pass) or step.moves_made > limit * MOVES_IN_ALL:
        text = _(
            "“%(name)s” was entered %(count)s times in a row without waiting for anything. "
            "Correct what should end the cycle, then retry."
        )
        raise StepError("loop", text % {"name": node.name or node.id, "count": f"{visits:,}"})


def _start(step: Step, token: Token) -> None:
    """Begin a scope: take what came with the event, and listen for its event subprocesses."""
    node = step.node_of(token)
    given = mapped(step, node.outputs, token) if node.outputs else token.local
    put(step, token.scope, given)
    listen_for_event_subprocesses(step, token.scope, Spot(token.scope))
    scope = step.scopes[token.scope]
    leave(step, token, began=scope.variables if scope.kind == "process" else NOTHING)


def _await_event(step: Step, token: Token) -> None:
    listeners = subscriptions_for(step, (token.node,), token, owner=token.number)
    if listeners:
        step.keep(token)
        listen(step, listeners)
    else:
        leave(step, token)


_ARRIVALS: Mapping[Kind, Callable[[Step, Token], None]] = {
    "start": _start,
    "end": throw,
    "throw": throw,
    "catch": _await_event,
    "exclusive": pass_gateway,
    "parallel": pass_gateway,
    "inclusive": pass_gateway,
    "event_based": await_first,
    **dict.fromkeys(
        ("service", "send", "receive", "user", "manual", "script", "rule", "subprocess", "call"),
        enter,
    ),
}
