"""The log for programs: read it, and hand in lines of their own."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.bots.logs import Line, Speaker, append_each
from apps.bots.models import Run
from apps.lib.errors import FieldProblem, InvalidError, MalformedError
from apps.lib.http import AnyObject, Cursor, Id, Moment, StrictModel, answer
from apps.lib.json import JsonObject
from apps.queues.models import WorkItem

from .asking import LogFilter
from .keys import AFTER_ALL, BEFORE_ALL, Key, read_key
from .presenting import as_json
from .reading import Slice, after, newer, older
from .scopes import Scope, scope_of

router = Router(tags=["Log"])

MAX_LINES = 1_000
MAX_SAID = 1_000  # longer is refused with the name of the field, not as an address too long

Said = Annotated[str, Query("", max_length=MAX_SAID)]
Lines = Annotated[int, Query(200, ge=1, le=MAX_LINES)]


class LineOut(BaseModel):
    id: int | None = Field(description="None: the visit of a step, read from its history")
    at: Moment
    level: str = Field(description="debug, info, warning or error")
    message: str
    run_id: int | None
    bot_id: int | None
    queue_id: int | None
    item_id: int | None
    attempt: int | None
    instance_id: int | None
    token: int | None = Field(description="the visit of a workflow's element that it belongs to")
    step: str
    correlation_id: str
    fields: AnyObject


class LogOut(BaseModel):
    items: list[LineOut]
    next_cursor: str | None = Field(
        description="there may be more; a page can be empty and yet have one, see docs/log.md"
    )


class LineIn(StrictModel):
    at: Moment | None = Field(default=None, description="now, if left out; never in the future")
    level: Literal["debug", "info", "warning", "error"] = "info"
    message: str = Field(max_length=8_000)
    run: Id | None = None
    item: Id | None = None
    attempt: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    step: str = Field(default="", max_length=200)
    correlation_id: str = Field(default="", max_length=100)
    fields: AnyObject = Field(default_factory=dict, description="up to 8 kB")


class LinesIn(StrictModel):
    lines: list[LineIn] = Field(min_length=1, max_length=MAX_LINES)


class StoredOut(BaseModel):
    stored: int


@router.get("/log", response=LogOut, summary="Read and search the log")
def read_log(  # noqa: PLR0913 - what it can be narrowed by
    request: TokenRequest,
    limit: Lines,
    cursor: Cursor,
    q: Said,
    level: Said,
    run: Said,
    item: Said,
    attempt: Said,
    instance: Said,
    queue: Said,
    bot: Said,
    correlation: Annotated[str, Query("", max_length=MAX_SAID, alias="request")],
    since: Said,
    until: Said,
    order: Annotated[Literal["newest", "oldest"], Query()] = "newest",
) -> HttpResponse:
    """Lines of the folder. `level`: that one and worse; `item`, `instance`: number or reference;
    `queue`: number or key; `bot`: number or name; `q`: words, the last of which may go on."""
    require(request.rights, Action.VIEW, request.folder.pk)
    said = {
        "q": q, "level": level, "run": run, "item": item, "attempt": attempt,
        "instance": instance, "queue": queue, "bot": bot, "request": correlation,
        "since": since, "until": until,
    }  # fmt: skip
    wanted = LogFilter.parse(said)
    scope = scope_of(wanted, {request.folder.pk})
    place = _place(cursor)
    found = (
        _newest(scope, wanted, place, limit)
        if order == "newest"
        else _oldest(scope, wanted, place, limit)
    )
    entries = found.entries[::-1] if order == "newest" else found.entries
    last = found.looked_to or (entries[-1].key if found.has_more else None)
    return answer(
        {"items": [as_json(each) for each in entries], "next_cursor": str(last) if last else None}
    )


@router.post("/log", response={201: StoredOut}, summary="Hand in lines")
def write_log(request: TokenRequest, body: LinesIn) -> HttpResponse:
    """For programs that hold no lease (with one: `POST /items/progress`). All of them, or none.

    `run` and `item` must lie in the folder. With an `Idempotency-Key` sending them again writes
    them once.
    """
    require(request.user, Action.OPERATE, request.folder.pk)
    _insist_on_own(request, body)
    now = datetime.now(UTC)
    bots = _bots_of(body)
    said = [(_speaker(request, each, bots), _line(each, now)) for each in body.lines]

    def store() -> tuple[int, JsonObject]:
        append_each(said)
        return 201, {"stored": len(said)}

    return carry_out_once(request, store)


def _place(cursor: str) -> Key | None:
    try:
        return read_key(cursor, "cursor") if cursor else None
    except InvalidError:
        message = _("This cursor is not of this list. Start again without one.")
        raise MalformedError(message, fields=[FieldProblem("cursor", message)]) from None


def _newest(scope: Scope, wanted: LogFilter, place: Key | None, limit: int) -> Slice:
    high = Key(wanted.until, BEFORE_ALL.id) if wanted.until else AFTER_ALL
    return older(scope, before=min(place or high, high), since=wanted.since, n=limit)


def _oldest(scope: Scope, wanted: LogFilter, place: Key | None, limit: int) -> Slice:
    low = Key(wanted.since, BEFORE_ALL.id) if wanted.since else BEFORE_ALL
    start = max(after(place), low) if place else low
    return newer(scope, start=start, until=wanted.until, n=limit)


def _insist_on_own(request: TokenRequest, body: LinesIn) -> None:
    """Whoever may work in a folder writes of what lies in it, and of nothing else."""
    runs = {each.run for each in body.lines if each.run}
    items = {each.item for each in body.lines if each.item}
    folder = request.folder
    own_runs = set(Run.objects.filter(pk__in=runs, folder=folder).values_list("pk", flat=True))
    own_items = set(
        WorkItem.objects.filter(pk__in=items, queue__folder=folder).values_list("pk", flat=True)
    )
    problems = []
    for number, each in enumerate(body.lines):
        if each.run and each.run not in own_runs:
            problems.append(FieldProblem(f"lines.{number}.run", _("there is no such run here")))
        if each.item and each.item not in own_items:
            problems.append(FieldProblem(f"lines.{number}.item", _("there is no such item here")))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)


def _bots_of(body: LinesIn) -> dict[int, int | None]:
    runs = {each.run for each in body.lines if each.run}
    return dict(Run.objects.filter(pk__in=list(runs)).values_list("pk", "bot_id"))


def _speaker(request: TokenRequest, line: LineIn, bots: dict[int, int | None]) -> Speaker:
    bot_id = bots.get(line.run) if line.run else None
    return Speaker(folder_id=request.folder.pk, run_id=line.run, bot_id=bot_id)


def _line(line: LineIn, now: datetime) -> Line:
    ago = (now - line.at).total_seconds() if line.at else 0.0
    values: dict[str, Any] = {
        name: getattr(line, name) for name in ("attempt", "step", "correlation_id", "fields")
    }
    return Line(line.message, line.level, item_id=line.item, seconds_ago=max(0.0, ago), **values)
