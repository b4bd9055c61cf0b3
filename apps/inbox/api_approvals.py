"""Approvals for programs: ask people, look how it stands, withdraw."""

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Schema
from pydantic import AwareDatetime, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require

from . import lifecycle
from .api_common import find_task, router
from .api_schemas import TaskOut, task_out


class DecisionIn(Schema):
    key: str = Field(max_length=100)
    title: str = Field("", max_length=100)
    effect: str = Field("", max_length=300, description="what will happen, for who is to choose")
    takes_values: bool = True
    needs_reason: bool = False
    needs_reference: bool = False
    style: Literal["", "primary", "danger"] = ""


class ApprovalIn(Schema):
    title: str = Field(max_length=300)
    text: str = Field("", description="what people should know")
    form: dict[str, Any] = Field({}, description="JSON Schema of the values; none: no form")
    values: dict[str, Any] = Field({}, description="what the form starts with")
    decisions: list[DecisionIn] = Field([], description="none: approve, reject")
    offered_to: list[str] = Field(
        [], description="names of teams, roles and users; none: whoever may decide", max_length=100
    )
    not_by: list[str] = Field(
        [], description="user names of people who may not decide it (four eyes)", max_length=100
    )
    team: str = Field("", max_length=60, description="key of the team whose pool it lies in")
    due_at: AwareDatetime | None = None
    votes_needed: int = Field(1, description="how many people must decide the same")
    reference: str = Field("", description="what you call it; lists can be asked for it")
    send_links: bool = Field(
        False, description="send everybody who is asked a link to decide with, without signing in"
    )


@router.post("", response={201: TaskOut}, summary="Ask for an approval")
def ask(request: TokenRequest, body: ApprovalIn) -> HttpResponse:
    """Opens a task of kind `approval`. Poll `GET /user-tasks/{id}`: `status` becomes `completed`,
    with `decision`, `decided_values`, `decided_by` and `decided_at`.

    `Idempotency-Key` is honoured.
    """
    require(request.rights, Action.OPERATE, request.folder.pk)
    said = body.dict(exclude={"send_links", "decisions"})
    chosen = [each.dict(exclude_defaults=True) for each in body.decisions]
    new = lifecycle.NewApproval(**said, decisions=chosen, has_links=body.send_links)

    def call() -> tuple[int, Any]:
        task = lifecycle.ask_approval(new, request.folder, by=request.actor)
        return 201, task_out(find_task(request, task.pk))

    return carry_out_once(request, call)


@router.post("/{int:task_id}/withdraw", response=TaskOut, summary="Withdraw an approval")
def withdraw(request: TokenRequest, task_id: int) -> dict[str, Any]:
    """Nobody need decide it any more; one that has been decided stays so."""
    task = find_task(request, task_id, Action.OPERATE)
    lifecycle.withdraw_approval(task, by=request.actor)
    return task_out(find_task(request, task_id))
