"""Runs for programs: start one, watch it, stop it, read its log."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.bots.capabilities import check_capabilities
from apps.bots.lifecycle import create_run, draw_version, request_kill, request_stop
from apps.bots.models import MAX_PRIORITY, Automation, Bot, LogLine, Run
from apps.bots.transport import ring_pool
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import AnyObject, Cursor, Id, Limit, Moment, StrictModel, answer, page
from apps.lib.json import JsonObject

from .common import MAX_CAPABILITIES, Capability, find_automation, router

BEFORE_ALL = 0
RunId = Annotated[Id, Path(description="The run's number.")]


class RunIn(StrictModel):
    """What the automation gets as its input, and who shall run it."""

    input: AnyObject = Field(default_factory=dict)
    because: str = Field(
        default="", max_length=200, description="why, for people; shown with the run"
    )
    bot: str | None = Field(
        default=None, max_length=100, description="the name of the only bot that may run it"
    )
    priority: int | None = Field(
        default=None, ge=0, le=MAX_PRIORITY, description="as of the automation, if left out"
    )
    required_capabilities: list[Capability] = Field(
        default_factory=list,
        max_length=MAX_CAPABILITIES,
        description="what its bot must be able to do, beside what the automation asks for",
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
    pinned_bot: str | None = Field(description="the only bot that may run it")
    priority: int
    required_capabilities: list[str]
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
    instance_id: int | None
    step: str
    fields: AnyObject


class LogOut(BaseModel):
    items: list[LogLineOut]
    next_cursor: str | None


@router.post("/automations/{key}/runs", response={201: RunOut}, summary="Start a run")
def start_run(request: TokenRequest, key: str, body: RunIn) -> HttpResponse:
    """Start the version of an automation that is in use, or the one that is tried, by its share.

    A free slot of its pool that fits takes it at once.
    """
    require(request.user, Action.OPERATE, request.folder.pk)
    automation = find_automation(request, key)
    version = automation.current_version
    if version is None or automation.kind != Automation.Kind.RUN:
        message = _("works the items of a queue: add items there instead")
        raise InvalidError(f"{key}: {message}.", fields=[FieldProblem("key", message)])
    bot = _bot_of(request, body.bot)
    capabilities = check_capabilities(body.required_capabilities, "required_capabilities")

    def start() -> tuple[int, JsonObject]:
        run = create_run(
            draw_version(version),
            run_input=body.input,
            because=body.because,
            priority=body.priority,
            required_capabilities=capabilities,
            pinned_bot=bot,
            by=request.actor,
        )
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
    lines = LogLine.objects.of_run(run.pk, after=after)
    found = page(lines, order=("at", "id"), limit=limit, cursor=cursor)
    return answer(
        {"items": [_line(line) for line in found.items], "next_cursor": found.next_cursor}
    )


def _bot_of(request: TokenRequest, name: str | None) -> Bot | None:
    if name is None:
        return None
    bots = Bot.objects.filter(folder=request.folder).select_related("pool")
    bot: Bot | None = bots.filter(name=name).first() if name.isprintable() else None
    if bot is None:
        message = _("there is no such bot in this folder")
        raise InvalidError(f"bot: {message}.", fields=[FieldProblem("bot", message)])
    return bot


def _runs(request: TokenRequest) -> Any:
    related = ("version__automation", "pool", "bot", "pinned_bot")
    return Run.objects.filter(folder=request.folder).select_related(*related)


def _find(request: TokenRequest, run_id: int) -> Run:
    run: Run | None = _runs(request).filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(_("There is no run %(id)s, or not for you.") % {"id": run_id})
    return run


def _run(run: Run) -> Any:
    same = (
        *("id", "status", "input", "output", "created_at", "started_at", "ended_at"),
        *("progress_at", "stop_requested_at", "exit_reason", "n_successful", "n_failed"),
        *("started_because", "priority", "required_capabilities"),
    )
    return {
        "automation": run.version.automation.key,
        "version": run.version.number,
        "pool": run.pool.key,
        "bot": run.bot.name if run.bot else None,
        "pinned_bot": run.pinned_bot.name if run.pinned_bot else None,
        **{name: getattr(run, name) for name in same},
    }


def _line(line: LogLine) -> Any:
    names = ("id", "at", "level", "message", "item_id", "attempt", "instance_id", "step", "fields")
    return {name: getattr(line, name) for name in names}
