"""Bodies and answers of the calls about applications, limits, freezes and emergency stops."""

from typing import Literal

from pydantic import BaseModel, Field

from apps.lib.http import Id, Moment, StrictModel

from .models import MAX_CALLS, MAX_SECONDS, MAX_SIZE

MAX_VERSION = 2**31 - 1
VERSION = "the one that was read: 409 if it is another by now"


class ApplicationIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new application."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    description: str | None = Field(default=None, max_length=1_000)
    runbook_url: str | None = Field(
        default=None, max_length=500, description='where people read what to do, "" for nowhere'
    )
    breaker_on: bool | None = Field(default=None, description="whether failures stop its work")
    failure_share: float | None = Field(
        default=None, ge=0.01, le=1, description="this share of failed tries opens the breaker"
    )
    min_calls: int | None = Field(
        default=None, ge=1, le=MAX_CALLS, description="of at least so many tries"
    )
    window_seconds: int | None = Field(
        default=None, ge=10, le=MAX_SECONDS, description="within so many seconds"
    )
    open_seconds: int | None = Field(
        default=None, ge=1, le=3_600, description="how long its work rests; doubles up to an hour"
    )
    probes: int | None = Field(
        default=None, ge=1, le=100, description="so many good tries in a row close it"
    )
    version: int | None = Field(default=None, ge=1, le=MAX_VERSION, description=VERSION)


class ApplicationOut(BaseModel):
    """A program that bots work in."""

    key: str
    title: str
    description: str
    runbook_url: str
    breaker_on: bool
    failure_share: float
    min_calls: int
    window_seconds: int
    open_seconds: int
    probes: int
    version: int
    standing: Literal["closed", "open", "probing", "held"] = Field(
        description="held by a person, else where the breaker stands; closed: work starts"
    )
    until: Moment | None = Field(description="when that ends by itself, null if it does not")
    reason: str = Field(description="why it is not closed")
    times_opened: int = Field(description="how often in a row it opened")
    opened_at: Moment | None
    held_at: Moment | None
    held_by: str
    created_at: Moment


class ApplicationPage(BaseModel):
    items: list[ApplicationOut]
    next_cursor: str | None


class HoldIn(StrictModel):
    until: Moment | None = Field(default=None, description="null: until it is released")
    reason: str = Field(default="", max_length=300)


class LimitIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new limit."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    kind: Literal["seats", "rate"] | None = Field(
        default=None, description="seats: at the same time; rate: starts per time"
    )
    application: str | None = Field(
        default=None, max_length=60, description='key; all that uses it is bound; "" for none'
    )
    size: int | None = Field(default=None, ge=1, le=MAX_SIZE, description="at most so many")
    per_seconds: int | None = Field(
        default=None, ge=1, le=MAX_SECONDS, description="of a rate: in so many seconds"
    )
    burst: int | None = Field(
        default=None, ge=1, le=MAX_SIZE, description="of a rate: so many may start at once"
    )
    asset: str | None = Field(
        default=None, max_length=100, description="key of the asset whose sessions it counts"
    )
    version: int | None = Field(default=None, ge=1, le=MAX_VERSION, description=VERSION)


class LimitOut(BaseModel):
    key: str
    title: str
    kind: Literal["seats", "rate"]
    application: str = Field(description="key, or empty")
    size: int
    per_seconds: int | None
    burst: int
    asset: str
    version: int
    held: int | None = Field(description="seats that are taken now; null of a rate")
    created_at: Moment


class LimitPage(BaseModel):
    items: list[LimitOut]
    next_cursor: str | None


class SeatOut(BaseModel):
    """A seat that is taken."""

    kind: str = Field(description="what holds it: item or run")
    id: int
    since: Moment


class SeatsOut(BaseModel):
    items: list[SeatOut]


class FreezeIn(StrictModel):
    """Of a new one title, starts_at and ends_at are needed; left out, the others keep theirs."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    reason: str | None = Field(default=None, max_length=300)
    applications: list[str] | None = Field(
        default=None, max_length=200, description="keys; none: all work of the folder"
    )
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    repeats: Literal["none", "daily", "weekly"] | None = None
    zone: str | None = Field(
        default=None, max_length=64, description="whose clock repeated times keep"
    )
    version: int | None = Field(default=None, ge=1, le=MAX_VERSION, description=VERSION)


class FreezeOut(BaseModel):
    id: Id
    title: str
    reason: str
    applications: list[str]
    starts_at: Moment = Field(description="of one that repeats: the time now, or the next one")
    ends_at: Moment
    repeats: Literal["none", "daily", "weekly"]
    zone: str
    by: str
    version: int
    created_at: Moment


class FreezePage(BaseModel):
    items: list[FreezeOut]
    next_cursor: str | None


class StopIn(StrictModel):
    reason: str = Field(min_length=1, max_length=300)
    stops_runs: bool = Field(default=False, description="ask what is at work to stop, too")


class StopOut(BaseModel):
    is_stopped: bool
    reason: str
    stops_runs: bool
    by: str
    at: Moment | None
