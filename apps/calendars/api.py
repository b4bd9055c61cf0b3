"""Calendars for programs."""

from typing import Any

from django.http import HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.lib.http import AnyObject, Cursor, Limit, Moment, StrictModel, answer, page

from .lifecycle import calendars_of, save_calendar
from .models import Calendar

router = Router(tags=["People"])


class CalendarIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new calendar."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    time_zone: str | None = Field(default=None, max_length=64, description="as Europe/Berlin")
    week: AnyObject | None = Field(
        default=None, description='{"mon": [["09:00", "17:00"]], …}: what is left out is closed'
    )
    country: str | None = Field(
        default=None, max_length=10, description="whose public holidays are closed, as DE"
    )
    subdivision: str | None = Field(default=None, max_length=10, description="as BY")
    days: AnyObject | None = Field(
        default=None, description='days of one\'s own: {"2026-12-24": []} is closed'
    )


class CalendarOut(BaseModel):
    key: str
    title: str
    time_zone: str
    week: dict[str, Any]
    country: str
    subdivision: str
    days: dict[str, Any]
    created_at: Moment


class CalendarPage(BaseModel):
    items: list[CalendarOut]
    next_cursor: str | None


@router.get("/calendars", response=CalendarPage, summary="List calendars")
def list_calendars(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    found = page(_visible(request), order=("key", "id"), limit=limit, cursor=cursor)
    return answer({"items": [_out(each) for each in found.items], "next_cursor": found.next_cursor})


@router.get("/calendars/{key}", response=CalendarOut, summary="Look at a calendar")
def get_calendar(request: TokenRequest, key: str) -> HttpResponse:
    calendar = _visible(request).filter(key=key).first()
    if calendar is None:
        raise NotFoundError(f"There is no calendar {key!r} in this folder.")
    return answer(_out(calendar))


@router.put(
    "/calendars/{key}",
    response={200: CalendarOut, 201: CalendarOut},
    summary="Make or change a calendar",
)
def put_calendar(request: TokenRequest, key: str, body: CalendarIn) -> HttpResponse:
    """201 when it was made, 200 when it was there. 422 names each field that does not fit."""
    require(request.user, Action.DESIGN, request.folder.pk)
    known = calendars_of(request.folder).filter(key=key).first()
    calendar = known or Calendar(folder=request.folder, key=key, title=key)
    given = {name: getattr(body, name) for name in body.model_fields_set}
    values = {name: value for name, value in given.items() if value is not None}
    save_calendar(calendar, values, by=request.actor)
    calendar.refresh_from_db()
    return answer(_out(calendar), status=200 if known else 201)


def _visible(request: TokenRequest) -> Any:
    require(request.rights, Action.VIEW, request.folder.pk)
    return calendars_of(request.folder)


def _out(calendar: Calendar) -> dict[str, Any]:
    return {name: getattr(calendar, name) for name in CalendarOut.model_fields}
