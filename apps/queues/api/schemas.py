"""What goes into the calls of queues and items, and what comes out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from apps.bots.models import MAX_CAPABILITY
from apps.lib.http import AnyObject, Id, LeaseToken, Moment, StrictModel
from apps.queues.lifecycle.values import DEFAULT_PRIORITY, HoldCode
from apps.queues.models.queues import MAX_CAPABILITIES

MAX_BATCH = 10_000
MAX_LEASED = 1_000
MAX_RESULTS = 10_000
MAX_WAIT_SECONDS = 30
MAX_LOG_LINES = 1_000
LONGEST_LEASE_SECONDS = 86_400

Text = Annotated[str, Field(max_length=8_000)]
Reason = Annotated[str, Field(max_length=1_000)]
Capability = Annotated[str, Field(min_length=1, max_length=MAX_CAPABILITY)]
Status = Literal[
    "new",
    "in_progress",
    "needs_decision",
    "on_hold",
    "successful",
    "failed",
    "skipped",
    "cancelled",
    "expired",
]


class ItemIn(StrictModel):
    payload: AnyObject
    reference: str = Field(default="", max_length=200)
    priority: int = Field(default=DEFAULT_PRIORITY, ge=0, le=100, description="higher goes first")
    available_at: Moment | None = None
    due_at: Moment | None = None
    expires_at: Moment | None = None


class BatchIn(StrictModel):
    mode: Literal["all_or_nothing", "independent"] = "all_or_nothing"
    items: list[Any] = Field(min_length=1, max_length=MAX_BATCH, description="as for adding one")


class FieldOut(BaseModel):
    path: str
    message: str


class RejectedOut(BaseModel):
    index: int
    error: str
    fields: list[FieldOut]


class BatchOut(BaseModel):
    """Ids of the accepted items, in their order."""

    ids: list[int]
    rejected: list[RejectedOut]


class ItemOut(BaseModel):
    """An item; values that the schema marks as personal are masked."""

    id: int
    queue: str
    reference: str
    payload: dict[str, Any]
    priority: int
    status: Status
    since: Moment
    entered_at: Moment
    available_at: Moment | None
    due_at: Moment | None
    expires_at: Moment | None
    version: int
    origin: str
    added_by: str


class ItemList(BaseModel):
    items: list[ItemOut]
    next_cursor: str | None


class AttemptOut(BaseModel):
    number: int
    outcome: str
    bot: str
    run_id: int | None
    started_at: Moment
    ended_at: Moment
    output: Any
    code: str
    message: str
    error_class: str


class HolderOut(BaseModel):
    bot: str
    attempt: int
    leased_at: Moment
    lease_expires_at: Moment
    progress: Any


class ParkedOut(BaseModel):
    cause: str
    code: str
    message: str
    since: Moment
    by: str


class EndedOut(BaseModel):
    at: Moment
    by: str
    note: str


class EffectOut(BaseModel):
    key: str
    state: str
    reference: str
    begun_at: Moment
    finished_at: Moment | None


class FileOut(BaseModel):
    id: int
    name: str
    content_type: str
    size: int
    sha256: str
    added_at: Moment
    added_by: str


class AnswerOut(BaseModel):
    """What a person said about the item. Keys with an underscore are the control room's."""

    key: str = Field(
        description="of the question; _accepted: the output a person gave, _sent_back: why not"
    )
    decision: str
    values: dict[str, Any]
    comment: str
    by: str
    at: Moment


class PredictionOut(BaseModel):
    """One value that a model read."""

    attempt: int
    field: str
    value: Any
    confidence: float
    threshold: float | None
    went: str = Field(description="passed, person, sampled or no_gate")
    source: str
    region: dict[str, Any] | None
    model: str
    model_version: str
    document_class: str


class ItemDetail(ItemOut):
    instance: int | None = Field(description="the workflow instance that it belongs to")
    attempts: list[AttemptOut] = Field(description="tries that ended, the oldest first")
    in_hand: HolderOut | None
    parked: ParkedOut | None
    ended: EndedOut | None
    effects: list[EffectOut]
    files: list[FileOut]
    answers: list[AnswerOut] = Field(description="what people answered, for the next try")
    predictions: list[PredictionOut] = Field(description="what models read, by try")
    output: Any = Field(
        description="of an item that is done: what a person gave, else what the last try returned"
    )


