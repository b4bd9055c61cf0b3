"""What programs send and get."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from apps.lib.schema_forms.personal import masked

from .decisions import Decision, decisions_of, title_of
from .models import UserTask


class DecisionOut(Schema):
    key: str
    title: str
    takes_values: bool
    needs_reason: bool
    needs_reference: bool
    needs_result: bool


class TaskOut(Schema):
    id: int
    version: int = Field(description="what `decide` must name")
    kind: str
    title: str
    reason: str = Field(description="why the bot, or the step, stopped; empty for a form")
    code: str
    item: int | None
    instance: int | None = Field(description="the workflow instance that it belongs to")
    workflow: str | None = Field(description="title of the workflow")
    step: str | None = Field(description="name of the step")
    element: str | None = Field(description="id of the step in the diagram")
    queue: str | None
    form: dict[str, Any] = Field(description="JSON Schema of the values")
    values: dict[str, Any] = Field(description="the data; personal values are masked")
    decisions: list[DecisionOut]
    assignee: str | None
    candidate_groups: list[str] = Field(description="whom the workflow offers it to")
    candidate_users: list[str]
    priority: int
    instructions: str
    due_at: datetime | None
    follow_up_at: datetime | None
    created_at: datetime
    status: str
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None


class TaskPage(Schema):
    items: list[TaskOut]
    next_cursor: str | None


class CommentOut(Schema):
    id: int
    author_name: str
    text: str
    created_at: datetime


class DecideIn(Schema):
    version: int = Field(ge=0, lt=2**31)
    decision: str = Field(max_length=100)
    values: dict[str, Any] | None = None
    comment: str = ""
    reason: str = Field("", description="why; where it is missing, the comment is taken")
    reference: str = Field("", description="its number or name in the outside system")
    result: dict[str, Any] | None = Field(
        None, description="of the step, for `set_result`; where it is missing, `values` is taken"
    )
    code: str = Field("", description="of the error, for `throw`")


def task_out(task: UserTask) -> dict[str, Any]:
    is_closed = not task.is_open
    return {
        "id": task.pk,
        "version": task.version,
        "kind": task.kind,
        "title": task.title,
        "reason": task.reason,
        "code": task.code,
        "item": task.item_id,
        "instance": task.instance_id,
        "workflow": task.facts.get("workflow"),
        "step": task.facts.get("step"),
        "element": task.facts.get("element"),
        "queue": task.queue.key if task.queue else None,
        "form": task.form,
        "values": masked(task.values, task.form),
        "decisions": [_decision_out(decision) for decision in decisions_of(task.decisions)],
        "assignee": task.assignee.username if task.assignee else None,
        "candidate_groups": task.candidate_groups,
        "candidate_users": task.candidate_users,
        "priority": task.priority,
        "instructions": task.instructions,
        "due_at": task.due_at,
        "follow_up_at": task.follow_up_at,
        "created_at": task.created_at,
        "status": task.status,
        "decision": task.decision or None if is_closed else None,
        "decided_by": task.decided_by_name or None if is_closed else None,
        "decided_at": task.decided_at,
    }


def _decision_out(decision: Decision) -> dict[str, Any]:
    return {
        "key": decision.key,
        "title": title_of(decision),
        "takes_values": decision.takes_values,
        "needs_reason": decision.needs_reason,
        "needs_reference": decision.needs_reference,
        "needs_result": decision.needs_result,
    }
