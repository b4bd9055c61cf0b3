"""The working copy of an instance while one event is carried out.

Tokens on their way are in `moves`, tokens that wait are rows in `tokens`. `looks` are the numbers
of scopes that may be complete, and of tokens that wait for a compensation handler.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from apps.lib.json import JsonObject
from apps.workflows.graph import Flow, Graph, Node

from .changes import Changes, Command, OpenIncident, Phase, StepOutcome, StepRecord
from .events import Event
from .faults import StepError
from .state import InstanceStatus, Scope, State, Subscription, Token, Undoable
from .table import Table
from .weighing import weight
from .world import World


class Step:
    """Collects what one event leads to. Rows are replaced, never changed in place."""

    __slots__ = (
        "at", "by", "changed", "commands", "concerns", "error", "feel_values", "fresh", "graph",
        "looks", "moves", "moves_made", "next_number", "records", "result", "scopes", "size",
        "status", "subscriptions", "tokens", "undoables", "visits", "world",
    )  # fmt: skip

    def __init__(self, graph: Graph, state: State, world: World, event: Event) -> None:
        self.graph = graph
        self.world = world
        self.at = event.at
        self.by: str = getattr(event, "by", "")
        self.concerns: int = getattr(event, "token", 0)
        self.next_number = state.next_number
        self.size = state.size
        self.scopes: Table[Scope] = Table(state.scopes)
        self.tokens: Table[Token] = Table(state.tokens)
        self.subscriptions: Table[Subscription] = Table(state.subscriptions)
        self.undoables: Table[Undoable] = Table(state.undoables)
        self.moves: deque[Token] = deque()
        self.moves_made = 0
        self.visits: dict[tuple[int, str], int] = {}
        self.looks: dict[int, None] = {}
        self.changed: set[str] = set()  # names of variables, if conditions are to be looked at
        self.fresh: set[int] = set()  # conditional subscriptions that were never looked at
        self.records: list[StepRecord] = []
        self.commands: list[Command] = []
        self.status: InstanceStatus | None = None
        self.result: JsonObject | None = None
        self.error: tuple[str, str] | None = None
        self.feel_values: dict[int, tuple[Any, Any]] = {}

    # --- tokens

    def number(self) -> int:
        number = self.next_number
        self.next_number = number + 1
        return number

    def node_of(self, token: Token) -> Node:
        return self.graph.nodes[token.node]

    def token(self, node: str, scope: int, **given: Any) -> Token:
        """Return a new visit of an element; it is no row until it has to wait."""
        return Token(
            number=self.number(),
            scope=scope,
            node=node,
            waits_for="event",
            entered_at=self.at,
            **given,
        )

    def send(self, node: str, scope: int, **given: Any) -> None:
        """Let a token be on its way to an element."""
        self.moves.append(self.token(node, scope, **given))

    def follow(self, flows: Iterable[Flow], scope: int) -> None:
        for flow in flows:
            self.send(flow.target, scope, came_by=flow.id)

    def keep(self, token: Token) -> None:
        """Let a token wait: put its row."""
        before = self.tokens.get(token.number)
        if before is None:
            self.size += weight(token.local)
        elif before.local is not token.local:
            self.size += weight(token.local) - weight(before.local)
        self.tokens.add(token)

    def forget(self, token: Token) -> None:
        """Remove a token's row, if it has one, with what it listened for; let those look who may
        have waited for it."""
        self.looks[token.scope] = None
        if "undo_for" in token.facts:
            self.looks[token.facts["undo_for"]] = None
        if token.number in self.tokens:
            self.size -= weight(self.tokens[token.number].local)
            self.tokens.remove(token.number)
            self.stop_hearing(token.number)

    def stop_hearing(self, token: int) -> None:
        """Remove what a token listens for."""
        for row in [row for row in self.subscriptions if row.token == token]:
            self.subscriptions.remove(row.number)

    def root(self) -> Scope | None:
        return next((row for row in self.scopes if row.parent is None), None)

    def tokens_in(self, scope: int) -> list[Token]:
        """Return the tokens that wait in a scope, oldest first."""
        found = [row for row in self.tokens if row.scope == scope]
        return sorted(found, key=lambda row: row.number)

    # --- what is told to others

    def record(
        self, token: Token, outcome: StepOutcome, *, delta: JsonObject | None = None, note: str = ""
    ) -> None:
        """Write down a visit that is over."""
        node = self.graph.nodes[token.node]
        is_around_passes = node.loop is not None and self.scopes[token.scope].kind != "loop"
        self.records.append(
            StepRecord(
                token=token.number,
                scope=token.scope,
                node=node.id,
                kind="loop" if is_around_passes else node.kind,
                outcome=outcome,
                entered_at=token.entered_at,
                ended_at=self.at,
                came_by=token.came_by,
                delta=delta or {},
                by=self.by if token.number == self.concerns else "",
                note=note,
            )
        )

    def tell(self, command: Command) -> None:
        self.commands.append(command)

    def open_incident(
        self, token: Token, phase: Phase, error: StepError, facts: Mapping[str, Any]
    ) -> None:
        """Let the token wait for somebody to repair it; `facts` are what a retry needs."""
        told = {"phase": phase, "code": error.code, "message": error.message}
        held = replace(token, waits_for="incident", facts={**token.facts, **told, **facts})
        self.keep(held)
        self.tell(
            OpenIncident(token=token.number, phase=phase, code=error.code, message=error.message)
        )

    def changes(self) -> Changes:
        return Changes(
            next_number=self.next_number,
            size=self.size,
            status=self.status,
            result=self.result,
            error=self.error,
            put_scopes=self.scopes.put,
            gone_scopes=frozenset(self.scopes.gone),
            put_tokens=self.tokens.put,
            gone_tokens=frozenset(self.tokens.gone),
            put_subscriptions=self.subscriptions.put,
            gone_subscriptions=frozenset(self.subscriptions.gone),
            put_undoables=self.undoables.put,
            gone_undoables=frozenset(self.undoables.gone),
            steps=tuple(self.records),
            commands=tuple(self.commands),
        )
