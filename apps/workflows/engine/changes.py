"""What a step decided: rows to write, and commands to carry out, in the same transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from apps.lib.json import JsonObject

from .state import InstanceStatus, Scope, State, Subscription, Token, Undoable

# What failed: coming to an element, its work, or going on from it.
Phase: TypeAlias = Literal["enter", "work", "leave"]
StepOutcome: TypeAlias = Literal["completed", "skipped", "cancelled", "failed"]

# --- commands: what is outside the instance's own rows


@dataclass(frozen=True, slots=True, kw_only=True)
class AddItem:
    """Hand work to bots: one item for this token. `rules`: the step's error policy, conditions
    already evaluated, in the form of a queue's error rules (apps.queues.engine.rules)."""

    token: int
    queue: str
    payload: JsonObject
    reference: str = ""
    priority: int | None = None
    max_attempts: int | None = None
    rules: list[JsonObject] = field(default_factory=list)
    backoff: str | None = None
    delay_seconds: float | None = None
    sla_seconds: float | None = None
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddItems:
    """Fan-out: one item for each of `payloads`, owned by (token, index). The store collects their
    ends, and gives PassesEnded when the last one has ended."""

    token: int
    queue: str
    payloads: list[JsonObject]
    max_attempts: int | None = None
    rules: list[JsonObject] = field(default_factory=list)
    backoff: str | None = None
    delay_seconds: float | None = None
    sla_seconds: float | None = None
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenItem:
    """Work on the ended item of this token again, with fresh tries; `payload` None: as it was."""

    token: int
    payload: JsonObject | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A user task for this token. `values`: what the form starts with."""

    token: int
    title: str
    form: JsonObject
    values: JsonObject
    decisions: list[JsonObject]
    assignee: str = ""
    candidate_groups: list[str] = field(default_factory=list)
    candidate_users: list[str] = field(default_factory=list)
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int | None = None
    instructions: str = ""
    handling: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChild:
    """Start an instance of another workflow; its end comes back as ChildEnded of this token."""

    token: int
    workflow: str
    version: int | None
    variables: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """The token can't go on until somebody repairs it. `phase`: what failed; `code` is stable,
    e.g. "expression", "unhandled_error", "variables_too_large", "decision", "no_flow", "loop"."""

    token: int
    phase: Phase
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    name: str
    key: str
    variables: JsonObject
    ttl_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSignal:
    name: str
    variables: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """An escalation that nobody caught within the instance; its caller may."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecision:
    """Keep how a decision table came to its answer."""

    token: int
    node: str
    evaluation: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseToken:
    """What hangs on this token outside is no longer wanted: cancel its items (all of a fan-out),
    its user task, its incident, its called instance. Subscriptions are in `Changes`."""

    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelScope:
    """Everything in this scope and below it ends: tokens with all that hangs on them, scopes,
    subscriptions, undoables. What the state knew of it is in `Changes` already; the store reaches
    what was not loaded."""

    scope: int


Command: TypeAlias = (
    AddItem
    | AddItems
    | ReopenItem
    | OpenTask
    | StartChild
    | OpenIncident
    | SendMessage
    | SendSignal
    | Escalate
    | RecordDecision
    | ReleaseToken
    | CancelScope
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """History: one visit of an element that is over. `delta`: variables that the step set.

    `token` numbers the visit; instant elements (gateways, throws) have numbers of their own.
    """

    token: int
    scope: int
    node: str
    kind: str
    outcome: StepOutcome
    entered_at: datetime
    ended_at: datetime
    came_by: str = ""
    delta: JsonObject = field(default_factory=dict)
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between the state before and after, and the commands, in order.

    `put_*` holds what is new or changed, `gone_*` the numbers of what is no more. `status` None:
    unchanged; `result`: the variables of an instance that ended; `error`: (code, message) if it
    failed with an error that nobody caught.
    """

    next_number: int
    size: int
    status: InstanceStatus | None = None
    result: JsonObject | None = None
    error: tuple[str, str] | None = None
    put_scopes: dict[int, Scope] = field(default_factory=dict)
    gone_scopes: frozenset[int] = frozenset()
    put_tokens: dict[int, Token] = field(default_factory=dict)
    gone_tokens: frozenset[int] = frozenset()
    put_subscriptions: dict[int, Subscription] = field(default_factory=dict)
    gone_subscriptions: frozenset[int] = frozenset()
    put_undoables: dict[int, Undoable] = field(default_factory=dict)
    gone_undoables: frozenset[int] = frozenset()
    steps: tuple[StepRecord, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing happened: the event was about something that is no longer there."""
        return not (
            self.status or self.steps or self.commands or self.put_tokens or self.gone_tokens
            or self.put_scopes or self.gone_scopes or self.put_subscriptions
            or self.gone_subscriptions
        )  # fmt: skip


def applied(state: State, changes: Changes) -> State:
    """Return the state after these changes."""
    return State(
        next_number=changes.next_number,
        size=changes.size,
        status=changes.status or state.status,
        scopes=_merged(state.scopes, changes.put_scopes, changes.gone_scopes),
        tokens=_merged(state.tokens, changes.put_tokens, changes.gone_tokens),
        subscriptions=_merged(
            state.subscriptions, changes.put_subscriptions, changes.gone_subscriptions
        ),
        undoables=_merged(state.undoables, changes.put_undoables, changes.gone_undoables),
    )


def _merged(before: dict, put: dict, gone: frozenset[int]) -> dict:  # type: ignore[type-arg]
    return {number: row for number, row in {**before, **put}.items() if number not in gone}
