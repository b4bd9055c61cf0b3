"""Runs a graph in memory, on a clock of its own, with results that the caller gives.

For tests, and for replaying what happened against another version:

    run = Rehearsal(graph)
    run.start({"total": 1200})
    run.finish("extract", {"vendor": "Acme"})
    run.pass_time(hours=4)           # fires what is due on the way, in order
    run.decide("approve", "approve")
    assert run.status == "completed"
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from apps.lib.json import Json, JsonObject
from apps.workflows.graph import Graph

from . import events
from .advance import PLAIN_WORLD, advance
from .changes import (
    AddItem,
    AddItems,
    Changes,
    Command,
    Escalate,
    OpenTask,
    StartChild,
    StepRecord,
    applied,
)
from .errors import catches_error
from .state import EMPTY, InstanceStatus, State, Subscription, Token, WaitsFor
from .world import World

BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)

Made = TypeVar("Made")


class Rehearsal:
    """One instance with those that it calls. `others`: graphs to call, by key."""

    def __init__(
        self,
        graph: Graph,
        *,
        others: Mapping[str, Graph] | None = None,
        world: World = PLAIN_WORLD,
        now: datetime = BEGINNING,
    ) -> None:
        self.graph = graph
        self.others = others or {}
        self.world = world
        self.now = now
        self.state: State = EMPTY
        self.history: list[StepRecord] = []
        self.commands: list[Command] = []
        self.result: JsonObject = {}
        self.error: tuple[str, str] | None = None
        self.children: dict[int, Rehearsal] = {}

    # --- what happens

    def start(self, variables: JsonObject | None = None, *, node: str = "") -> Changes:
        return self.happen(events.Started(at=self.now, variables=variables or {}, node=node))

    def finish(self, node: str, output: Json = None, **given: Any) -> Changes:
        """Let a bot finish the item of the oldest token that waits at `node`."""
        token = self.waiting_at(node, "item")
        return self._end_item(token, status="successful", output=output, **given)

    def fail(self, node: str, code: str = "", **given: Any) -> Changes:
        """Let the item end as failed, after whatever tries it had."""
        token = self.waiting_at(node, "item")
        given = {"status": "failed", "error": "business", **given}
        return self._end_item(token, code=code, **given)

    def skip(self, node: str, **given: Any) -> Changes:
        """Let the item end as skipped, as a rule of its policy says."""
        return self._end_item(self.waiting_at(node, "item"), status="skipped", **given)

    def finish_all(self, node: str, results: list[Json], **given: Any) -> Changes:
        """Let all items of a fan-out end."""
        token = self.waiting_at(node, "items")
        return self.happen(
            events.PassesEnded(at=self.now, token=token.number, results=results, **given)
        )

    def decide(
        self, node: str, decision: str = "complete", values: JsonObject | None = None
    ) -> Changes:
        token = self.waiting_at(node, "task")
        return self.happen(
            events.TaskDecided(
                at=self.now, token=token.number, decision=decision, values=values or {}
            )
        )

    def repair(self, node: str, how: Literal["retry", "go_on", "throw"], **given: Any) -> Changes:
        token = self.waiting_at(node, "incident")
        return self.happen(events.Repaired(at=self.now, token=token.number, how=how, **given))

    def publish(self, name: str, key: str = "", variables: JsonObject | None = None) -> bool:
        """Hand a message to the oldest subscription that waits for it; False if nobody does."""
        for row in self.listeners("message"):
            if (row.name, row.key) == (name, key):
                self._trigger(row, variables)
                return True
        return False

    def broadcast(self, name: str, variables: JsonObject | None = None) -> None:
        """Hand a signal to everybody who waits for it now."""
        for row in self.listeners("signal"):
            if row.name == name:
                self._trigger(row, variables)

    def pass_time(self, **length: float) -> None:
        """Let time pass, as for timedelta; each timer fires when it is due."""
        until = self.now + timedelta(**length)
        while (row := self._next_timer(until)) is not None and row.due_at is not None:
            self.now = max(self.now, row.due_at)
            self._trigger(row, None)
        self.now = until

    def set_variables(self, variables: JsonObject, scope: int | None = None) -> Changes:
        return self.happen(events.VariablesSet(at=self.now, variables=variables, scope=scope))

    def cancel(self) -> Changes:
        return self.happen(events.Cancelled(at=self.now))

    def happen(self, event: events.Event) -> Changes:
        """Let an event happen, and carry out what it asks for within the rehearsal."""
        changes = advance(self.graph, self.state, event, self.world)
        self.state = applied(self.state, changes)
        self.history += changes.steps
        self.commands += changes.commands
        if changes.status is not None:
            self.result, self.error = changes.result or {}, changes.error
        for command in changes.commands:
            if isinstance(command, StartChild) and command.workflow in self.others:
                self._call(command)
        return changes

    # --- where it stands

    @property
    def status(self) -> InstanceStatus:
        return self.state.status

    @property
    def variables(self) -> JsonObject:
        """The variables of the instance; at its end, its result."""
        root = next((row for row in self.state.scopes.values() if row.parent is None), None)
        return root.variables if root else self.result

    @property
    def places(self) -> list[str]:
        """Where tokens wait, as the ids of elements, sorted."""
        return sorted(row.node for row in self.state.tokens.values())

    @property
    def path(self) -> list[str]:
        """The elements that were completed or skipped, in order."""
        return [row.node for row in self.history if row.outcome in ("completed", "skipped")]

    def waiting_at(self, node: str, reason: WaitsFor | None = None) -> Token:
        """Return the oldest token that waits at `node` (for `reason`); LookupError if none."""
        tokens = sorted(self.state.tokens.values(), key=lambda row: row.number)
        for row in tokens:
            if row.node == node and reason in (None, row.waits_for):
                return row
        raise LookupError(f"Nothing waits at {node!r} for {reason}, but at {self.places}.")

    def listeners(self, kind: str) -> list[Subscription]:
        rows = self.state.subscriptions.values()
        return sorted((row for row in rows if row.kind == kind), key=lambda row: row.number)

    def told(self, kind: type[Made]) -> list[Made]:
        """Return the commands of a kind, in order."""
        return [command for command in self.commands if isinstance(command, kind)]

    def item(self, node: str) -> AddItem:
        """Return the item that a bot works on for `node`."""
        token = self.waiting_at(node, "item").number
        return next(made for made in reversed(self.told(AddItem)) if made.token == token)

    def items(self, node: str) -> AddItems:
        token = self.waiting_at(node, "items").number
        return next(made for made in reversed(self.told(AddItems)) if made.token == token)

    def task(self, node: str) -> OpenTask:
        token = self.waiting_at(node, "task").number
        return next(made for made in reversed(self.told(OpenTask)) if made.token == token)

    def child(self, node: str) -> "Rehearsal":
        """Return the instance that the call activity `node` called."""
        return self.children[self.waiting_at(node, "child").number]

    # --- called instances

    def settle_children(self) -> None:
        """Tell the ends of called instances to this one; call it after moving a child."""
        for token, child in list(self.children.items()):
            child.settle_children()
            for told in child.told(Escalate):
                self.happen(events.ChildEscalated(at=self.now, token=token, code=told.code))
            child.commands = [told for told in child.commands if not isinstance(told, Escalate)]
            if child.status in ("completed", "failed", "cancelled"):
                del self.children[token]
                self._child_ended(token, child)

    def _call(self, command: StartChild) -> None:
        node = self.state.tokens[command.token].node
        world = World(
            decide=self.world.decide,
            caller_catches=lambda code: (
                catches_error(self.graph, node, code) or self.world.caller_catches(code)
            ),
        )
        graph = self.others[command.workflow]
        child = Rehearsal(graph, others=self.others, world=world, now=self.now)
        self.children[command.token] = child
        child.start(command.variables)
        self.settle_children()

    def _child_ended(self, token: int, child: "Rehearsal") -> None:
        status: Any = child.status
        code, message = child.error or ("", "")
        self.happen(
            events.ChildEnded(
                at=self.now,
                token=token,
                status=status,
                variables=child.result,
                code=code,
                message=message,
            )
        )

    # --- helpers

    def _end_item(self, token: Token, **given: Any) -> Changes:
        return self.happen(events.ItemEnded(at=self.now, token=token.number, **given))

    def _trigger(self, row: Subscription, variables: JsonObject | None) -> None:
        self.happen(
            events.Triggered(at=self.now, subscription=row.number, variables=variables or {})
        )

    def _next_timer(self, until: datetime) -> Subscription | None:
        due = [row for row in self.listeners("timer") if row.due_at and row.due_at <= until]
        return min(due, key=lambda row: (row.due_at, row.number), default=None)
