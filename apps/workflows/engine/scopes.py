"""Opening and cancelling scopes, and cancelling tokens with all that hangs on them."""

from collections import deque
from dataclasses import replace
from typing import Literal

from apps.lib.json import JsonObject
from apps.workflows.graph import Node

from .changes import CancelScope, ReleaseToken, StepOutcome
from .state import Facts, Scope, Token
from .step import Step
from .variables import grow
from .weighing import weight

HANGS_OUTSIDE = frozenset({"item", "items", "task", "child", "incident"})


def open_scope(
    step: Step,
    token: Token,
    kind: Literal["subprocess", "event_subprocess", "loop"],
    *,
    variables: JsonObject,
    counts: Facts | None = None,
) -> Scope:
    """Open the scope that `token` waits for from now on. Raises StepError if it is too large."""
    grow(step, weight(variables))
    scope = Scope(
        number=step.number(),
        node=token.node,
        kind=kind,
        parent=token.scope,
        token=token.number,
        variables=variables,
        counts=counts or {},
    )
    step.scopes.add(scope)
    facts = {**token.facts, "scope": scope.number}
    step.keep(replace(token, waits_for="scope", local={}, facts=facts))
    return scope


def start_event_subprocess(step: Step, scope: int, start: Node, variables: JsonObject) -> None:
    """Start an event subprocess of `scope`; an interrupting one takes the place of all in it."""
    if start.interrupts:
        clear_scope(step, scope)
    token = step.token(start.scope, scope)
    opened = open_scope(step, token, "event_subprocess", variables={})
    step.send(start.id, opened.number, local=variables)


def cancel_token(step: Step, token: Token, outcome: StepOutcome = "cancelled") -> None:
    """End a token's visit, with all that hangs on it; no flow is taken."""
    step.record(token, outcome)
    step.forget(token)
    if token.waits_for == "scope":
        cancel_scope(step, scope_of(token))
    elif token.waits_for == "compensation":
        _cancel_handlers(step, token)
    elif token.waits_for in HANGS_OUTSIDE:
        step.tell(ReleaseToken(token=token.number))


def cancel_scope(step: Step, number: int) -> None:
    """Cancel a scope with everything in it, also what the state does not hold."""
    step.tell(CancelScope(scope=number))
    scope = step.scopes.get(number)
    if scope is not None:
        clear_scope(step, number)
        for row in [row for row in step.undoables if row.scope == number]:
            step.undoables.remove(row.number)
        remove_scope(step, scope)


def clear_scope(step: Step, number: int) -> None:
    """Cancel all tokens of a scope, and stop listening; what was completed can still be undone."""
    step.moves = deque(token for token in step.moves if token.scope != number)
    for token in step.tokens_in(number):
        if token.number in step.tokens:
            cancel_token(step, token)
    stop_listening(step, number)
    step.looks[number] = None


def stop_listening(step: Step, scope: int) -> None:
    for row in [row for row in step.subscriptions if row.scope == scope and row.token is None]:
        step.subscriptions.remove(row.number)


def remove_scope(step: Step, scope: Scope) -> None:
    step.size -= weight(scope.variables)
    step.scopes.remove(scope.number)


def scope_of(token: Token) -> int:
    """Return the number of the scope that the token waits for."""
    number: int = token.facts["scope"]
    return number


def _cancel_handlers(step: Step, token: Token) -> None:
    handlers = [row for row in step.tokens_in(token.scope) if _undoes_for(row, token)]
    for row in handlers:
        cancel_token(step, row)
    step.moves = deque(row for row in step.moves if not _undoes_for(row, token))


def _undoes_for(row: Token, token: Token) -> bool:
    return row.facts.get("undo_for") == token.number
