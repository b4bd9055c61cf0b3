"""What can happen to an instance. Each carries the moment (`at`) by the database's clock.

An event about something that is no longer there (a token that moved on, a subscription that was
cancelled) leads to no changes: that is what makes a step safe to run twice.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from apps.lib.json import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """`node`: the start element; "" for the none start event. Only on an empty state."""

    at: datetime
    variables: JsonObject = field(default_factory=dict)
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnded:
    """A work item of this token ended. Of a fan-out (`waits_for` "items") see PassesEnded."""

    at: datetime
    token: int
    status: Literal["successful", "failed", "skipped", "cancelled", "expired"]
    output: Json = None
    error: Literal["business", "application", "lost", ""] = ""
    code: str = ""
    message: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesEnded:
    """All items of a fan-out have ended: `results` in the order of the collection (None where a
    tolerated pass failed); `skipped`: the indexes of those that give the policy's default output;
    `failed`: how many failed; `code`, `message`: of the first of these."""

    at: datetime
    token: int
    results: list[Json]
    skipped: list[int] = field(default_factory=list)
    failed: int = 0
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDecided:
    """A person decided the user task of this token."""

    at: datetime
    token: int
    decision: str
    values: JsonObject = field(default_factory=dict)
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """What a subscription waited for has happened; `variables` come with a message or signal."""

    at: datetime
    subscription: int
    variables: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """The called instance ended: with its variables, or with an error, or by being cancelled."""

    at: datetime
    token: int
    status: Literal["completed", "failed", "cancelled"]
    variables: JsonObject = field(default_factory=dict)
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEscalated:
    """An escalation that the called instance did not catch; that instance goes on or has ended."""

    at: datetime
    token: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A person decided about an incident. "retry": do again what failed, after setting `variables`;
    "go_on": take `variables` as the result of the step; "throw": BPMN error `code`; "cancel" is not
    here, see Cancelled."""

    at: datetime
    token: int
    how: Literal["retry", "go_on", "throw"]
    variables: JsonObject = field(default_factory=dict)
    code: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablesSet:
    """Somebody changed variables of a scope (None: the root); conditions are looked at again."""

    at: datetime
    variables: JsonObject
    scope: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The instance is to end now, with everything in it."""

    at: datetime
    reason: str = ""
    by: str = ""


Event: TypeAlias = (
    Started
    | ItemEnded
    | PassesEnded
    | TaskDecided
    | Triggered
    | ChildEnded
    | ChildEscalated
    | Repaired
    | VariablesSet
    | Cancelled
)
