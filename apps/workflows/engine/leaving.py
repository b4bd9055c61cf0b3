"""Going on from an element that is done: its result, its flows, its place in history."""

from apps.lib.json import JsonObject
from apps.workflows.graph import Flow, Node

from .changes import StepOutcome
from .expressions import NOTHING, mapped_onto
from .faults import StepError
from .flows import choose
from .passes import end_pass, without_output
from .state import Token, Undoable
from .step import Step
from .variables import Place, Spot, merge


def leave(
    step: Step,
    token: Token,
    result: JsonObject = NOTHING,
    *,
    outcome: StepOutcome = "completed",
    note: str = "",
    began: JsonObject = NOTHING,
) -> None:
    """Put the result where it belongs, and send tokens along the flows.

    What fails on the way becomes an incident that keeps the result, so that a retry does not do
    the work again; `carried` are outputs that are in place since an earlier try. `began`: what an
    instance began with, so that its history has all variables from the first one on.
    """
    node = step.node_of(token)
    carried: JsonObject | None = token.facts.get("carried")
    try:
        if carried is None:
            carried = _carry_out(step, node, token, result)
        flows = _onward(step, node, token, {**result, **carried})
    except StepError as error:
        kept = {"result": result, "carried": carried, "outcome": outcome, "note": note}
        step.open_incident(token, "leave", error, kept)
    else:
        step.record(token, outcome, delta={**began, **carried}, note=note)
        _remember_undo(step, node, token)
        step.forget(token)
        step.follow(flows, token.scope)


def _carry_out(step: Step, node: Node, token: Token, result: JsonObject) -> JsonObject:
    """Return what goes up: what the outputs say if there are any, else the result.

    What the activity has as variables of its own stays here. The outputs of a loop were those of
    its passes; what a pass makes for the output collection stays with it.
    """
    is_pass = step.scopes[token.scope].kind == "loop"
    if node.outputs and (is_pass or node.loop is None):
        given = mapped_onto(step, node.outputs, token, result)
    elif token.local:
        given = {name: result[name] for name in result if name not in token.local}
    else:
        given = result
    if is_pass:
        given = without_output(node, given)
    if given:
        merge(step, token.scope, given)
    return given


def _onward(step: Step, node: Node, token: Token, seen: JsonObject) -> list[Flow]:
    if not node.outgoing and node.loop is None:
        return []
    scope = step.scopes[token.scope]
    if scope.kind == "loop":
        end_pass(step, token, scope, seen)
        return []
    # variables of the activity itself are no longer there for the conditions
    place: Place = Spot(token.scope) if token.local else token
    return choose(step, node, place)


def _remember_undo(step: Step, node: Node, token: Token) -> None:
    """Keep what the activity had, for its compensation handler; of a loop, its passes do that."""
    is_pass = step.scopes[token.scope].kind == "loop"
    if node.compensated_by and (node.loop is None or is_pass):
        step.undoables.add(
            Undoable(
                number=step.number(), scope=token.scope, node=node.id, variables=dict(token.local)
            )
        )
