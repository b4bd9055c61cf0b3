"""Failures for programs: the groups, what happened in them, and what people do with them."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from apps.accounts.http import TokenRequest
from apps.accounts.models import User
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import MAX_ID, Cursor, answer, page
from apps.lib.http import Limit as PageSize

from . import items, lifecycle, looking
from .api_schemas import (
    AssignIn,
    GroupOut,
    GroupPage,
    HappenedPage,
    MuteIn,
    ResolveIn,
    RetryOut,
    RunbookIn,
)
from .listing import NEWEST_FIRST, SINCE, STATES, FailureFilter, with_places
from .models import BusinessRule, FailureGroup, GroupRetry
from .presenting import title_of

router = Router(tags=["Failures"])

Number = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/failures", response=GroupPage, summary="List failures, alike together")
def list_failures(  # noqa: PLR0913 - what the list can be narrowed by
    request: TokenRequest,
    limit: PageSize,
    cursor: Cursor,
    state: Annotated[str, Query(max_length=40)] = "open",
    kind: Annotated[str, Query(max_length=40)] = "",
    since: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> HttpResponse:
    """What failed last comes first. `state`: open, muted, resolved or all; `since`: 1h, 24h, 7d or
    30d; `q`: text of the message, the code or the class."""
    require(request.rights, Action.VIEW, request.folder.pk)
    _one_of("state", state, STATES)
    _one_of("kind", kind, ("", *FailureGroup.Kind.values))
    _one_of("since", since, ("", *SINCE))
    if "\x00" in q:
        raise _wrong("q", _("must not contain NUL characters"))
    wanted = FailureFilter(state=state, kind=kind, since=since, text=q)
    rows = with_places(wanted.rows([request.folder.pk]))
    found = page(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    return answer(
        {"items": [_group(each) for each in found.items], "next_cursor": found.next_cursor}
    )


@router.get("/failures/{number}", response=GroupOut, summary="Look at a failure")
def get_failure(request: TokenRequest, number: Number) -> HttpResponse:
    return answer(_whole(_find(request, number)))


@router.get("/failures/{number}/happened", response=HappenedPage, summary="Each time it happened")
def list_happened(
    request: TokenRequest, number: Number, limit: PageSize, cursor: Cursor
) -> HttpResponse:
    """Newest first: the item and its try, the run, or the incident."""
    rows = _find(request, number).failures.all()
    found = page(rows, order=looking.NEWEST_FIRST, limit=limit, cursor=cursor)
    listed = [
        {"source": each.source, "id": each.source_id, "try": each.number or None, "at": each.at,
         "bot": each.bot}
        for each in found.items
    ]  # fmt: skip
    return answer({"items": listed, "next_cursor": found.next_cursor})


@router.post("/failures/{number}/assign", response=GroupOut, summary="Say who sees to it")
def assign_failure(request: TokenRequest, number: Number, body: AssignIn) -> HttpResponse:
    """`owner`: the name that a person signs in with; null: nobody in particular."""
    group = _operated(request, number)
    owner = User.objects.filter(username=body.owner).first() if body.owner else None
    if body.owner and owner is None:
        raise _wrong("owner", _("there is no such person"))
    lifecycle.assign_group(group.pk, owner, by=request.actor)
    return _answer(request, number)


@router.post("/failures/{number}/mute", response=GroupOut, summary="Leave it alone for a while")
def mute_failure(request: TokenRequest, number: Number, body: MuteIn) -> HttpResponse:
    group = _operated(request, number)
    lifecycle.mute_group(group.pk, body.until, by=request.actor, note=body.note)
    return _answer(request, number)


@router.post("/failures/{number}/unmute", response=GroupOut, summary="End its mute")
def unmute_failure(request: TokenRequest, number: Number) -> HttpResponse:
    lifecycle.unmute_group(_operated(request, number).pk, by=request.actor)
    return _answer(request, number)


@router.post("/failures/{number}/resolve", response=GroupOut, summary="Call it resolved")
def resolve_failure(
    request: TokenRequest, number: Number, body: ResolveIn | None = None
) -> HttpResponse:
    """Until it happens again: then it is `back`."""
    group = _operated(request, number)
    lifecycle.resolve_group(group.pk, by=request.actor, note=body.note if body else "")
    return _answer(request, number)


@router.post("/failures/{number}/reopen", response=GroupOut, summary="Take it up again")
def reopen_failure(request: TokenRequest, number: Number) -> HttpResponse:
    lifecycle.reopen_group(_operated(request, number).pk, by=request.actor)
    return _answer(request, number)


@router.put("/failures/{number}/runbook", response=GroupOut, summary="Link a runbook")
def put_runbook(request: TokenRequest, number: Number, body: RunbookIn) -> HttpResponse:
    lifecycle.set_runbook(_operated(request, number).pk, body.url, by=request.actor)
    return _answer(request, number)


@router.post("/failures/{number}/retry", response={201: RetryOut}, summary="Retry its items")
def retry_failure(request: TokenRequest, number: Number) -> HttpResponse:
    """One item first; when a bot came to an end with it, all that are open follow by themselves."""
    retry = lifecycle.retry_group(_operated(request, number).pk, by=request.actor)
    return answer(_retry(retry), status=201)


@router.delete("/failures/{number}/retry", response=RetryOut, summary="Cancel its retry")
def cancel_retry(request: TokenRequest, number: Number) -> HttpResponse:
    """What was retried so far goes on; the rest is left as it is."""
    retry = lifecycle.cancel_retry(_operated(request, number).pk, by=request.actor)
    retry.refresh_from_db()
    return answer(_retry(retry))


@router.put("/failures/{number}/data-problem", response=GroupOut, summary="Make it a data problem")
def put_data_problem(request: TokenRequest, number: Number) -> HttpResponse:
    """From the next try on, such failures of the queue go where its data problems go."""
    group = _find(request, number)
    require(request.rights, Action.DESIGN, request.folder.pk)
    lifecycle.treat_as_business(group.pk, by=request.actor)
    return _answer(request, number)


@router.delete(
    "/failures/{number}/data-problem", response={204: None}, summary="Count it as bots report it"
)
def delete_data_problem(request: TokenRequest, number: Number) -> HttpResponse:
    group = _find(request, number)
    require(request.rights, Action.DESIGN, request.folder.pk)
    lifecycle.treat_as_reported(group.pk, by=request.actor)
    return HttpResponse(status=204)


def _find(request: TokenRequest, number: int) -> FailureGroup:
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = with_places(FailureGroup.objects.filter(folder=request.folder))
    found: FailureGroup | None = rows.filter(pk=number).first()
    if found is None:
        raise NotFoundError(_("There is no failure %d in this folder.") % number)
    return found


def _operated(request: TokenRequest, number: int) -> FailureGroup:
    found = _find(request, number)
    require(request.rights, Action.OPERATE, request.folder.pk)
    return found


def _answer(request: TokenRequest, number: int) -> HttpResponse:
    return answer(_whole(_find(request, number)))


def _whole(group: FailureGroup) -> dict[str, Any]:
    """The same as in lists, and what takes a look at its items, its bots and its retries."""
    retry = group.retries.first()
    rules = BusinessRule.objects.filter(queue=group.queue_id, cause=group.cause)
    n_open = items.count_open(group) if group.is_of_items else None
    bots = group.bots.order_by("-n", "bot").values_list("bot", "n")[:50]
    return {
        **_group(group),
        "open_items": n_open,
        "bots": [{"bot": bot, "count": n} for bot, n in bots],
        "is_data_problem": group.queue_id is not None and rules.exists(),
        "retry": _retry(retry) if retry else None,
    }


def _group(group: FailureGroup) -> dict[str, Any]:
    return {
        "id": group.pk,
        "status": group.status,
        "kind": group.kind,
        "title": title_of(group),
        "pattern": group.pattern,
        "code": group.code,
        "error_class": group.error_class,
        "version": group.version,
        "queue": group.queue.key if group.queue else None,
        "automation": group.automation.key if group.automation else None,
        "workflow": group.workflow.key if group.workflow else None,
        "step": group.step,
        "count": group.count,
        "first_at": group.first_at,
        "last_at": group.last_at,
        "owner": group.owner.username if group.owner else None,
        "muted_until": group.muted_until,
        "resolved_at": group.resolved_at,
        "note": group.note,
        "runbook_url": group.runbook_url,
    }


def _retry(retry: GroupRetry) -> dict[str, Any]:
    return {
        "status": retry.status,
        "item": retry.item_id,
        "operation": retry.operation_id,
        "message": retry.message,
        "asked_at": retry.asked_at,
        "asked_by": retry.actor_name,
        "ended_at": retry.ended_at,
    }


def _one_of(name: str, value: str, known: Any) -> None:
    if value not in known:
        choices = ", ".join(each for each in known if each)
        raise _wrong(name, _("must be one of %(choices)s") % {"choices": choices})


def _wrong(name: str, problem: str) -> InvalidError:
    return InvalidError(f"{name}: {problem}.", fields=[FieldProblem(name, problem)])
