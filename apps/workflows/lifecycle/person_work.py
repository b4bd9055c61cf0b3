"""Work for people: tasks that tokens own."""

from collections.abc import Sequence

from apps.inbox.lifecycle import NewTask, close_tasks_of, open_owned_tasks
from apps.lib.json import JsonObject
from apps.lib.schema import mask
from apps.workflows.engine.changes import OpenIncident, OpenTask
from apps.workflows.engine.state import State
from apps.workflows.graph import Node

from .walks import Walk

WITHDRAWN = "withdrawn"


def open_tasks(commands: Sequence[tuple[Walk, OpenTask]]) -> None:
    if commands:
        open_owned_tasks([_task(walk, command) for walk, command in commands])


def open_repairs(commands: Sequence[tuple[Walk, OpenIncident]]) -> None:
    """Ask people to repair what can't go on."""
    if commands:
        open_owned_tasks([_repair(walk, command) for walk, command in commands])


def close_tasks(tokens: Sequence[tuple[int, int]], how: str = WITHDRAWN) -> None:
    """Close the open tasks of these tokens (instance, number)."""
    close_tasks_of(tokens, how)


def _task(walk: Walk, command: OpenTask) -> NewTask:
    node = node_of(walk, command.token)
    return NewTask(
        kind="form",
        folder_id=walk.facts.folder_id,
        instance_id=walk.id,
        token=command.token,
        title=command.title,
        workflow=walk.graph.name or walk.graph.key,
        workflow_key=walk.graph.key,
        step=node.name if node else "",
        element=node.id if node else "",
        form=command.form,
        values=command.values,
        decisions=command.decisions,
        assignee=command.assignee,
        candidate_groups=command.candidate_groups,
        candidate_users=command.candidate_users,
        due_at=command.due_at,
        follow_up_at=command.follow_up_at,
        priority=command.priority,
        instructions=command.instructions,
        handling=command.handling,
    )


def _repair(walk: Walk, command: OpenIncident) -> NewTask:
    node = node_of(walk, command.token)
    name = (node.name or node.id) if node else walk.graph.name
    return NewTask(
        kind="incident",
        folder_id=walk.facts.folder_id,
        instance_id=walk.id,
        token=command.token,
        title=name,
        workflow=walk.graph.name or walk.graph.key,
        workflow_key=walk.graph.key,
        step=node.name if node else "",
        element=node.id if node else "",
        reason=command.message,
        code=command.code,
        # personal data is shown where its reader is put on record, not to whoever repairs a step
        values=mask(seen_by(walk.state, command.token), walk.graph.input_schema),
    )


def node_of(walk: Walk, token: int) -> Node | None:
    """Return the element where the token stands."""
    row = walk.state.tokens.get(token)
    return walk.graph.nodes.get(row.node) if row else None


def seen_by(state: State, token: int) -> JsonObject:
    """Return the variables that the token sees: those of its scopes, the inner ones first."""
    row = state.tokens.get(token)
    if row is None:
        return {}
    layers: list[JsonObject] = [row.local]
    scope = state.scopes.get(row.scope)
    while scope is not None:
        layers.append(scope.variables)
        scope = state.scopes.get(scope.parent) if scope.parent is not None else None
    return {name: value for layer in reversed(layers) for name, value in layer.items()}
