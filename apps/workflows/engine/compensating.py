"""Compensation: undoing what was completed, last first, one at a time."""

from dataclasses import replace

from apps.workflows.graph import CompensateEvent, Graph

from .leaving import leave
from .state import Token, Undoable
from .step import Step


def compensate(step: Step, event: CompensateEvent, token: Token) -> None:
    """Let the token wait until all handlers that it asks for are done."""
    asked = [row.number for row in _undoables(step, token) if _is_meant(step.graph, row, event)]
    facts = {**token.facts, "left": sorted(asked)}
    step.keep(replace(token, waits_for="compensation", facts=facts))
    step.looks[token.number] = None


def look_at_compensation(step: Step, token: Token) -> None:
    """Start the next handler; without any, go on. Somebody else may have undone some already."""
    left: list[int] = token.facts["left"]
    still = [step.undoables[number] for number in left if number in step.undoables]
    if still:
        *rest, undoable = still
        facts = {**token.facts, "left": [row.number for row in rest]}
        step.keep(replace(token, facts=facts))
        step.undoables.remove(undoable.number)
        handler = step.graph.nodes[undoable.node].compensated_by
        told = {"undo_for": token.number}
        step.send(handler, token.scope, local=undoable.variables, facts=told)
    else:
        leave(step, token)


def _undoables(step: Step, token: Token) -> list[Undoable]:
    """Return what was completed in the token's scope. An event subprocess undoes, above all, what
    happened around it."""
    scope = step.scopes[token.scope]
    within = {scope.number}
    while scope.kind == "event_subprocess" and scope.parent is not None:
        scope = step.scopes[scope.parent]
        within.add(scope.number)
    return [row for row in step.undoables if row.scope in within]


def _is_meant(graph: Graph, row: Undoable, event: CompensateEvent) -> bool:
    """Tell whether this is the activity to undo, or lies within it."""
    element = row.node
    while event.activity is not None and element != event.activity:
        if element not in graph.nodes:
            return False
        element = graph.nodes[element].scope
    return True
