"""The inbox for programs: the same tasks, the same verbs, effective at once."""

from typing import Any, Literal

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import Exact
from ninja import Query, Schema, Status
from pydantic import AwareDatetime, Field

from apps.accounts.http import TokenRequest
from apps.accounts.lifecycle import people_of
from apps.accounts.permissions import Action
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.pagination import DEFAULT_LIMIT, MAX_LIMIT, page_of

from . import api_approvals, api_deciding, lifecycle
from .api_common import find_task, router, visible_tasks
from .api_schemas import CommentOut, TaskDetail, TaskOut, TaskPage, task_detail_out, task_out
from .listing import MOST_URGENT_FIRST, NEWEST_DECISION_FIRST
from .models import UserTask


class TaskQuery(Schema):
    status: Literal["open", "completed", "cancelled", "expired"] | None = None
    instance: int | None = Field(
        None, description="tasks of a workflow instance, and of its items", ge=1, lt=2**63
    )
    group: str | None = Field(None, description="offered to this group", max_length=200)
    candidate: str | None = Field(None, description="offered to this user", max_length=150)
    reference: str | None = Field(None, description="of an approval", max_length=200)
    item: int | None = Field(None, description="tasks of a work item", ge=1, lt=2**63)
    queue: str | None = Field(None, description="key of the queue", max_length=100)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str = Field("", max_length=1000)


class ClaimIn(Schema):
    take_over: bool = Field(False, description="also when somebody else has it")


class ReassignIn(Schema):
    assignee: str = Field(max_length=150, description="user name")
    reason: str = Field("", max_length=2000)


class SnoozeIn(Schema):
    until: AwareDatetime | None


class CommentIn(Schema):
    text: str


@router.get("", response=TaskPage, summary="List tasks, most urgent first")
def list_tasks(request: TokenRequest, wanted: Query[TaskQuery]) -> dict[str, Any]:
    tasks = visible_tasks(request).filter(_of_reference(wanted.reference), **_conditions(wanted))
    is_past = wanted.status not in (None, "open")
    order = NEWEST_DECISION_FIRST if is_past else MOST_URGENT_FIRST
    page = page_of(tasks, order=order, limit=wanted.limit, cursor=wanted.cursor)
    return {"items": [task_out(task) for task in page.items], "next_cursor": page.next_cursor}


def _conditions(wanted: TaskQuery) -> dict[str, Any]:
    asked = {
        "status": wanted.status,
        "instance_id": wanted.instance,
        "item_id": wanted.item,
        "queue__key": wanted.queue,
        "candidate_groups__contains": [wanted.group] if wanted.group else None,
        "candidate_users__contains": [wanted.candidate] if wanted.candidate else None,
    }
    return {name: value for name, value in asked.items() if value}


def _of_reference(text: str | None) -> Q:
    # as the index has it
    said = Exact(KeyTextTransform("reference", "facts"), text)
    return Q(said, kind=UserTask.Kind.APPROVAL) if text else Q()


@router.get("/{int:task_id}", response=TaskDetail, summary="Show a task")
def get_task(request: TokenRequest, task_id: int) -> dict[str, Any]:
    return task_detail_out(find_task(request, task_id))


@router.post("/{int:task_id}/claim", response=TaskOut, summary="Take a task")
def claim(request: TokenRequest, task_id: int, body: ClaimIn | None = None) -> dict[str, Any]:
    """409 when somebody else has it, unless `take_over` is true."""
    task = find_task(request, task_id, Action.DECIDE)
    take_over = body is not None and body.take_over
    lifecycle.claim_task(task, by=request.actor, take_over=take_over)
    return task_out(find_task(request, task_id))


@router.post("/{int:task_id}/release", response=TaskOut, summary="Give a task back to everybody")
def release(request: TokenRequest, task_id: int) -> dict[str, Any]:
    lifecycle.release_task(find_task(request, task_id, Action.DECIDE), by=request.actor)
    return task_out(find_task(request, task_id))


@router.post("/{int:task_id}/reassign", response=TaskOut, summary="Hand a task to somebody")
def reassign(request: TokenRequest, task_id: int, body: ReassignIn) -> dict[str, Any]:
    task = find_task(request, task_id, Action.DECIDE)
    people = people_of(request.folder).filter(is_active=True)
    person = people.filter(username=body.assignee).first()
    if person is None:
        problem = FieldProblem("assignee", "is nobody we know")
        raise InvalidError(f"There is no user {body.assignee!r}.", fields=[problem])
    lifecycle.reassign_task(task, to=person, by=request.actor, reason=body.reason)
    return task_out(find_task(request, task_id))


@router.post("/{int:task_id}/comments", response={201: CommentOut}, summary="Comment on a task")
def comment(request: TokenRequest, task_id: int, body: CommentIn) -> Status[Any]:
    task = find_task(request, task_id, Action.DECIDE)
    return Status(201, lifecycle.add_comment(task, body.text, by=request.actor))


@router.post("/{int:task_id}/snooze", response=TaskOut, summary="Put a task off")
def snooze(request: TokenRequest, task_id: int, body: SnoozeIn) -> dict[str, Any]:
    """Until then the lists of people leave it out; its clock goes on. `null` brings it back."""
    task = find_task(request, task_id, Action.DECIDE)
    if body.until is None:
        lifecycle.wake_task(task, by=request.actor)
    else:
        lifecycle.snooze_task(task, body.until, by=request.actor)
    return task_out(find_task(request, task_id))


# these register on the same router
__all__ = ["api_approvals", "api_deciding", "router"]
