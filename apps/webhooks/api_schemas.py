"""What the API takes and gives of webhooks."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from apps.lib.http import Moment, StrictModel

from .lifecycle.secrets import MAX_OVERLAP_SECONDS, OVERLAP_SECONDS
from .models import MAX_AT_ONCE


class WebhookIn(StrictModel):
    title: Annotated[str, Field(max_length=120)] | None = None
    url: Annotated[str, Field(max_length=1_000, examples=["https://example.com/hook"])] | None = (
        None
    )
    kinds: Annotated[list[str], Field(max_length=100, examples=[["run.failed"]])] | None = None
    of: Annotated[str, Field(max_length=150)] | None = None
    max_at_once: Annotated[int, Field(ge=1, le=MAX_AT_ONCE)] | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class WebhookOut(BaseModel):
    key: str
    title: str
    url: str
    kinds: list[str]
    of: str
    max_at_once: int
    status: str
    failures: int
    last_error: str
    last_success_at: datetime | None
    waiting: int = Field(description="10 000 at most")
    version: int
    secret: str | None = Field(default=None, description="of a new one, told this once")


class WebhookPage(BaseModel):
    items: list[WebhookOut]
    next_cursor: str | None


class WebhookKindOut(BaseModel):
    key: str
    title: str


class WebhookKindsOut(BaseModel):
    items: list[WebhookKindOut]


class OverlapIn(StrictModel):
    overlap_seconds: int = Field(
        default=OVERLAP_SECONDS,
        ge=0,
        le=MAX_OVERLAP_SECONDS,
        description="how long calls are signed with the secrets so far as well",
    )


class NewSecretOut(BaseModel):
    secret: str = Field(description="shown this once")
    holding: int = Field(description="how many secrets sign now, this one included")


class CallOut(BaseModel):
    """What was told to an endpoint, and what became of it."""

    id: int
    uid: str = Field(description="the webhook-id")
    kind: str
    status: str
    tries: int
    replays: int
    answer: int = Field(description="the last status that was answered; 0: none")
    error: str
    made_at: datetime
    next_try_at: datetime | None
    ended_at: datetime | None


class CallPage(BaseModel):
    items: list[CallOut]
    next_cursor: str | None


class TryOut(BaseModel):
    number: int
    at: datetime
    milliseconds: int
    answer: int
    error: str
    request_head: dict[str, Any]
    response_head: dict[str, Any]
    response_body: str


class WholeCallOut(CallOut):
    body: dict[str, Any]
    attempts: list[TryOut]


class ReplayIn(StrictModel):
    since: Moment
    with_delivered: bool = False


class ReplayOut(BaseModel):
    count: int = Field(description="10 000 at most, oldest first; call again for the rest")
