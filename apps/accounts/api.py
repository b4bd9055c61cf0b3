"""Teams and absences for programs."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from apps.lib.errors import FieldProblem, InvalidError, NotAllowedError, NotFoundError
from apps.lib.http import Cursor, Id, Limit, Moment, StrictModel, answer, page

from .absences import absences_of, add_absence, may_enter_absence, remove_absence
from .http import TokenRequest
from .lifecycle import people_of
from .models import Absence, Team, User
from .permissions import Action, require
from .teams import remove_team, save_team, teams_of

router = Router(tags=["People"])

UserName = Annotated[str, Field(max_length=150)]


class TeamIn(StrictModel):
    """All optional; what is left out keeps its value."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    manager: UserName | None = Field(default=None, description="user name; null for nobody")
    members: list[UserName] | None = Field(
        default=None, max_length=1_000, description="user names: all of them, who is left out goes"
    )


class TeamOut(BaseModel):
    key: str
    title: str
    manager: str | None
    members: list[str]


class TeamPage(BaseModel):
    items: list[TeamOut]
    next_cursor: str | None


class AbsenceIn(StrictModel):
    user: UserName
    starts_at: Moment
    ends_at: Moment
    deputy: UserName | None = Field(default=None, description="who decides in their place")
    note: str = Field(default="", max_length=300)


class AbsenceOut(BaseModel):
    id: int
    user: str
    starts_at: Moment
    ends_at: Moment
    deputy: str | None
    note: str
    added_by: str


class AbsencePage(BaseModel):
    items: list[AbsenceOut]
    next_cursor: str | None


@router.get("/teams", response=TeamPage, summary="List teams")
def list_teams(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    found = page(teams_of(request.folder), order=("key", "id"), limit=limit, cursor=cursor)
    return answer({"items": [_team(each) for each in found.items],
        "next_cursor": found.next_cursor})  # fmt: skip


@router.get("/teams/{key}", response=TeamOut, summary="Look at a team")
def get_team(request: TokenRequest, key: str) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    return answer(_team(_find_team(request, key)))


@router.put("/teams/{key}", response={200: TeamOut, 201: TeamOut}, summary="Make or change a team")
def put_team(request: TokenRequest, key: str, body: TeamIn) -> HttpResponse:
    """201 when it was made, 200 when it was there."""
    require(request.user, Action.ADMINISTER, request.folder.pk)
    known = teams_of(request.folder).filter(key=key).first()
    team = known or Team(folder=request.folder, key=key, title=key)
    save_team(team, _team_values(request, body), by=request.actor)
    return answer(_team(team), status=200 if known else 201)


@router.delete("/teams/{key}", response={204: None}, summary="Remove a team")
def delete_team(request: TokenRequest, key: str) -> Status[Any]:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    remove_team(_find_team(request, key), by=request.actor)
    return Status(204, None)


@router.get("/absences", response=AbsencePage, summary="List who is away, or will be")
def list_absences(
    request: TokenRequest, limit: Limit, cursor: Cursor, user: Query[str] = ""
) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    people = people_of(request.folder)
    rows = absences_of(people.filter(username=user) if user else people)
    found = page(rows, order=("starts_at", "id"), limit=limit, cursor=cursor)
    return answer({"items": [_absence(each) for each in found.items],
        "next_cursor": found.next_cursor})  # fmt: skip


@router.post("/absences", response={201: AbsenceOut}, summary="Enter when somebody is away")
def post_absence(request: TokenRequest, body: AbsenceIn) -> HttpResponse:
    """One's own, or anybody's in the folder with the right to operate it."""
    person = _user(request, "user", body.user)
    _insist_that_may_enter(request, person)
    starts_at, ends_at = body.starts_at, body.ends_at
    assert isinstance(starts_at, datetime)
    assert isinstance(ends_at, datetime)
    absence = add_absence(
        person,
        starts_at=starts_at,
        ends_at=ends_at,
        deputy=_user(request, "deputy", body.deputy) if body.deputy else None,
        note=body.note,
        by=request.actor,
        folder=request.folder,
    )
    return answer(_absence(absence), status=201)


@router.delete("/absences/{absence}", response={204: None}, summary="Take an absence back")
def delete_absence(request: TokenRequest, absence: Id) -> Status[Any]:
    found = absences_of(people_of(request.folder)).filter(pk=absence).first()
    if found is None:
        raise NotFoundError(f"There is no absence {absence} in this folder.")
    _insist_that_may_enter(request, found.user)
    remove_absence(found, by=request.actor, folder=request.folder)
    return Status(204, None)


def _find_team(request: TokenRequest, key: str) -> Team:
    team = teams_of(request.folder).filter(key=key).first()
    if team is None:
        raise NotFoundError(f"There is no team {key!r} in this folder.")
    return team


def _team_values(request: TokenRequest, body: TeamIn) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if body.title is not None:
        values["title"] = body.title
    if "manager" in body.model_fields_set:
        values["manager"] = _user(request, "manager", body.manager) if body.manager else None
    if body.members is not None:
        values["members"] = [_user(request, "members", name) for name in body.members]
    return values


def _user(request: TokenRequest, path: str, username: str) -> User:
    person = people_of(request.folder).filter(username=username, is_active=True).first()
    if person is None:
        problem = FieldProblem(path, f"{username!r} is nobody in this folder")
        raise InvalidError(f"{path}: {problem.message}.", fields=[problem])
    return person


def _insist_that_may_enter(request: TokenRequest, person: User) -> None:
    if not may_enter_absence(request.user, person, request.folder):
        raise NotAllowedError("Only supervisors and admins enter when others are away.")


def _team(team: Team) -> dict[str, Any]:
    return {
        "key": team.key,
        "title": team.title,
        "manager": team.manager.username if team.manager else None,
        "members": list(team.members.order_by("username").values_list("username", flat=True)),
    }


def _absence(absence: Absence) -> dict[str, Any]:
    return {
        "id": absence.pk,
        "user": absence.user.username,
        "starts_at": absence.starts_at,
        "ends_at": absence.ends_at,
        "deputy": absence.deputy.username if absence.deputy else None,
        "note": absence.note,
        "added_by": absence.added_by,
    }
