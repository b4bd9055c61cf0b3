"""Locks instances and reads where they stand."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from apps.workflows.engine import events
from apps.workflows.engine.state import Scope, State, Subscription, Token, Undoable
from apps.workflows.statements import LOAD_CHAINS, LOAD_WHOLE, LOCK, LOCK_FREE

from .happenings import Happening
from .running import run


@dataclass(slots=True)
class InstanceFacts:
    """The row of a locked instance, or of one that is about to be written."""

    id: int
    folder_id: int
    workflow_id: int
    version_id: int
    status: str
    next_number: int
    size: int
    is_wide: bool
    parent_id: int | None
    parent_token: int | None
    root_id: int
    depth: int


def lock(ids: Iterable[int]) -> list[InstanceFacts]:
    """Lock these instances in the order of their ids; those that don't exist are left out."""
    wanted = sorted(set(ids))
    rows = run(LOCK, {"ids": wanted}) if wanted else []
    return [InstanceFacts(*row) for row in rows]


def lock_free(ids: Iterable[int]) -> list[InstanceFacts]:
    """The same, leaving out those that somebody else has locked."""
    wanted = sorted(set(ids))
    rows = run(LOCK_FREE, {"ids": wanted}) if wanted else []
    return [InstanceFacts(*row) for row in rows]


def load(instances: Sequence[InstanceFacts], happenings: Sequence[Happening]) -> dict[int, State]:
    """Return where the instances stand, as far as these happenings can reach."""
    wide = {facts.id for facts in instances if facts.is_wide}
    rows = _Rows()
    narrow = [facts.id for facts in instances if not facts.is_wide]
    if narrow:
        rows.take(run(LOAD_WHOLE, {"ids": narrow}))
    if wide:
        places = [_place(each) for each in happenings if each.instance_id in wide]
        names = ("ids", "tokens", "subscriptions", "scopes")
        columns = dict(zip(names, map(list, zip(*places, strict=True)), strict=True))
        rows.take(run(LOAD_CHAINS, columns))
    return {facts.id: rows.state(facts) for facts in instances}


def _place(happening: Happening) -> tuple[int, int | None, int | None, int | None]:
    """Return the instance and the token, subscription or scope that the event is about."""
    event = happening.event
    subscription = event.subscription if isinstance(event, events.Triggered) else None
    scope = event.scope if isinstance(event, events.VariablesSet) else None
    return happening.instance_id, getattr(event, "token", None), subscription, scope


class _Rows:
    """Rows as they come from the database, by instance."""

    def __init__(self) -> None:
        self.held: dict[str, dict[int, dict[int, Any]]] = {
            what: defaultdict(dict) for what in _READERS
        }

    def take(self, rows: Iterable[tuple[str, int, str]]) -> None:
        for what, instance_id, text in rows:
            row = _READERS[what](orjson.loads(text))
            self.held[what][instance_id][row.number] = row

    def state(self, facts: InstanceFacts) -> State:
        status: Any = facts.status
        return State(
            next_number=facts.next_number,
            status=status,
            size=facts.size,
            scopes=self.held["scope"].get(facts.id, {}),
            tokens=self.held["token"].get(facts.id, {}),
            subscriptions=self.held["subscription"].get(facts.id, {}),
            undoables=self.held["undoable"].get(facts.id, {}),
        )


def _scope(row: list[Any]) -> Scope:
    number, node, kind, parent, token, variables, counts = row
    return Scope(
        number=number,
        node=node,
        kind=kind,
        parent=parent,
        token=token,
        variables=variables,
        counts=counts,
    )


def _token(row: list[Any]) -> Token:
    number, scope, node, waits_for, entered_at, came_by, local, facts = row
    return Token(
        number=number,
        scope=scope,
        node=node,
        waits_for=waits_for,
        entered_at=datetime.fromisoformat(entered_at),
        came_by=came_by,
        local=local,
        facts=facts,
    )


def _subscription(row: list[Any]) -> Subscription:
    number, scope, node, kind, token, name, key, due_at, repeats, reads, was_true = row
    return Subscription(
        number=number,
        scope=scope,
        node=node,
        kind=kind,
        token=token,
        name=name,
        key=key,
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        repeats=repeats,
        reads=tuple(reads),
        was_true=was_true,
    )


def _undoable(row: list[Any]) -> Undoable:
    number, scope, node, variables = row
    return Undoable(number=number, scope=scope, node=node, variables=variables)


_READERS: dict[str, Callable[[list[Any]], Any]] = {
    "scope": _scope,
    "token": _token,
    "subscription": _subscription,
    "undoable": _undoable,
}
