"""Where an instance stands, as far as a step needs to know it.

Scopes and tokens are numbered by the instance (`next_number`), so that a step can name what it
makes without asking anybody. A state may be partial: the chain of scopes from the event's place up
to the root, with the tokens of these scopes, and the variables of the scopes just below; of a
multi-instance body only `counts`, not its passes. Whatever lies deeper is reached by commands on
whole scopes (see changes.CancelScope).

Where the graph has conditional events the state must be whole: a variable may be read anywhere
below the scope in which it changes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from apps.lib.json import JsonObject

# Why a token stands still. "join": at a gateway, for others. "scope": its subprocess, event
# subprocess or loop is under way. "gate": at an event-based gateway. "incident": until repaired.
WaitsFor = Literal[
    "item", "items", "task", "event", "gate", "join", "scope", "child", "incident", "compensation"
]
SubscriptionKind = Literal["timer", "message", "signal", "condition"]
# What the engine itself notes with a row: JSON whose shape it knows.
Facts: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A process, subprocess or event subprocess, a loop's body ("loop") or one pass of a loop.

    `parent` and `token`: the scope around it and the token there that waits for it; None at the
    root. `counts`: of a loop's body: {"total", "started", "done", "failed"}; `results` of its
    passes by index are kept there, too, while the body is small (see changes.AddItems).
    """

    number: int
    node: str
    kind: Literal["process", "subprocess", "event_subprocess", "loop"]
    parent: int | None = None
    token: int | None = None
    variables: JsonObject = field(default_factory=dict)
    counts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One place where the instance waits.

    `local`: variables of the activity itself (inputs, loop element, loopCounter). `facts`: what
    the engine must remember, e.g. of an incident {"phase", "code", "message"}, of a pass {"index"}.
    `came_by`: the flow it arrived by.
    """

    number: int
    scope: int
    node: str
    waits_for: WaitsFor
    entered_at: datetime
    came_by: str = ""
    local: JsonObject = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a token (boundary, catch, receive, gate) or a scope (event subprocess) listens for.

    `node`: the element that catches. `due_at` and `repeats` (left; None: for ever) are a timer's;
    `reads` and `was_true` a condition's: it happens when it turns true.
    """

    number: int
    scope: int
    node: str
    kind: SubscriptionKind
    token: int | None = None
    name: str = ""
    key: str = ""
    due_at: datetime | None = None
    repeats: int | None = 0
    reads: tuple[str, ...] = ()
    was_true: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """A completed activity that its compensation handler can undo; `variables` as they were."""

    number: int
    scope: int
    node: str
    variables: JsonObject = field(default_factory=dict)


InstanceStatus = Literal["running", "paused", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`size`: bytes of all variables as JSON, kept by the engine. No paused instance gets here."""

    next_number: int = 1
    status: InstanceStatus = "running"
    size: int = 0
    scopes: dict[int, Scope] = field(default_factory=dict)
    tokens: dict[int, Token] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    undoables: dict[int, Undoable] = field(default_factory=dict)


EMPTY = State()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionAnswer:
    """`explanation` is stored with the evaluation: the rules that matched, with their inputs."""

    value: Any
    evaluation: JsonObject = field(default_factory=dict)
