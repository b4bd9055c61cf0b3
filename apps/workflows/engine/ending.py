"""The end of scopes, and of the whole instance."""

from dataclasses import replace

from .leaving import leave
from .loops import hand_up_undoables
from .scopes import clear_scope, remove_scope, stop_listening
from .state import InstanceStatus, Scope
from .step import Step


def close_if_done(step: Step, scope: Scope) -> None:
    """Close a scope in which nothing is left, and go on from the token that waits for it."""
    if any(row.scope == scope.number for row in step.tokens):
        return
    if scope.parent is None or scope.token is None:
        finish(step, "completed")
        return
    stop_listening(step, scope.number)
    hand_up_undoables(step, scope)
    remove_scope(step, scope)
    # outputs, and the output of a pass, see what was the subprocess's own
    leave(step, replace(step.tokens[scope.token], local=scope.variables))


def finish(step: Step, status: InstanceStatus) -> None:
    """End the instance now, with everything in it."""
    step.moves.clear()
    root = step.root()
    assert root is not None
    clear_scope(step, root.number)
    for row in list(step.undoables):
        step.undoables.remove(row.number)
    step.result = root.variables
    step.scopes.remove(root.number)
    step.status = status
