"""Triggers for programs: what starts work by itself."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, can, require
from apps.lib.clock import database_now
from apps.lib.errors import NotFoundError
from apps.lib.http import AnyObject, Cursor, Limit, Moment, StrictModel, answer, page

from . import lifecycle
from .definitions import definition_of
from .measured_now import measured_now
from .models import Firing, Trigger, TriggerVersion
from .presenting_rules import sentence_of, sentences_of
from .times import next_starts, rule_of

router = Router(tags=["Triggers"])

MAX_PREVIEW = 100
BY_HAND = (Firing.Origin.PERSON, Firing.Origin.API)
MAX_VERSION = 2**31 - 1
STANDING = (
    "version",
    "status",
    "reason",
    "paused_until",
    "last_planned_at",
    "failures_in_row",
    "seen",
    "checked_at",
    "created_at",
    "updated_at",
)

Key = Annotated[str, Path(max_length=100)]
Status = Literal["enabled", "paused", "auto_disabled", "ended"]
Kind = Literal["time", "queue", "state", "event", "expected"]


class TriggerIn(StrictModel):
    """All optional; what is left out keeps its value, or gets the default in a new trigger."""

    title: str | None = Field(default=None, min_length=1, max_length=150)
    description: str | None = Field(default=None, max_length=5_000)
    kind: Kind | None = None
    rule: AnyObject | None = Field(
        default=None,
        description='time: {"type": "cron", "cron": "*/15 8-18 * * 1-5", "zone": "Europe/Berlin"}, '
        "or interval, recurring, once; beside it starts_at, ends_at, jitter_seconds. queue: "
        '{"queue", "min_items", "items_per_start", "max_active", …}. state: {"all": […]}, mode, … '
        'event: {"source", …}. expected: times, and "expects"',
    )
    target: AnyObject | None = Field(
        default=None,
        description='{"type": "workflow", "key": …, "variables": {…}}, {"type": "run", '
        '"automation": …, "input": {…}}, {"type": "items", "queue": …, "items": [{"payload": '
        '{…}}]}, {"type": "alert", "title": …, "to": …} or {"type": "task", "title": …, "team": …}'
        "; {date}, {planned_at} and {event.…} in texts are replaced",
    )
    overlap: Literal["allow", "skip", "queue_one", "cancel_previous"] | None = None
    missed: Literal["drop", "run_once", "run_all"] | None = None
    max_catch_up: int | None = Field(default=None, ge=1, le=100)
    calendar: str | None = Field(default=None, max_length=60, description='its key, "" for none')
    on_closed: Literal["ignore", "skip", "next", "previous"] | None = None
    disable_after_failures: int | None = Field(default=None, ge=0, le=1_000, description="0: never")
    owner: str | None = Field(
        default=None, max_length=150, description="user name of who is told; who made it"
    )
    version: int | None = Field(
        default=None,
        ge=0,
        le=MAX_VERSION,
        description="the one that was read, 0 for a new trigger: 409 if it is another by now",
    )


class TriggerOut(BaseModel):
    """A trigger; `rule` and `target` as in `PUT`."""

    key: str
    title: str
    description: str
    kind: str
    rule: dict[str, Any]
    target: dict[str, Any]
    overlap: str
    missed: str
    max_catch_up: int
    calendar: str
    on_closed: str
    disable_after_failures: int
    owner: str
    version: int
    status: Status
    reason: str = Field(description="why it is paused or switched off")
    paused_until: Moment | None
    next_at: Moment | None = Field(description="the next planned time, null unless it is on")
    last_planned_at: Moment | None
    failures_in_row: int
    seen: dict[str, Any] = Field(description="what it saw last, in the words of its kind")
    checked_at: Moment | None = Field(description="when what it saw changed last")
    sentence: str = Field(description="when it starts, in words")
    created_at: Moment
    updated_at: Moment


class TriggerPage(BaseModel):
    items: list[TriggerOut]
    next_cursor: str | None


class FiringOut(BaseModel):
    """What became of one planned time, or of one occasion."""

    planned_at: Moment
    fired_at: Moment
    outcome: str = Field(description="fired, waiting, skipped, missed or failed")
    reason: str = Field(description="why it was not started, or only later; else empty")
    message: str
    mark: str = Field(description="gap, fold, closed or moved; else empty")
    origin: str = Field(description="schedule, catch_up, queue, state, event, person or api")
    occasion: str = Field(description="what it was about; empty for planned times")
    event: dict[str, Any] = Field(
        description="what happened; {} for planned times, and of what came in for those who may "
        "not operate"
    )
    depth: int = Field(description="how many starts of triggers led to it, one after the other")
    count: int = Field(description="how many times in a row this stands for")
    subject: str = Field(description="instance, run, items, task or alert: what was started")
    subject_ids: list[int]
    label: str
    by: str


class FiringPage(BaseModel):
    items: list[FiringOut]
    next_cursor: str | None


class PlannedOut(BaseModel):
    at: Moment
    nominal: Moment = Field(description="by the clock of the rule's zone, as written")
    mark: str = Field(description="gap, fold, closed (left out) or moved; else empty")


class ConditionOut(BaseModel):
    condition: dict[str, Any]
    value: Any = Field(description="what was measured; null: nothing to go by")
    holds: bool | None


class PreviewOut(BaseModel):
    """Of kinds with times the next ones; of kinds that look at something how that stands now."""

    sentence: str
    items: list[PlannedOut]
    holds: bool | None
    conditions: list[ConditionOut]
    would_start: int | None = Field(description="how much, if it looked now")


class VersionOut(BaseModel):
    number: int
    definition: dict[str, Any]
    by: str
    at: Moment


class VersionPage(BaseModel):
    items: list[VersionOut]
    next_cursor: str | None


class PauseIn(StrictModel):
    until: Moment | None = Field(default=None, description="null: until it is resumed")
    reason: str = Field(default="", max_length=500)


class FolderPauseIn(StrictModel):
    until: Moment
    reason: str = Field(default="", max_length=300)


class FolderPauseOut(BaseModel):
    until: Moment
    reason: str
    by: str
    at: Moment


class RollBackIn(StrictModel):
    version: int = Field(ge=1, le=MAX_VERSION)


@router.get("/triggers", response=TriggerPage, summary="List triggers")
def list_triggers(
    request: TokenRequest,
    limit: Limit,
    cursor: Cursor,
    status: Annotated[Status | None, Query(None)],
    kind: Annotated[Kind | None, Query(None)],
) -> HttpResponse:
    found = _visible(request)
    if status is not None:
        found = found.filter(status=status)
    if kind is not None:
        found = found.filter(kind=kind)
    rows = page(found, order=("key", "id"), limit=limit, cursor=cursor)
    sentences = sentences_of(rows.items)
    items = [_out(each, sentences[each.pk]) for each in rows.items]
    return answer({"items": items, "next_cursor": rows.next_cursor})


@router.get("/triggers/{key}", response=TriggerOut, summary="Look at a trigger")
def get_trigger(request: TokenRequest, key: Key) -> HttpResponse:
    return answer(_out(_find(request, key)))


@router.put(
    "/triggers/{key}",
    response={200: TriggerOut, 201: TriggerOut},
    summary="Make or change a trigger",
)
def put_trigger(request: TokenRequest, key: Key, body: TriggerIn) -> HttpResponse:
    """201 when it was made (it is on at once), 200 when it was there; each change is a version.

    422 names each field that does not fit, as `rule.cron` or `target.variables.total`.
    """
    require(request.user, Action.DESIGN, request.folder.pk)
    given = {name: getattr(body, name) for name in body.model_fields_set if name != "version"}
    said = {name: value for name, value in given.items() if value is not None}
    saved = lifecycle.save_trigger(
        request.folder, key, said, by=request.actor, version=body.version
    )
    return answer(_out(saved.trigger), status=201 if saved.is_new else 200)


@router.delete("/triggers/{key}", response={204: None}, summary="Remove a trigger")
def delete_trigger(request: TokenRequest, key: Key) -> HttpResponse:
    """Its versions and its start log go with it; what it has started goes on."""
    trigger = _find(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    lifecycle.remove_trigger(trigger, by=request.actor)
    return HttpResponse(status=204)


@router.post("/triggers/{key}/fire", response={201: FiringOut}, summary="Start it now")
def fire_trigger(request: TokenRequest, key: Key) -> HttpResponse:
    """Whatever its times, its pause and its policies say. `failed`: `message` says why."""
    trigger = _find(request, key)
    require(request.user, Action.OPERATE, request.folder.pk)

    def fire() -> tuple[int, dict[str, Any]]:
        return 201, _firing(lifecycle.fire_now(trigger, by=request.actor))

    return carry_out_once(request, fire)


@router.post("/triggers/{key}/pause", response=TriggerOut, summary="Pause a trigger")
def pause_trigger(request: TokenRequest, key: Key, body: PauseIn | None = None) -> HttpResponse:
    trigger, wish = _find(request, key), body or PauseIn()
    require(request.user, Action.OPERATE, request.folder.pk)
    paused = lifecycle.pause_trigger(
        trigger, by=request.actor, until=wish.until, reason=wish.reason
    )
    return answer(_out(paused))


@router.post("/triggers/{key}/resume", response=TriggerOut, summary="Switch it on again")
def resume_trigger(request: TokenRequest, key: Key) -> HttpResponse:
    """Times that passed meanwhile are recorded as left out, and not made up for."""
    trigger = _find(request, key)
    require(request.user, Action.OPERATE, request.folder.pk)
    return answer(_out(lifecycle.resume_trigger(trigger, by=request.actor)))


@router.get("/triggers/{key}/firings", response=FiringPage, summary="Read its start log")
def list_firings(
    request: TokenRequest,
    key: Key,
    limit: Limit,
    cursor: Cursor,
    outcome: Annotated[
        Literal["fired", "waiting", "skipped", "missed", "failed"] | None, Query(None)
    ],
) -> HttpResponse:
    """Newest planned time first. Kept for FIRING_DAYS_KEPT days."""
    firings = Firing.objects.filter(trigger=_find(request, key))
    if outcome is not None:
        firings = firings.filter(outcome=outcome)
    rows = page(firings, order=("-planned_at", "-id"), limit=limit, cursor=cursor)
    items = [_firing(each) for each in rows.items]
    if not can(request.user, Action.OPERATE, request.folder.pk):
        items = [_without_what_came(each) for each in items]
    return answer({"items": items, "next_cursor": rows.next_cursor})


@router.get("/triggers/{key}/preview", response=PreviewOut, summary="Its next times, and now")
def preview_trigger(
    request: TokenRequest, key: Key, n: Annotated[int, Query(10, ge=1, le=MAX_PREVIEW)]
) -> HttpResponse:
    """Times that the calendar leaves out are among them, marked. Conditions are measured now."""
    trigger = _find(request, key)
    items = []
    if trigger.kind in Trigger.TIMED:
        planned = next_starts(rule_of(trigger), database_now(), n)
        items = [
            {"at": each.at, "nominal": each.nominal.isoformat(), "mark": each.mark.value}
            for each in planned
        ]
    return answer({"sentence": sentence_of(trigger), "items": items, **measured_now(trigger)})


@router.get("/triggers/{key}/versions", response=VersionPage, summary="List its versions")
def list_versions(request: TokenRequest, key: Key, limit: Limit, cursor: Cursor) -> HttpResponse:
    versions = TriggerVersion.objects.filter(trigger=_find(request, key))
    rows = page(versions, order=("-number", "-id"), limit=limit, cursor=cursor)
    names = tuple(VersionOut.model_fields)
    items = [{name: getattr(each, name) for name in names} for each in rows.items]
    return answer({"items": items, "next_cursor": rows.next_cursor})


@router.post("/triggers/{key}/roll-back", response=TriggerOut, summary="Go back to a version")
def roll_back_trigger(request: TokenRequest, key: Key, body: RollBackIn) -> HttpResponse:
    """What that version said is saved as a new one."""
    trigger = _find(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    return answer(_out(lifecycle.roll_back(trigger, body.version, by=request.actor).trigger))


@router.post("/trigger-pause", response=FolderPauseOut, summary="Pause all triggers of the folder")
def pause_folder(request: TokenRequest, body: FolderPauseIn) -> HttpResponse:
    """Each time that comes meanwhile is recorded as left out. Called again, it sets a new end."""
    require(request.user, Action.OPERATE, request.folder.pk)
    pause = lifecycle.pause_folder(
        request.folder, until=body.until, by=request.actor, reason=body.reason
    )
    pause.refresh_from_db()
    return answer({name: getattr(pause, name) for name in FolderPauseOut.model_fields})


@router.delete("/trigger-pause", response={204: None}, summary="Let the folder's triggers start")
def resume_folder(request: TokenRequest) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    lifecycle.resume_folder(request.folder, by=request.actor)
    return HttpResponse(status=204)


def _visible(request: TokenRequest) -> Any:
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = Trigger.objects.filter(folder=request.folder)
    return rows.select_related("folder", "calendar", "owner")


def _find(request: TokenRequest, key: str) -> Trigger:
    found: Trigger | None = _visible(request).filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no trigger “%(key)s” in this folder.") % {"key": key})
    return found


def _out(trigger: Trigger, sentence: str | None = None) -> dict[str, Any]:
    return {
        "key": trigger.key,
        **definition_of(trigger),
        **{name: getattr(trigger, name) for name in STANDING},
        "next_at": trigger.next_at if trigger.status == Trigger.Status.ENABLED else None,
        "sentence": sentence_of(trigger) if sentence is None else sentence,
    }


def _firing(firing: Firing) -> dict[str, Any]:
    names = [name for name in FiringOut.model_fields if name != "subject"]
    return {**{name: getattr(firing, name) for name in names}, "subject": firing.subject_type}


def _without_what_came(firing: dict[str, Any]) -> dict[str, Any]:
    """What came in, or was delivered again, may hold what not everybody should read."""
    came_in = firing["origin"] in (Firing.Origin.EVENT, *BY_HAND)
    return {**firing, "event": {}} if came_in else firing
