"""One instance in a step: what it is, where it stands, and what the step changes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from apps.lib.json import JsonObject
from apps.workflows.engine import World, advance
from apps.workflows.engine.changes import (
    Changes,
    Command,
    StepRecord,
    applied,
)
from apps.workflows.engine.events import Event, Triggered
from apps.workflows.engine.state import EMPTY, State
from apps.workflows.engine.weighing import weight
from apps.workflows.graph import Graph

from .loading import InstanceFacts

TABLES = ("scopes", "tokens", "subscriptions", "undoables")
# From so many rows on, a step no longer loads all of them
WIDE = 200
ENDS = frozenset({"completed", "failed", "cancelled"})


@dataclass(slots=True)
class Walk:
    """`is_new`: not in the database yet; `start` is then what its row says besides the facts.

    `waiting`: what each token waits, or waited, for when it was last seen.
    """

    facts: InstanceFacts
    graph: Graph
    state: State = EMPTY
    is_new: bool = False
    start: dict[str, Any] = field(default_factory=dict)
    put: dict[str, dict[int, Any]] = field(default_factory=dict)
    gone: dict[str, set[int]] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    steps: list[StepRecord] = field(default_factory=list)
    result: JsonObject | None = None
    error: tuple[str, str] = ("", "")
    ended_at: datetime | None = None
    is_touched: bool = False
    # the scopes that nothing is around, before the first change
    roots: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.roots = [each.number for each in self.state.scopes.values() if each.parent is None]

    @property
    def id(self) -> int:
        return self.facts.id

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    @property
    def is_wide(self) -> bool:
        """Once wide, always wide: what was not loaded may be there still.

        Never where conditions are listened for, since any variable may make any of them happen.
        """
        if self.graph.has_conditions:
            return False
        held = max(len(self.state.tokens), len(self.state.scopes))
        return self.facts.is_wide or held > WIDE

    def advance(self, event: Event, world: World) -> tuple[Command, ...] | None:
        """Let the event happen in memory; return what is to be done outside, None if nothing
        happened at all."""
        if self.is_over or self._comes_too_early(event):
            return None
        for token in self.state.tokens.values():
            self.waiting[token.number] = token.waits_for
        changes = advance(self.graph, self.state, event, world)
        if changes.is_empty:
            return None
        self._take(changes)
        if changes.status in ENDS:
            self.ended_at = event.at
            self.result = changes.result
            self.error = changes.error or ("", "")
        return changes.commands

    def forget(self, table: str, number: int, variables: str | None) -> None:
        """Remove a row that the state may not have held, with the size of its `variables`."""
        gone = self.gone.setdefault(table, set())
        if number not in gone:
            gone.add(number)
            self.facts.size -= weight(orjson.loads(variables)) if variables else 0

    def _comes_too_early(self, event: Event) -> bool:
        """Say whether the event is a timer that was put off since somebody saw that it was due."""
        if not isinstance(event, Triggered):
            return False
        heard = self.state.subscriptions.get(event.subscription)
        return heard is not None and heard.due_at is not None and heard.due_at > event.at

    def _take(self, changes: Changes) -> None:
        self.is_touched = True
        self.state = applied(self.state, changes)
        self.steps.extend(changes.steps)
        for table in TABLES:
            put, gone = getattr(changes, f"put_{table}"), getattr(changes, f"gone_{table}")
            mine = self.put.setdefault(table, {})
            mine.update(put)
            if gone:
                self.gone.setdefault(table, set()).update(gone)
                for number in gone:
                    mine.pop(number, None)
        for token in changes.put_tokens.values():
            self.waiting[token.number] = token.waits_for
        self.facts.status = self.state.status
        self.facts.next_number, self.facts.size = changes.next_number, changes.size
