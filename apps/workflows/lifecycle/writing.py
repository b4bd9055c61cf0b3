"""Writes what a step changed: one statement for all its instances."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from apps.workflows.engine.changes import StepRecord
from apps.workflows.engine.state import Scope, Subscription, Token, Undoable
from apps.workflows.statements import INSERT_INSTANCES, WRITES

from .loading import InstanceFacts
from .running import dumped, run
from .saying import say_ended
from .walks import TABLES, Walk

Rows = list[dict[str, Any]]
# Parameters that are arrays, not JSON
ARRAYS = ("gone_", "left_", "moved", "over_ids")
MAX_CODE, MAX_MESSAGE, MAX_NAME = 200, 8_000, 300


def write(walks: Sequence[Walk], fan_outs: Rows) -> None:
    """Write the new instances, then all that changed in them and in the others."""
    new = [walk for walk in walks if walk.is_new]
    if new:
        run(INSERT_INSTANCES, {"instances": dumped([_instance_row(walk) for walk in new])})
    values: dict[str, Any] = {"fan_outs": fan_outs} if fan_outs else {}
    values |= _gone(walk for walk in walks if not walk.is_over)
    values |= _put(walk for walk in walks if not walk.is_over)
    values |= _instances(walk for walk in walks if walk.is_touched and not walk.is_new)
    values["steps"] = [_step_row(walk.id, step) for walk in walks for step in walk.steps]
    over = [walk.id for walk in walks if walk.is_over and not walk.is_new]
    values |= {f"left_{table}": over for table in (*TABLES, "pending")} | {"over_ids": over}
    _run_parts({name: value for name, value in values.items() if value})
    say_ended(walks)


def _run_parts(values: dict[str, Any]) -> None:
    """Put together the parts that have something to do."""
    parts = [(name, WRITES[name]) for name in WRITES if name in values]
    if not parts:
        return
    texts = {
        name: value if name.startswith(ARRAYS) else dumped(value) for name, value in values.items()
    }
    *firsts, (_last, statement) = parts
    if firsts:
        ahead = ", ".join(f"{name}_done as ({text})" for name, text in firsts)
        statement = f"with {ahead} {statement}"
    run(statement, texts)


def _gone(walks: Iterable[Walk]) -> dict[str, list[int]]:
    """Return the numbers that are no more, as pairs of arrays."""
    pairs: dict[str, list[int]] = defaultdict(list)
    for walk in walks:
        if walk.is_new:
            continue
        for table, numbers in walk.gone.items():
            pairs[f"gone_{table}"] += [walk.id] * len(numbers)
            pairs[f"gone_{table}_n"] += sorted(numbers)
    return pairs


def _put(walks: Iterable[Walk]) -> dict[str, Rows]:
    rows: dict[str, Rows] = defaultdict(list)
    for walk in walks:
        for table, put in walk.put.items():
            row_of = _ROWS[table]
            rows[table] += [row_of(walk.facts, row) for row in put.values()]
    return rows


def _instances(walks: Iterable[Walk]) -> dict[str, Any]:
    found = list(walks)
    moved = [walk for walk in found if not walk.is_over]
    return {
        "moved": [walk.id for walk in moved],
        "moved_next": [walk.facts.next_number for walk in moved],
        "moved_size": [walk.facts.size for walk in moved],
        "moved_wide": [walk.is_wide for walk in moved],
        "over": [_over_row(walk) for walk in found if walk.is_over],
    }


def _over_row(walk: Walk) -> dict[str, Any]:
    facts = walk.facts
    row = {"id": facts.id, "next_number": facts.next_number, "size": facts.size}
    return {**row, **_ending(walk)}


def _ending(walk: Walk) -> dict[str, Any]:
    code, message = walk.error
    return {
        "status": walk.facts.status,
        "ended_at": walk.ended_at,
        "result": walk.result,
        "error_code": code[:MAX_CODE],
        "error_message": message[:MAX_MESSAGE],
    }


def _instance_row(walk: Walk) -> dict[str, Any]:
    facts = walk.facts
    return {
        "id": facts.id,
        "folder_id": facts.folder_id,
        "workflow_id": facts.workflow_id,
        "version_id": facts.version_id,
        "next_number": facts.next_number,
        "size": facts.size,
        "is_wide": walk.is_wide,
        "parent_id": facts.parent_id,
        "parent_token": facts.parent_token,
        "root_id": None if facts.root_id == facts.id else facts.root_id,
        "depth": facts.depth,
        **walk.start,
        **_ending(walk),
    }


def _scope_row(facts: InstanceFacts, scope: Scope) -> dict[str, Any]:
    return {
        "instance_id": facts.id,
        "number": scope.number,
        "node": scope.node,
        "kind": scope.kind,
        "parent": scope.parent,
        "token": scope.token,
        "variables": scope.variables,
        "counts": scope.counts,
    }


def _token_row(facts: InstanceFacts, token: Token) -> dict[str, Any]:
    return {
        "instance_id": facts.id,
        "number": token.number,
        "scope": token.scope,
        "node": token.node,
        "waits_for": token.waits_for,
        "entered_at": token.entered_at,
        "came_by": token.came_by,
        "local": token.local,
        "facts": token.facts,
    }


def _subscription_row(facts: InstanceFacts, subscription: Subscription) -> dict[str, Any]:
    return {
        "instance_id": facts.id,
        "number": subscription.number,
        "folder_id": facts.folder_id,
        "workflow_id": facts.workflow_id,
        "scope": subscription.scope,
        "node": subscription.node,
        "kind": subscription.kind,
        "token": subscription.token,
        "name": subscription.name[:MAX_NAME],
        "key": subscription.key[:MAX_NAME],
        "due_at": subscription.due_at,
        "repeats": subscription.repeats,
        "reads": "{" + ",".join(f'"{_escaped(name)}"' for name in subscription.reads) + "}",
        "was_true": subscription.was_true,
    }


def _undoable_row(facts: InstanceFacts, undoable: Undoable) -> dict[str, Any]:
    return {
        "instance_id": facts.id,
        "number": undoable.number,
        "scope": undoable.scope,
        "node": undoable.node,
        "variables": undoable.variables,
    }


def _step_row(instance_id: int, step: StepRecord) -> dict[str, Any]:
    return {
        "instance_id": instance_id,
        "token": step.token,
        "scope": step.scope,
        "node": step.node,
        "kind": step.kind,
        "outcome": step.outcome,
        "entered_at": step.entered_at,
        "ended_at": step.ended_at,
        "came_by": step.came_by,
        "delta": step.delta,
        "by": step.by[:150],
        "note": step.note[:MAX_MESSAGE],
    }


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


_ROWS: dict[str, Any] = {
    "scopes": _scope_row,
    "tokens": _token_row,
    "subscriptions": _subscription_row,
    "undoables": _undoable_row,
}
