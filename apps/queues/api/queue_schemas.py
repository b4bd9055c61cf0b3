"""A queue and its rules, as they go in and come out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from apps.lib.http import AnyObject, Moment, StrictModel
from apps.queues.models.queues import MAX_CAPABILITIES, MAX_SHARE

from .schemas import LONGEST_LEASE_SECONDS, Capability, Status

MAX_BOUND = 50

Key = Annotated[str, Field(max_length=100)]
Seconds = Annotated[int, Field(ge=1, le=2_147_483_647)]


class QueueIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new queue."""

    title: str | None = Field(default=None, min_length=1, max_length=150)
    description: str | None = Field(default=None, max_length=10_000)
    automation: str | None = Field(default=None, max_length=100, description="key, or null")
    gate: str | None = Field(
        default=None, max_length=100, description="key of the gate for what AI read, or null"
    )
    payload_schema: AnyObject | None = Field(default=None, description="JSON Schema 2020-12")
    unique_reference: Literal["off", "reject", "ignore", "update"] | None = None
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    retry_delay_seconds: int | None = Field(default=None, ge=0, le=604_800)
    retry_backoff: Literal["fixed", "exponential"] | None = None
    lease_seconds: int | None = Field(default=None, ge=1, le=LONGEST_LEASE_SECONDS)
    max_runs: int | None = Field(default=None, ge=0, le=1_000)
    max_in_progress: Seconds | None = Field(default=None, description="null: no limit")
    applications: list[Key] | None = Field(
        default=None, max_length=MAX_BOUND, description="keys of what its items are worked in"
    )
    limits: list[Key] | None = Field(
        default=None, max_length=MAX_BOUND, description="keys, beside those of its applications"
    )
    required_capabilities: list[Capability] | None = Field(
        default=None, max_length=MAX_CAPABILITIES, description="what a bot must be able to do"
    )
    share: int | None = Field(
        default=None, ge=1, le=MAX_SHARE, description="weight among queues that want the same bots"
    )
    sla_seconds: Seconds | None = Field(default=None, description="due so long after entering")
    cut_off: AnyObject | None = Field(
        default=None,
        description="due at a time of day: {time, zone, days: working|every, country}",
    )
    due_lead_seconds: int | None = Field(default=None, ge=0, le=31_536_000)
    seconds_per_point: int | None = Field(default=None, ge=0, le=86_400)
    on_business_exception: Literal["inbox", "fail"] | None = None
    on_exhausted: Literal["inbox", "fail"] | None = None
    error_rules: list[Any] | None = Field(default=None, max_length=50)


class QueueOut(BaseModel):
    """A queue, its rules, and where its items stand."""

    id: int
    key: str
    title: str
    description: str
    automation: str | None
    gate: str | None
    payload_schema: dict[str, Any]
    unique_reference: str
    max_attempts: int
    retry_delay_seconds: int
    retry_backoff: str
    lease_seconds: int
    max_runs: int
    max_in_progress: int | None
    applications: list[str]
    limits: list[str]
    required_capabilities: list[str]
    share: int
    sla_seconds: int | None
    cut_off: dict[str, Any] | None
    due_lead_seconds: int
    seconds_per_point: int
    on_business_exception: str
    on_exhausted: str
    error_rules: list[Any]
    paused: str | None = Field(description="the reason; null when it is not paused")
    paused_at: Moment | None
    paused_by: str
    created_at: Moment
    counts: dict[Status, int]
    oldest_seconds: float | None = Field(description="how long the oldest item has waited")


class QueueList(BaseModel):
    items: list[QueueOut]
    next_cursor: str | None


class PauseIn(StrictModel):
    reason: str = Field(min_length=1, max_length=300)