class Wish(StrictModel):
    """What to lease. An empty queue answers after `wait_seconds`, or as soon as there is work."""

    max_items: int = Field(default=1, ge=1, le=MAX_LEASED)
    lease_seconds: int | None = Field(default=None, ge=1, le=LONGEST_LEASE_SECONDS)
    wait_seconds: float = Field(default=0, ge=0, le=MAX_WAIT_SECONDS)
    bot: str | None = Field(
        default=None, min_length=1, max_length=150, description="shown to people"
    )
    capabilities: list[Capability] = Field(
        default=[],
        max_length=MAX_CAPABILITIES,
        description="what the bot can do, beside what is known of the bot of this name",
    )


class LeasedOut(BaseModel):
    id: int
    reference: str
    payload: dict[str, Any]
    attempt: int
    lease: LeaseToken
    lease_expires_at: Moment


class LeaseOut(BaseModel):
    items: list[LeasedOut]
    paused: str | None = Field(
        default=None, description="why nothing is leased though there may be items"
    )
    paused_code: HoldCode | None = None
    paused_until: Moment | None = Field(default=None, description="null: nobody knows")


class HeldIn(StrictModel):
    id: Id
    lease: LeaseToken


class RenewIn(StrictModel):
    leases: list[HeldIn] = Field(max_length=MAX_RESULTS)
    lease_seconds: int | None = Field(default=None, ge=1, le=LONGEST_LEASE_SECONDS)


class RenewOut(BaseModel):
    renewed: list[int]
    lost: list[int]


class ResultIn(StrictModel):
    id: Id
    lease: LeaseToken
    outcome: Literal[
        "successful", "business_exception", "application_exception", "released", "asked"
    ]
    output: Any = None
    code: str = Field(default="", max_length=100)
    message: Text = ""
    predictions: AnyObject | None = Field(
        default=None,
        description=(
            "what a model read, of a result that went well: {model, model_version, prompt, "
            "document_class, fields: {path: {value, confidence (0-1), source, "
            "region: {file, page, box}}}}"
        ),
    )
    question: AnyObject | None = Field(
        default=None,
        description=(
            "with the outcome asked: {key, title, text, form, values, "
            "decisions: [{key, title}], offered_to, due_seconds}"
        ),
    )
    available_at: Moment | None = Field(
        default=None, description="not before; for what is released or to be retried"
    )


class FinishIn(StrictModel):
    results: list[ResultIn] = Field(max_length=MAX_RESULTS)


class FinishAndLeaseIn(Wish):
    results: list[ResultIn] = Field(max_length=MAX_RESULTS)
    queue: str = Field(max_length=100)


class RefusedOut(BaseModel):
    id: int
    reason: Literal["lease_lost", "already_finished", "unknown"]


class FinishOut(BaseModel):
    finished: list[int]
    refused: list[RefusedOut]


class FinishAndLeaseOut(FinishOut, LeaseOut):
    pass


class LogLineIn(StrictModel):
    at: Moment | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"
    message: Text
    step: str = Field(default="", max_length=200, description="which part of the work it is about")
    correlation_id: str = Field(
        default="", max_length=100, description="as the request, if left out (X-Request-Id)"
    )
    fields: AnyObject = Field(
        default_factory=dict, description="details, which the search finds; up to 8 kB"
    )


class ProgressIn(StrictModel):
    id: Id
    lease: LeaseToken
    progress: Any = None
    log: list[LogLineIn] = Field(default=[], max_length=MAX_LOG_LINES)


class EffectIn(StrictModel):
    id: Id
    lease: LeaseToken
    key: str = Field(min_length=1, max_length=200)
    state: Literal["begin", "end"]
    reference: str = Field(default="", max_length=300)


class EffectAnswerOut(BaseModel):
    state: Literal["new", "finished", "unknown"]
    reference: str


class ReasonIn(StrictModel):
    reason: Reason = ""


class RetryIn(ReasonIn):
    payload: AnyObject | None = Field(default=None, description="the whole data, corrected")
    version: int | None = Field(default=None, ge=1)


class EditIn(ReasonIn):
    """What is left out stays as it is. `version` is the one that was read: 409 if it moved on."""

    version: int = Field(ge=1)
    payload: AnyObject | None = Field(default=None, description="the whole data")
    priority: int | None = Field(default=None, ge=0, le=100)
    available_at: Moment | None = None
    due_at: Moment | None = None
    expires_at: Moment | None = None
