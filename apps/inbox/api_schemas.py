"""What programs send and get."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from apps.lib.schema_forms.personal import masked

from .decisions import Decision, decisions_of, title_of
from .models import PendingDecision, UserTask
from .predicted import predicted_of


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
    decided_values: dict[str, Any] | None = Field(
        description="the values that were decided; personal values are masked"
    )
    decision_reason: str
    decision_reference: str
    reference: str = Field(description="what the program that asked calls it; of approvals")
    offered_to: list[str] = Field(description="tokens: `user:5`, `team:3`, `role:supervisor`")
    team: str | None = Field(description="key of the team whose pool it lies in")
    votes_needed: int
    doubtful: list[str] = Field(description="fields that must be confirmed or changed")
    snoozed_until: datetime | None


class PendingOut(Schema):
    decision: str
    decided_by: str
    takes_effect_at: datetime


class VoteOut(Schema):
    decision: str
    by: str
    at: datetime
    counts: bool = Field(description="false: given before the data changed")


class TaskDetail(TaskOut):
    pending: PendingOut | None = Field(description="a decision that can still be undone")
    votes: list[VoteOut]


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
    confirmed: list[str] = Field(
        [],
        description="dotted paths of doubtful fields that are right as they are",
        max_length=2000,
    )
    correction_reasons: dict[str, str] = Field(
        {}, description="why fields were corrected: {dotted path: code of a reason}"
    )


def task_out(task: UserTask) -> dict[str, Any]:
    is_closed, predicted = not task.is_open, predicted_of(task.predictions)
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
        "decided_values": _decided_values(task),
        "decision_reason": task.decision_comment,
        "decision_reference": task.decision_reference,
        "reference": str(task.facts.get("reference") or ""),
        "offered_to": task.offered_to,
        "team": task.team.key if task.team else None,
        "votes_needed": task.votes_needed,
        "doubtful": predicted.doubtful if predicted and not predicted.is_blind else [],
        "snoozed_until": task.snoozed_until,
    }


def task_detail_out(task: UserTask) -> dict[str, Any]:
    """The same, with what is on its way: votes, and a decision that can be undone."""
    pending = PendingDecision.objects.filter(pk=task.pk).first()
    return {
        **task_out(task),
        "pending": pending
        and {
            "decision": pending.decision,
            "decided_by": pending.user_name,
            "takes_effect_at": pending.takes_effect_at,
        },
        "votes": [
            {
                "decision": vote.decision,
                "by": vote.user_name,
                "at": vote.made_at,
                "counts": vote.version == task.version or not task.is_open,
            }
            for vote in (task.votes.all() if task.votes_needed > 1 else [])
        ],
    }


def _decided_values(task: UserTask) -> dict[str, Any] | None:
    found = None if task.is_open else task.decision_values
    return masked(found, task.form) if isinstance(found, dict) else None


def _decision_out(decision: Decision) -> dict[str, Any]:
    return {
        "key": decision.key,
        "title": title_of(decision),
        "takes_values": decision.takes_values,
        "needs_reason": decision.needs_reason,
        "needs_reference": decision.needs_reference,
        "needs_result": decision.needs_result,
    }
