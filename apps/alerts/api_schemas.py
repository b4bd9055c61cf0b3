"""Bodies and answers of the calls about alerts."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from apps.lib.http import AnyObject, Id, Moment, StrictModel

from .lifecycle.silencing import MAX_REASON
from .models.alerts import MAX_COMMENT

MAX_VERSION = 2**31 - 1
MAX_CHOSEN = 500

Severity = Literal["critical", "warning", "info"]
AlertStatus = Literal["firing", "acknowledged", "snoozed", "resolved"]


class AlertOut(BaseModel):
    """Something that people are to know."""

    id: int
    source: Literal["rule", "trigger", "application"]
    rule: str = Field(description="key of the rule; empty if there is none, or it was removed")
    title: str
    text: str = Field(description="what was so when it fired, in words")
    severity: Severity
    runbook_url: str
    group: str
    seen: list[dict[str, Any]] = Field(description="each condition: {condition, value, holds}")
    count: int = Field(description="how often a trigger raised it meanwhile")
    status: AlertStatus
    owner: str = Field(description="user name")
    team: str = Field(description="its key")
    since: Moment = Field(description="since when its conditions hold")
    fired_at: Moment
    acknowledged_at: Moment | None = Field(description="the first time")
    acknowledged_by: str
    snoozed_until: Moment | None
    resolved_at: Moment | None
    resolved_by: str = Field(description="the person; empty if it ended by itself")
    end: Literal["", "cleared", "person", "changed"]
    told_at: Moment | None = Field(description="when people were told last")


class AlertPage(BaseModel):
    items: list[AlertOut]
    next_cursor: str | None


class ChosenIn(StrictModel):
    ids: list[Id] = Field(min_length=1, max_length=MAX_CHOSEN)


class AcknowledgedOut(BaseModel):
    acknowledged: list[int]
    left: list[int] = Field(description="over, taken by somebody, or not there")


class SnoozeIn(StrictModel):
    until: Moment = Field(description="a time ahead, within 31 days")


class AssignIn(StrictModel):
    owner: str = Field(default="", max_length=150, description='user name, "" for nobody')
    team: str = Field(default="", max_length=60, description='its key, "" for none')


class CommentIn(StrictModel):
    text: str = Field(min_length=1, max_length=MAX_COMMENT)


class CommentOut(BaseModel):
    id: int
    text: str
    by: str
    at: Moment


class CommentPage(BaseModel):
    items: list[CommentOut]
    next_cursor: str | None


class RuleIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new rule."""

    title: str | None = Field(default=None, min_length=1, max_length=150)
    description: str | None = Field(default=None, max_length=5_000)
    rule: AnyObject | None = Field(
        default=None,
        description='{"all" or "any": [{"metric": "queue.ready", "queue": …, "op": ">=", '
        '"value": 500, "clear": 300}, …], "for_seconds": 300, "clear_seconds": 60, "zone": …}',
    )
    severity: Severity | None = None
    owner: str | None = Field(default=None, max_length=150, description="user name")
    team: str | None = Field(default=None, max_length=60, description="its key")
    runbook_url: str | None = Field(default=None, max_length=500)
    group: str | None = Field(
        default=None, max_length=60, description="alerts of one group are told together"
    )
    calendar: str | None = Field(default=None, max_length=60, description='its key, "" for none')
    outside_hours: Literal["tell", "wait"] | None = None
    version: int | None = Field(
        default=None,
        ge=0,
        le=MAX_VERSION,
        description="the one that was read, 0 for a new rule: 409 if it is another by now",
    )


class RuleOut(BaseModel):
    key: str
    title: str
    description: str
    rule: dict[str, Any]
    severity: Severity
    owner: str
    team: str
    runbook_url: str
    group: str
    calendar: str
    outside_hours: Literal["tell", "wait"]
    version: int
    status: Literal["on", "off"]
    phase: Literal["calm", "pending", "firing", "clearing", "dismissed"] = Field(
        description="where its conditions stand"
    )
    phase_since: Moment | None
    sentence: str = Field(description="when it fires, in words")
    created_at: Moment
    updated_at: Moment


class RulePage(BaseModel):
    items: list[RuleOut]
    next_cursor: str | None


class TryIn(StrictModel):
    rule: AnyObject


class TriedAlert(BaseModel):
    since: Moment
    fired_at: Moment
    ended_at: Moment | None = Field(description="null: it would be open still")
    worst: float | None


class TriedOut(BaseModel):
    """What a rule would have done in the last 14 days, judged by the end of each minute."""

    since: Moment
    until: Moment
    bound: Literal["exact", "at_most", "at_least", "about", "nothing"] = Field(
        description="how sure the number is; nothing: none of its conditions has a history"
    )
    sentence: str
    known_since: Moment | None = Field(description="before it nothing is known")
    left_out: list[dict[str, Any]] = Field(description="conditions without a history")
    alerts: list[TriedAlert]


class SilenceIn(StrictModel):
    rule: str = Field(default="", max_length=100, description='its key, "" for all of the folder')
    starts_at: Moment | None = Field(default=None, description="null: now")
    ends_at: Moment = Field(description="within 31 days of its beginning")
    reason: str = Field(min_length=1, max_length=MAX_REASON)


class SilenceOut(BaseModel):
    id: int
    rule: str
    starts_at: Moment
    ends_at: Moment
    reason: str
    by: str


class SilencePage(BaseModel):
    items: list[SilenceOut]
    next_cursor: str | None


class NoiseOut(BaseModel):
    rule: int | None
    title: str
    source: str
    fired: int
    told: int
    acknowledged: int
    ignored: int = Field(description="ended by themselves before anybody cared")
    over: int
    median_seconds: float


class NoiseList(BaseModel):
    items: list[NoiseOut]


class CheckInOut(BaseModel):
    key: str
    at: Moment
