"""The rules of handling, for programs."""

from typing import Any, Literal

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from ninja import Router, Status
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.models import Team
from apps.accounts.permissions import Action, require
from apps.calendars.models import Calendar
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import Cursor, Id, Limit, StrictModel, answer, page
from apps.queues.models import WorkQueue

from .lifecycle.rules import PLAIN, remove_rule, rules_of, save_rule
from .models import HandlingRule

router = Router(tags=["Inbox"])

ROWS: dict[str, type[Model]] = {"queue": WorkQueue, "team": Team, "calendar": Calendar}


class RungIn(StrictModel):
    """When: `at_share` of the time until it is due (1: when it is due), or `after_seconds`."""

    do: Literal["remind", "reassign", "manager", "decide"]
    at_share: float | None = Field(default=None, gt=0, le=100)
    after_seconds: int | None = Field(default=None, ge=1, le=2_147_483_647)
    team: str = Field(default="", max_length=60, description="of reassign; empty: back to all")
    decision: str = Field(default="", max_length=100, description="of decide: its key")


class RuleIn(StrictModel):
    """What is left out keeps its value, or gets the default in a new rule."""

    title: str | None = Field(default=None, min_length=1, max_length=150)
    position: int | None = Field(default=None, ge=0, le=32_000, description="the first match holds")
    is_on: bool | None = None
    kind: str | None = Field(default=None, max_length=20, description='"": every kind')
    queue: str | None = Field(default=None, max_length=100, description="key; null: every queue")
    workflow: str | None = Field(default=None, max_length=200, description="key of a workflow")
    step: str | None = Field(default=None, max_length=200, description="id in its diagram")
    code: str | None = Field(default=None, max_length=100, description="* stands for anything")
    team: str | None = Field(default=None, max_length=60, description="key; null: everybody")
    assignment: Literal["pool", "round_robin", "least_loaded"] | None = None
    votes_needed: int | None = Field(default=None, ge=1, le=50)
    due_seconds: int | None = Field(default=None, ge=1, le=2_147_483_647)
    calendar: str | None = Field(default=None, max_length=60, description="key; null: always open")
    at_risk_share: float | None = Field(default=None, gt=0, le=1)
    ladder: list[RungIn] | None = Field(default=None, max_length=20)


class RuleOut(BaseModel):
    id: int
    title: str
    position: int
    is_on: bool
    kind: str
    queue: str | None
    workflow: str
    step: str
    code: str
    team: str | None
    assignment: str
    votes_needed: int
    due_seconds: int | None
    calendar: str | None
    at_risk_share: float
    ladder: list[dict[str, Any]]


class RulePage(BaseModel):
    items: list[RuleOut]
    next_cursor: str | None


@router.get("/handling-rules", response=RulePage, summary="List the rules of handling, in order")
def list_rules(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    found = page(_visible(request), order=("position", "id"), limit=limit, cursor=cursor)
    return answer({"items": [_out(each) for each in found.items],
        "next_cursor": found.next_cursor})  # fmt: skip


@router.get("/handling-rules/{rule}", response=RuleOut, summary="Look at a rule of handling")
def get_rule(request: TokenRequest, rule: Id) -> HttpResponse:
    return answer(_out(_find(request, rule)))


@router.post("/handling-rules", response={201: RuleOut}, summary="Make a rule of handling")
def post_rule(request: TokenRequest, body: RuleIn) -> HttpResponse:
    """It holds for new tasks; those that are open keep what they were given."""
    require(request.user, Action.DESIGN, request.folder.pk)
    rule = HandlingRule(folder=request.folder)
    save_rule(rule, _values(request, body), by=request.actor)
    return answer(_out(rule), status=201)


@router.put("/handling-rules/{rule}", response=RuleOut, summary="Change a rule of handling")
def put_rule(request: TokenRequest, rule: Id, body: RuleIn) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    found = _find(request, rule)
    save_rule(found, _values(request, body), by=request.actor)
    return answer(_out(found))


@router.delete("/handling-rules/{rule}", response={204: None}, summary="Remove a rule of handling")
def delete_rule(request: TokenRequest, rule: Id) -> Status[Any]:
    require(request.user, Action.DESIGN, request.folder.pk)
    remove_rule(_find(request, rule), by=request.actor)
    return Status(204, None)


def _visible(request: TokenRequest) -> QuerySet[HandlingRule]:
    require(request.rights, Action.VIEW, request.folder.pk)
    found: QuerySet[HandlingRule] = rules_of(request.folder)
    return found


def _find(request: TokenRequest, number: int) -> HandlingRule:
    rule = _visible(request).filter(pk=number).first()
    if rule is None:
        raise NotFoundError(f"There is no rule of handling {number} in this folder.")
    return rule


def _values(request: TokenRequest, body: RuleIn) -> dict[str, Any]:
    """What is null means nothing, but for what can be empty."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    values = {
        name: value
        for name, value in given.items()
        if name in PLAIN and (value is not None or name == "due_seconds")
    }
    for name, model in ROWS.items():
        if name in given:
            values[name] = _row(request, name, model, given[name])
    if body.ladder is not None:
        values["ladder"] = [rung.model_dump() for rung in body.ladder]
    return values


def _row(request: TokenRequest, name: str, model: type[Model], key: str | None) -> Model | None:
    if key is None:
        return None
    found = model._default_manager.filter(folder=request.folder, key=key).first()
    if found is None:
        problem = FieldProblem(name, f"{key!r} is not in this folder")
        raise InvalidError(f"{name}: {problem.message}.", fields=[problem])
    return found


def _out(rule: HandlingRule) -> dict[str, Any]:
    rows = {"queue": rule.queue, "team": rule.team, "calendar": rule.calendar}
    return {
        "id": rule.pk,
        **{name: getattr(rule, name) for name in PLAIN},
        **{name: row.key if row else None for name, row in rows.items()},
        "ladder": rule.ladder,
    }
