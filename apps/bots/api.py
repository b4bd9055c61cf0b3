"""The API of bots and runs: who is there, start, watch and stop a run, read its log."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import AnyObject, Cursor, Id, Limit, Moment, StrictModel, answer, page
from apps.lib.json import JsonObject

from .lifecycle import create_run, request_kill, request_stop
from .models import Automation, Bot, LogLine, Run
from .transport import ring_pool

router = Router(tags=["Bots and runs"])

BEFORE_ALL = 0
RunId = Annotated[Id, Path(description="The run's number.")]


class BotOut(BaseModel):
    """A bot, its pool, and whether it answers."""

    id: int
    name: str
    pool: str
    standing: str = Field(description="enabled, draining or disabled: what people want of it")
    answers: bool = Field(description="whether it was heard of lately")
    slots: int
    host: str
    version: str
    heartbeat_at: Moment | None


class BotList(BaseModel):
    items: list[BotOut]
    next_cursor: str | None


class RunIn(StrictModel):
    """What the automation gets as its input."""

    input: AnyObject = Field(default_factory=dict)
    because: str = Field(
        default="", max_length=200, description="why, for people; shown with the run"
    )


class StopIn(StrictModel):
    kill: bool = Field(default=False, description="end it after its grace time, whatever it does")
    reason: str = Field(default="", max_length=300)


class RunOut(BaseModel):
    id: int
    automation: str
    version: int
    status: str = Field(
        description="pending, running, stopping, successful, faulted, stopped or lost"
    )
    pool: str
    bot: str | None
    input: AnyObject
    output: AnyObject | None
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    progress_at: Moment | None
    stop_requested_at: Moment | None
    exit_reason: str
    n_successful: int
    n_failed: int
    started_because: str


class LogLineOut(BaseModel):
    id: int
    at: Moment
    level: str
    message: str
    item_id: int | None
    attempt: int | None


class LogOut(BaseModel):
    items: list[LogLineOut]
    next_cursor: str | None


@router.get("/bots", response=BotList, summary="List bots")
def list_bots(request: TokenRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    bots = Bot.objects.filter(folder=request.folder).select_related("pool").with_presence()
    found = page(bots, order=("name", "id"), limit=limit, cursor=cursor)
    return answer({"items": [_bot(bot) for bot in found.items], "next_cursor": found.next_cursor})


@router.post("/automations/{key}/runs", response={201: RunOut}, summary="Start a run")
def start_run(request: TokenRequest, key: str, body: RunIn) -> HttpResponse:
    """Start the newest version of an automation. A free slot of its pool takes it at once."""
    require(request.user, Action.OPERATE, request.folder.pk)
    here = Automation.objects.filter(folder=request.folder)
    automation = here.filter(key=key).first() if key.isprintable() else None
    if automation is None:
        raise NotFoundError(_("There is no automation “%(key)s” in this folder.") % {"key": key})
    version = automation.versions.order_by("-number").first()
    if version is None or automation.kind != Automation.Kind.RUN:
        message = _("works the items of a queue: add items there instead")
        raise InvalidError(f"{key}: {message}.", fields=[FieldProblem("key", message)])

    def start() -> tuple[int, JsonObject]:
        run = create_run(version, run_input=body.input, because=body.because, by=request.actor)
        ring_pool(run)
        return 201, _run(_runs(request).get(pk=run.pk))

    return carry_out_once(request, start)


@router.get("/runs/{int:run_id}", response=RunOut, summary="Look at a run")
def get_run(request: TokenRequest, run_id: RunId) -> HttpResponse:
    return answer(_run(_find(request, run_id)))


@router.post("/runs/{int:run_id}/stop", response=RunOut, summary="Stop a run")
def stop_run(request: TokenRequest, run_id: RunId, body: StopIn | None = None) -> HttpResponse:
    """Ask a run to end after what it has in hand. Asking again changes nothing.

    409 when it has ended already.
    """
    run, wish = _find(request, run_id), body or StopIn()
    require(request.user, Action.OPERATE, run.folder_id)
    stop = request_kill if wish.kill else request_stop
    stop(run.pk, by=request.actor, reason=wish.reason)
    return answer(_run(_find(request, run_id)))


@router.get("/runs/{int:run_id}/log", response=LogOut, summary="Read the log of a run")
def get_log(
    request: TokenRequest,
    run_id: RunId,
    limit: Limit,
    cursor: Cursor,
    after: Annotated[
        int,
        Query(BEFORE_ALL, ge=0, le=2**63 - 1, description="only lines after this id, to follow it"),
    ],
) -> HttpResponse:
    run = _find(request, run_id)
    lines = LogLine.objects.filter(run_id=run.pk, id__gt=after)
    found = page(lines, order=("id",), limit=limit, cursor=cursor)
    return answer(
        {"items": [_line(line) for line in found.items], "next_cursor": found.next_cursor}
    )


def _runs(request: TokenRequest) -> Any:
    related = ("version__automation", "pool", "bot")
    return Run.objects.filter(folder=request.folder).select_related(*related)


def _find(request: TokenRequest, run_id: int) -> Run:
    run: Run | None = _runs(request).filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(_("There is no run %(id)s, or not for you.") % {"id": run_id})
    return run


def _bot(bot: Any) -> JsonObject:
    return {
        "id": bot.pk,
        "name": bot.name,
        "pool": bot.pool.key,
        "standing": bot.standing,
        "answers": bot.answers,
        "slots": bot.n_slots,
        "host": bot.host,
        "version": bot.version,
        "heartbeat_at": bot.heartbeat_at,
    }


def _run(run: Run) -> Any:
    same = (
        *("id", "status", "input", "output", "created_at", "started_at", "ended_at"),
        *("progress_at", "stop_requested_at", "exit_reason", "n_successful", "n_failed"),
        "started_because",
    )
    return {
        "automation": run.version.automation.key,
        "version": run.version.number,
        "pool": run.pool.key,
        "bot": run.bot.name if run.bot else None,
        **{name: getattr(run, name) for name in same},
    }


def _line(line: LogLine) -> Any:
    names = ("id", "at", "level", "message", "item_id", "attempt")
    return {name: getattr(line, name) for name in names}
