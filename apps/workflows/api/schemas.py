"""What goes into the calls of workflows, and what comes out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from apps.lib.http import AnyObject, StrictModel
from apps.workflows.forms import MAX_BUSINESS_KEY, MAX_REASON

MAX_NAME = 300
MAX_TTL_SECONDS = 366 * 86_400

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON)]
Status = Literal["running", "paused", "completed", "failed", "cancelled"]


class InstanceIn(StrictModel):
    """`business_key`: your name for it. `version` left out: the latest."""

    variables: AnyObject = Field(default_factory=dict, description="checked by its input schema")
    business_key: Annotated[str, Field(max_length=MAX_BUSINESS_KEY)] = ""
    version: Annotated[int | None, Field(ge=1, le=2_147_483_647)] = None


class ReasonIn(StrictModel):
    reason: Reason = Field(description="kept in the history")


class RetryIn(StrictModel):
    """Which incident, and with which variables; nothing: all that are open, as they are."""

    incident: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    variables: AnyObject = Field(default_factory=dict, description="set before the step is retried")
    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""


class MessageIn(StrictModel):
    """`ttl_seconds`: how long it is kept for somebody who does not wait for it yet."""

    name: Name
    correlation_key: str = Field("", max_length=MAX_NAME)
    variables: AnyObject = Field(default_factory=dict)
    ttl_seconds: float | None = Field(None, ge=0, le=MAX_TTL_SECONDS)


class SignalIn(StrictModel):
    name: Name
    variables: AnyObject = Field(default_factory=dict)


class ContextIn(StrictModel):
    context: AnyObject = Field(default_factory=dict, description="the inputs, by name")


class ProblemOut(BaseModel):
    element: str = Field(description="id of the drawn element, empty for the file")
    line: int | None
    message: str
    advice: str
    severity: Literal["error", "warning"]


class DeployedOut(BaseModel):
    """`also`: when the file has several processes, the others."""

    key: str
    version: int
    warnings: list[ProblemOut]
    report: list[ProblemOut] = Field(description="what a conversion could not carry over")
    queues: list[str] = Field(description="queues that were made for its steps")
    also: list[dict[str, Any]] = []


class WorkflowOut(BaseModel):
    key: str
    title: str
    version: int | None
    deployed_at: datetime | None
    deployed_by: str
    counts: dict[str, int] = Field(description="instances by status, each counted up to 10 001")
    open_incidents: int
    input_schema: dict[str, Any]


class WorkflowPage(BaseModel):
    items: list[WorkflowOut]
    next_cursor: str | None


class StartedOut(BaseModel):
    id: int
    status: Status


class StepOut(BaseModel):
    """Where a token is. `kind`: as drawn, such as `service` or `user`."""

    element_id: str
    name: str
    kind: str
    status: Literal["waiting", "incident"]
    since: datetime
    waits_for: str
    item: int | None = Field(None, description="the work item of a bot's step")


class IncidentOut(BaseModel):
    id: int
    element_id: str
    code: str
    message: str
    opened_at: datetime
    resolved_at: datetime | None


class InstanceOut(BaseModel):
    id: int
    workflow: str
    version: int
    status: Status
    business_key: str
    started_at: datetime
    ended_at: datetime | None
    started_by: str
    reason: str
    error: dict[str, str] | None


class InstanceDetail(InstanceOut):
    """`variables`: of the whole instance, personal ones masked. `history`: visits that are over."""

    variables: dict[str, Any]
    steps: list[StepOut]
    incidents: list[IncidentOut]
    history: list[dict[str, Any]]


class InstancePage(BaseModel):
    items: list[InstanceOut]
    next_cursor: str | None


class PublishedOut(BaseModel):
    """`is_awaited`: somebody listens for it now. If not, it waits until `expires_at`."""

    id: int
    is_awaited: bool
    expires_at: datetime | None


class HeardOut(BaseModel):
    reached: int = Field(description="instances that hear it, and workflows that it starts")


class DecisionDeployedOut(BaseModel):
    key: str
    version: int
    warnings: list[ProblemOut]
    decisions: list[dict[str, Any]] = Field(description="all decisions of the model")


class DecisionOut(BaseModel):
    key: str
    title: str
    version: int | None


class DecisionPage(BaseModel):
    items: list[DecisionOut]
    next_cursor: str | None


class AnswerOut(BaseModel):
    """`matched`: the rules that matched, with what they saw; `applied`: whether it counted."""

    value: Any
    version: int
    matched: list[dict[str, Any]]
    decisions: dict[str, Any]
    warnings: list[str]
