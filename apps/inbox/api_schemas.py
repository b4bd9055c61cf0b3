"""What programs send and get."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from apps.lib.schema_forms.personal import masked

from .decisions import decisions_of, title_of
from .models import UserTask


class DecisionOut(Schema):
    key: str
    title: str
    takes_values: bool
    needs_reason: bool
    needs_reference: bool


class TaskOut(Schema):
    id: int
    version: int = Field(description="what `decide` must name")
    kind: str
    title: str
    reason: str = Field(description="why the bot stopped: the message of the attempt")
    code: str
    item: int | None
    instance: str | None
    queue: str | None
    form: dict[str, Any] = Field(description="JSON Schema of the values")
    values: dict[str, Any] = Field(description="the data; personal values are masked")
    decisions: list[DecisionOut]
    assignee: str | None
    due_at: datetime | None
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
        "instance": None,
        "queue": task.queue.key if task.queue else None,
        "form": task.form,
        "values": masked(task.values, task.form),
        "decisions": [
            {
                "key": decision.key,
                "title": title_of(decision),
                "takes_values": decision.takes_values,
                "needs_reason": decision.needs_reason,
                "needs_reference": decision.needs_reference,
            }
            for decision in decisions_of(task.decisions)
        ],
        "assignee": task.assignee.username if task.assignee else None,
        "due_at": task.due_at,
        "created_at": task.created_at,
        "status": task.status,
        "decision": task.decision or None if is_closed else None,
        "decided_by": task.decided_by_name or None if is_closed else None,
        "decided_at": task.decided_at,
    }
