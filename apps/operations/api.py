"""Bulk actions for programs: start one, look at it, cancel it, take it back."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import MAX_ID, Cursor, answer, page
from apps.lib.http import Limit as PageSize

from . import kinds, lifecycle
from .api_schemas import (
    EntryPage,
    KindsOut,
    OperationIn,
    OperationOut,
    OperationPage,
    PreviewIn,
    PreviewOut,
)
from .kinds import Kind
from .listing import BY_TARGET, NEWEST_FIRST, EntryFilter, OperationFilter
from .models import Operation, OperationEntry

router = Router(tags=["Operations"])

SAMPLE = 5
Number = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/operation-kinds", response=KindsOut, summary="What can be done to many")
def list_kinds(request: TokenRequest) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    items = [
        {
            "key": kind.key,
            "title": str(kind.title),
            "subject": kind.subject,
            "needs_reason": kind.needs_reason,
            "confirm_above": kind.confirm_above,
            "can_be_undone": kind.undo is not None,
        }
        for kind in kinds.offered()
    ]
    return answer({"items": items})


@router.get("/operations", response=OperationPage, summary="List operations")
def list_operations(
    request: TokenRequest,
    limit: PageSize,
    cursor: Cursor,
    state: Annotated[str, Query(max_length=20)] = "",
    kind: Annotated[str, Query(max_length=60)] = "",
) -> HttpResponse:
    """Newest first. `state`: active, done, cancelled or failed."""
    require(request.rights, Action.VIEW, request.folder.pk)
    wanted = OperationFilter.of(state=state, kind=kind)
    rows = wanted.rows([request.folder.pk])
    found = page(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    items = [_operation(each) for each in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.post(
    "/operations",
    response={201: OperationOut},
    summary="Start an operation",
)
def post_operation(request: TokenRequest, body: OperationIn) -> HttpResponse:
    """It is done in the background to all that the filter finds now, and to nothing that comes
    later. More than `confirm_above` targets need `typed_number`: the most that may be touched.
    `Idempotency-Key` is honoured."""
    kind = _allowed(request, body.kind)

    def start() -> tuple[int, Any]:
        started = lifecycle.start(
            kind.key,
            request.folder,
            body.filter,
            body.arguments or {},
            request.actor,
            body.typed_number,
            reason=body.reason,
        )
        return 201, _operation(started)

    return carry_out_once(request, start)


@router.post("/operations/preview", response=PreviewOut, summary="What an operation would do")
def preview_operation(request: TokenRequest, body: PreviewIn) -> HttpResponse:
    """How many, where they stand, and five of them; nothing is done."""
    kind = _allowed(request, body.kind)
    measured = lifecycle.measure(kind, request.folder, body.filter)
    folders = [request.folder.pk]
    chosen = kind.choose(folders, measured.wanted, measured.bound)
    parts = kind.preview(folders, measured.wanted, measured.bound)
    return answer(
        {
            "total": measured.total,
            "about": measured.about,
            "by_status": {part.status: part.n for part in parts},
            "sample": list(chosen.order_by()[:SAMPLE]),
            "needs_number": measured.total > kind.confirm_above,
        }
    )


@router.get("/operations/{number}", response=OperationOut, summary="Look at an operation")
def get_operation(request: TokenRequest, number: Number) -> HttpResponse:
    return answer(_operation(_find(request, number)))


@router.get("/operations/{number}/entries", response=EntryPage, summary="What became of each")
def list_entries(
    request: TokenRequest,
    number: Number,
    limit: PageSize,
    cursor: Cursor,
    status: Annotated[str, Query(max_length=20)] = "",
) -> HttpResponse:
    """By number. `status`: waiting, done, skipped or failed."""
    operation = _find(request, number)
    if status and status not in OperationEntry.Status.values:
        known = ", ".join(OperationEntry.Status.values)
        raise _invalid("status", _("must be one of %(known)s") % {"known": known})
    rows = EntryFilter(operation_id=operation.pk, status=status).rows()
    found = page(rows, order=BY_TARGET, limit=limit, cursor=cursor)
    items = [
        {
            "id": entry.target_id,
            "status": entry.status,
            "reason": entry.reason,
            "at": entry.at,
        }
        for entry in found.items
    ]
    return answer({"items": items, "next_cursor": found.next_cursor})


@router.post("/operations/{number}/cancel", response=OperationOut, summary="Cancel the rest")
def cancel_operation(request: TokenRequest, number: Number) -> HttpResponse:
    """Once this is answered, it touches nothing more. What is done stays done."""
    operation = _changeable(request, number)
    return answer(_operation(lifecycle.cancel(operation, by=request.actor)))


@router.post(
    "/operations/{number}/retry",
    response={201: OperationOut},
    summary="Once more for those that failed",
)
def retry_operation(request: TokenRequest, number: Number) -> HttpResponse:
    """As an operation of its own."""
    operation = _changeable(request, number)
    return answer(_operation(lifecycle.retry_failed(operation, by=request.actor)), status=201)


@router.post("/operations/{number}/undo", response={201: OperationOut}, summary="Take it back")
def undo_operation(request: TokenRequest, number: Number) -> HttpResponse:
    """As an operation of its own; what has moved on since is left out."""
    operation = _changeable(request, number)
    return answer(_operation(lifecycle.undo(operation, by=request.actor)), status=201)


def _allowed(request: TokenRequest, key: str) -> Kind:
    """Return a kind that the caller may start here."""
    require(request.rights, Action.VIEW, request.folder.pk)
    kind = kinds.get(key)
    if not kind.is_offered:
        raise _invalid("kind", _("There is no operation of this kind."))
    require(request.user, kind.action, request.folder.pk)
    return kind


def _find(request: TokenRequest, number: int) -> Operation:
    require(request.rights, Action.VIEW, request.folder.pk)
    found: Operation | None = Operation.objects.filter(folder=request.folder, pk=number).first()
    if found is None:
        raise NotFoundError(_("There is no operation %d in this folder.") % number)
    return found


def _changeable(request: TokenRequest, number: int) -> Operation:
    operation = _find(request, number)
    kind = kinds.find(operation.kind)
    require(request.user, kind.action if kind else Action.OPERATE, operation.folder_id)
    return operation


def _operation(row: Operation) -> dict[str, Any]:
    names = [name for name in OperationOut.model_fields if name not in ("by", "left")]
    return {**{name: getattr(row, name) for name in names}, "by": row.actor_name, "left": row.left}


def _invalid(name: str, message: str) -> InvalidError:
    return InvalidError(f"{name}: {message}", fields=[FieldProblem(name, message)])
