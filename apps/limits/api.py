"""Applications, limits, freezes and emergency stops for programs."""

from collections.abc import Iterable
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import MAX_ID, Cursor, StrictModel, answer, page
from apps.lib.http import Limit as PageSize

from . import holders, lifecycle
from .api_schemas import (
    ApplicationIn,
    ApplicationOut,
    ApplicationPage,
    FreezeIn,
    FreezeOut,
    FreezePage,
    HoldIn,
    LimitIn,
    LimitOut,
    LimitPage,
    SeatsOut,
    StopIn,
    StopOut,
)
from .models import Application, FolderStop, Freeze, Limit
from .standing import application_standing, stop_of, usage

router = Router(tags=["Limits"])

MAX_SEATS = 200
Key = Annotated[str, Path(max_length=60)]
Number = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/applications", response=ApplicationPage, summary="List applications")
def list_applications(request: TokenRequest, limit: PageSize, cursor: Cursor) -> HttpResponse:
    found = page(_visible(request, Application), order=("key", "id"), limit=limit, cursor=cursor)
    items = [_application(each) for each in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.get("/applications/{key}", response=ApplicationOut, summary="Look at an application")
def get_application(request: TokenRequest, key: Key) -> HttpResponse:
    return answer(_application(_find_application(request, key)))


@router.put(
    "/applications/{key}",
    response={200: ApplicationOut, 201: ApplicationOut},
    summary="Make or change an application",
)
def put_application(request: TokenRequest, key: Key, body: ApplicationIn) -> HttpResponse:
    """201 when it was made, 200 when it was there. Where it stands is kept."""
    require(request.user, Action.DESIGN, request.folder.pk)
    known = Application.objects.filter(folder=request.folder, key=key).first()
    row = known or Application(folder=request.folder, key=key, title=key)
    lifecycle.save_application(row, _given(body), by=request.actor, version=body.version)
    return answer(_application(row), status=200 if known else 201)


@router.delete("/applications/{key}", response={204: None}, summary="Remove an application")
def delete_application(request: TokenRequest, key: Key) -> HttpResponse:
    """Its limits go with it; work that used it starts without them."""
    row = _find_application(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    lifecycle.remove_application(row, by=request.actor)
    return HttpResponse(status=204)


@router.post("/applications/{key}/hold", response=ApplicationOut, summary="Hold it back")
def hold_application(request: TokenRequest, key: Key, body: HoldIn | None = None) -> HttpResponse:
    """Nothing new starts in it until then; called again it sets a new end."""
    row, wish = _find_application(request, key), body or HoldIn()
    require(request.user, Action.OPERATE, request.folder.pk)
    held = lifecycle.hold_application(row, until=wish.until, reason=wish.reason, by=request.actor)
    return answer(_application(held))


@router.post("/applications/{key}/release", response=ApplicationOut, summary="Release it")
def release_application(request: TokenRequest, key: Key) -> HttpResponse:
    row = _find_application(request, key)
    require(request.user, Action.OPERATE, request.folder.pk)
    return answer(_application(lifecycle.release_application(row, by=request.actor)))


@router.post("/applications/{key}/reset", response=ApplicationOut, summary="Close its breaker")
def reset_application(request: TokenRequest, key: Key) -> HttpResponse:
    """Work starts again at once; what failed so far does not count any more."""
    row = _find_application(request, key)
    require(request.user, Action.OPERATE, request.folder.pk)
    return answer(_application(lifecycle.reset_application(row, by=request.actor)))


@router.get("/limits", response=LimitPage, summary="List limits")
def list_limits(request: TokenRequest, limit: PageSize, cursor: Cursor) -> HttpResponse:
    found = page(_visible(request, Limit), order=("key", "id"), limit=limit, cursor=cursor)
    return answer({"items": _limits(found.items), "next_cursor": found.next_cursor})


@router.get("/limits/{key}", response=LimitOut, summary="Look at a limit")
def get_limit(request: TokenRequest, key: Key) -> HttpResponse:
    return answer(_limits([_find_limit(request, key)])[0])


@router.get("/limits/{key}/seats", response=SeatsOut, summary="Who holds its seats")
def list_seats(request: TokenRequest, key: Key) -> HttpResponse:
    """Longest first, 200 at most."""
    seats = holders.seats_of([_find_limit(request, key).pk], at_most=MAX_SEATS)
    items = [{"kind": each.kind, "id": each.subject_id, "since": each.since} for each in seats]
    return answer({"items": items})


@router.put(
    "/limits/{key}", response={200: LimitOut, 201: LimitOut}, summary="Make or change a limit"
)
def put_limit(request: TokenRequest, key: Key, body: LimitIn) -> HttpResponse:
    """A smaller size takes no seat from who holds one: fewer are given out until it fits."""
    require(request.user, Action.DESIGN, request.folder.pk)
    known = Limit.objects.filter(folder=request.folder, key=key).first()
    row = known or Limit(folder=request.folder, key=key, title=key)
    values = _given(body)
    if "application" in values:
        found = _applications(request, [values["application"]])
        values["application"] = found[0] if found else None
    if values.get("kind") == Limit.Kind.SEATS:
        # what was said for a rate is of no use to seats
        values = {"per_seconds": None, "burst": 1, **values}
    lifecycle.save_limit(row, values, by=request.actor, version=body.version)
    return answer(_limits([row])[0], status=200 if known else 201)


@router.delete("/limits/{key}", response={204: None}, summary="Remove a limit")
def delete_limit(request: TokenRequest, key: Key) -> HttpResponse:
    row = _find_limit(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    lifecycle.remove_limit(row, by=request.actor)
    return HttpResponse(status=204)


@router.get("/freezes", response=FreezePage, summary="List freezes")
def list_freezes(request: TokenRequest, limit: PageSize, cursor: Cursor) -> HttpResponse:
    """Newest first, those that are over among them."""
    found = page(_visible(request, Freeze), order=("-id",), limit=limit, cursor=cursor)
    items = [_freeze(each) for each in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.get("/freezes/{number}", response=FreezeOut, summary="Look at a freeze")
def get_freeze(request: TokenRequest, number: Number) -> HttpResponse:
    return answer(_freeze(_find_freeze(request, number)))


@router.post("/freezes", response={201: FreezeOut}, summary="Plan a freeze")
def post_freeze(request: TokenRequest, body: FreezeIn) -> HttpResponse:
    """While it holds nothing new starts; what is at work goes on."""
    require(request.user, Action.DESIGN, request.folder.pk)
    row = Freeze(folder=request.folder)
    lifecycle.save_freeze(row, _freeze_values(request, body), by=request.actor)
    return answer(_freeze(row), status=201)


@router.put("/freezes/{number}", response=FreezeOut, summary="Change a freeze")
def put_freeze(request: TokenRequest, number: Number, body: FreezeIn) -> HttpResponse:
    row = _find_freeze(request, number)
    require(request.user, Action.DESIGN, request.folder.pk)
    values = _freeze_values(request, body)
    lifecycle.save_freeze(row, values, by=request.actor, version=body.version)
    return answer(_freeze(row))


@router.delete("/freezes/{number}", response={204: None}, summary="Remove a freeze")
def delete_freeze(request: TokenRequest, number: Number) -> HttpResponse:
    row = _find_freeze(request, number)
    require(request.user, Action.DESIGN, request.folder.pk)
    lifecycle.remove_freeze(row, by=request.actor)
    return HttpResponse(status=204)


@router.get("/stop", response=StopOut, summary="Is the folder stopped?")
def get_stop(request: TokenRequest) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    return answer(_stop(stop_of(request.folder.pk)))


@router.put("/stop", response={200: StopOut, 201: StopOut}, summary="Stop all work of the folder")
def put_stop(request: TokenRequest, body: StopIn) -> HttpResponse:
    """Nothing is leased, claimed or fired until somebody lifts it. 201 when it was not stopped."""
    require(request.user, Action.OPERATE, request.folder.pk)
    stop, is_new = lifecycle.stop_folder(
        request.folder, reason=body.reason, stops_runs=body.stops_runs, by=request.actor
    )
    return answer(_stop(stop), status=201 if is_new else 200)


@router.delete("/stop", response={204: None}, summary="Lift the emergency stop")
def delete_stop(request: TokenRequest) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    lifecycle.lift_stop(request.folder, by=request.actor)
    return HttpResponse(status=204)


def _visible(request: TokenRequest, model: Any) -> Any:
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = model.objects.filter(folder=request.folder)
    if model is Limit:
        return rows.select_related("application")
    return rows.prefetch_related("applications") if model is Freeze else rows


def _find_application(request: TokenRequest, key: str) -> Application:
    found: Application | None = _by_key(_visible(request, Application), key)
    if found is None:
        raise NotFoundError(_("There is no application “%s” in this folder.") % key)
    return found


def _find_limit(request: TokenRequest, key: str) -> Limit:
    found: Limit | None = _by_key(_visible(request, Limit), key)
    if found is None:
        raise NotFoundError(_("There is no limit “%s” in this folder.") % key)
    return found


def _find_freeze(request: TokenRequest, number: int) -> Freeze:
    found: Freeze | None = _visible(request, Freeze).filter(pk=number).first()
    if found is None:
        raise NotFoundError(_("There is no freeze %d in this folder.") % number)
    return found


def _by_key(rows: Any, key: str) -> Any:
    return rows.filter(key=key).first() if key.isprintable() else None


def _given(body: StrictModel) -> dict[str, Any]:
    """Return what was said; null says nothing."""
    said = {name: getattr(body, name) for name in body.model_fields_set if name != "version"}
    return {name: value for name, value in said.items() if value is not None}


def _freeze_values(request: TokenRequest, body: FreezeIn) -> dict[str, Any]:
    values = _given(body)
    if "applications" in values:
        values["applications"] = _applications(request, values["applications"], "applications")
    return values


def _applications(
    request: TokenRequest, keys: Iterable[str], field: str = "application"
) -> list[Application]:
    """Return the applications with these keys; "" names none. Raises InvalidError at `field`."""
    wanted = {key for key in keys if key}
    known = {key for key in wanted if key.isprintable()}
    found = list(Application.objects.filter(folder=request.folder, key__in=known))
    missing = sorted(wanted - {each.key for each in found})
    if missing:
        message = _("There is no application “%s” in this folder.") % missing[0][:60]
        raise InvalidError(message, fields=[FieldProblem(field, message)])
    return found


def _application(row: Application) -> dict[str, Any]:
    standing = application_standing(row, database_now())
    stored = {name: getattr(row, name, None) for name in ApplicationOut.model_fields}
    own = {"standing": standing.state, "until": standing.until, "reason": standing.reason}
    is_held = standing.state == "held"
    held = {"held_at": row.held_at if is_held else None, "held_by": row.held_by if is_held else ""}
    return {**stored, **own, **held}


def _limits(rows: Iterable[Limit]) -> list[dict[str, Any]]:
    listed = list(rows)
    held = usage([each.pk for each in listed if each.kind == Limit.Kind.SEATS])
    names = [name for name in LimitOut.model_fields if name not in ("application", "held")]
    return [
        {
            **{name: getattr(each, name) for name in names},
            "application": each.application.key if each.application else "",
            "held": held.get(each.pk),
        }
        for each in listed
    ]


def _freeze(row: Freeze) -> dict[str, Any]:
    names = [name for name in FreezeOut.model_fields if name != "applications"]
    keys = sorted(each.key for each in row.applications.all())
    return {**{name: getattr(row, name) for name in names}, "applications": list(keys)}


def _stop(stop: FolderStop | None) -> dict[str, Any]:
    if stop is None:
        return {"is_stopped": False, "reason": "", "stops_runs": False, "by": "", "at": None}
    names = ("reason", "stops_runs", "by", "at")
    return {"is_stopped": True, **{name: getattr(stop, name) for name in names}}
