"""The inbox for programs: the same tasks, the same verbs, effective at once."""

from typing import Any, Literal

from django.db.models import QuerySet
from ninja import Query, Router, Schema, Status
from pydantic import Field

from apps.accounts.http import TokenRequest
from apps.accounts.models import User
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.pagination import DEFAULT_LIMIT, MAX_LIMIT, page_of
from apps.lib.schema import check_schema, unmask

from . import lifecycle
from .api_schemas import CommentOut, DecideIn, TaskOut, TaskPage, task_out
from .decisions import MAX_REASON, MAX_REFERENCE, THROW, Decision, pick
from .listing import MOST_URGENT_FIRST, NEWEST_DECISION_FIRST
from .models import UserTask

router = Router(tags=["Inbox"])

RELATED = ("queue", "item", "assignee", "decided_by")


class TaskQuery(Schema):
    status: Literal["open", "completed", "cancelled", "expired"] | None = None
    instance: int | None = Field(
        None, description="tasks of a workflow instance, and of its items", ge=1, lt=2**63
    )
    group: str | None = Field(None, description="offered to this group", max_length=200)
    candidate: str | None = Field(None, description="offered to this user", max_length=150)
    item: int | None = Field(None, description="tasks of a work item", ge=1, lt=2**63)
    queue: str | None = Field(None, description="key of the queue", max_length=100)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str = Field("", max_length=1000)


class ClaimIn(Schema):
    take_over: bool = Field(False, description="also when somebody else has it")


class ReassignIn(Schema):
    assignee: str = Field(max_length=150, description="user name")
    reason: str = Field("", max_length=2000)


class CommentIn(Schema):
    text: str


@router.get("", response=TaskPage, summary="List tasks, most urgent first")
def list_tasks(request: TokenRequest, wanted: Query[TaskQuery]) -> dict[str, Any]:
    tasks = _visible(request).filter(**_conditions(wanted))
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


@router.get("/{int:task_id}", response=TaskOut, summary="Show a task")
def get_task(request: TokenRequest, task_id: int) -> dict[str, Any]:
    return task_out(_find(request, task_id))


@router.post("/{int:task_id}/claim", response=TaskOut, summary="Take a task")
def claim(request: TokenRequest, task_id: int, body: ClaimIn | None = None) -> dict[str, Any]:
    """409 when somebody else has it, unless `take_over` is true."""
    task = _find(request, task_id, Action.DECIDE)
    take_over = body is not None and body.take_over
    lifecycle.claim_task(task, by=request.actor, take_over=take_over)
    return task_out(_find(request, task_id))


@router.post("/{int:task_id}/release", response=TaskOut, summary="Give a task back to everybody")
def release(request: TokenRequest, task_id: int) -> dict[str, Any]:
    lifecycle.release_task(_find(request, task_id, Action.DECIDE), by=request.actor)
    return task_out(_find(request, task_id))


@router.post("/{int:task_id}/reassign", response=TaskOut, summary="Hand a task to somebody")
def reassign(request: TokenRequest, task_id: int, body: ReassignIn) -> dict[str, Any]:
    task = _find(request, task_id, Action.DECIDE)
    person = User.objects.filter(username=body.assignee, is_active=True).first()
    if person is None:
        problem = FieldProblem("assignee", "is nobody we know")
        raise InvalidError(f"There is no user {body.assignee!r}.", fields=[problem])
    lifecycle.reassign_task(task, to=person, by=request.actor, reason=body.reason)
    return task_out(_find(request, task_id))


@router.post("/{int:task_id}/comments", response={201: CommentOut}, summary="Comment on a task")
def comment(request: TokenRequest, task_id: int, body: CommentIn) -> Status[Any]:
    task = _find(request, task_id, Action.DECIDE)
    return Status(201, lifecycle.add_comment(task, body.text, by=request.actor))


@router.post("/{int:task_id}/decide", response=TaskOut, summary="Decide a task")
def decide(request: TokenRequest, task_id: int, body: DecideIn) -> dict[str, Any]:
    """Exactly one decision is taken, on the version that was seen.

    `values` replaces the named values of the task, the others stay; personal values that are sent
    back masked stay as they are. A missing `reason` or `reference` is looked for in `values`, then
    the comment is taken. 409 says who decided what and when.

    About an incident: `edit_and_retry` sets the variables in `values`, `set_result` takes `result`
    (or `values`) as what the step found, `throw` raises the error `code`.
    """
    task = _find(request, task_id, Action.DECIDE)
    decision = pick(task.decisions, body.decision)
    lifecycle.decide(
        task,
        lifecycle.Answer(
            decision=decision.key,
            version=body.version,
            payload=_payload(task, body),
            result=body.values if body.result is None else body.result,
            reason=body.reason or _said(decision, body, "reason", MAX_REASON),
            reference=_reference(decision, body),
            comment=body.comment,
        ),
        by=request.actor,
    )
    return task_out(_find(request, task_id))


def _payload(task: UserTask, body: DecideIn) -> dict[str, Any] | None:
    if body.values is None:
        return None
    values = body.values if check_schema(task.form) else unmask(body.values, task.values, task.form)
    return {**task.values, **values}


def _reference(decision: Decision, body: DecideIn) -> str:
    name = "code" if decision.key == THROW.key else "reference"
    said = body.reference or (body.code if name == "code" else "")
    return said or _said(decision, body, name, MAX_REFERENCE)


def _said(decision: Decision, body: DecideIn, name: str, longest: int) -> str:
    """Return what a program said elsewhere: among values that are not data, or as the comment."""
    among_values = None if decision.takes_values else (body.values or {}).get(name)
    said = among_values if isinstance(among_values, str) else body.comment
    return said[:longest]


def _visible(request: TokenRequest) -> QuerySet[UserTask]:
    require(request.rights, Action.VIEW, request.folder.pk)
    found: QuerySet[UserTask] = UserTask.objects.filter(folder_id=request.folder.pk)
    return found.select_related(*RELATED)


def _find(request: TokenRequest, task_id: int, action: Action = Action.VIEW) -> UserTask:
    task = _visible(request).filter(pk=task_id).first() if task_id < 2**63 else None
    if task is None:
        raise NotFoundError(f"There is no user task {task_id} in this folder.")
    require(request.rights, action, task.folder_id)
    return task
