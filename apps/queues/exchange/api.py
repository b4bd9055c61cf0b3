"""Calls about tables of items: upload one, look at what it comes to, confirm; take a list."""

from typing import Annotated, Any, Literal

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import BaseModel

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, NotFoundError
from apps.lib.http import Id, Moment, StrictModel, WrongTypeError, answer
from apps.lib.json import JsonObject
from apps.lib.tables import CONTENT_TYPES, as_download
from apps.queues.api.finding import find_queue, may_operate
from apps.queues.listing import MAX_TEXT, PLACES, ItemFilter
from apps.queues.models import Upload, WorkQueue

from . import lifecycle
from .exporting import KINDS, faulty_pieces, list_pieces
from .refusing import FileRefusedError
from .settings import Settings
from .templates import template_pieces

router = Router(tags=["Tables of items"])

Number = Annotated[Id, Path(description="The upload's number.")]
MAX_PROBLEMS = 100
TYPES = ("text/csv", CONTENT_TYPES["xlsx"], "application/octet-stream")
_FILE: JsonObject = {"schema": {"type": "string", "format": "binary"}}
FILE_BODY: JsonObject = {"requestBody": {"required": True, "content": dict.fromkeys(TYPES, _FILE)}}


class UploadOut(BaseModel):
    """`status`: reading, ready, refused, confirmed, discarded. `columns`: what each stands for."""

    id: int
    queue: str
    name: str
    status: str
    problem: str
    rows: int
    new: int
    updates: int
    known: int
    faulty: int
    columns: dict[str, str | None]
    faults: list[dict[str, Any]]
    operation: int | None
    by: str
    asked_at: Moment


class ConfirmIn(StrictModel):
    mode: Literal["good", "all"] = "good"


@router.post(
    "/queues/{queue}/uploads",
    response={201: UploadOut, 202: UploadOut},
    summary="Upload items as a file",
    openapi_extra=FILE_BODY,
)
def upload_items(  # noqa: PLR0913 - a parameter for each thing that a file may not say itself
    request: TokenRequest,
    queue: str,
    name: Annotated[str, Query("items.csv", max_length=255)],
    mode: Annotated[Literal["good", "all"] | None, Query(None, description="confirm at once")],
    sheet: Annotated[str, Query("", max_length=100)],
    decimal: Annotated[str, Query("", description="sign before decimals: . or ,")],
    days: Annotated[str, Query("", description="dmy or mdy")],
    zone: Annotated[str, Query("UTC", max_length=60, description="of times without one")],
) -> HttpResponse:
    """The body is the file, CSV or XLSX. Without `mode` nothing is added: look at what it comes to,
    then confirm it. With `mode` it is confirmed at once: `good` leaves faulty rows out, `all` adds
    all or answers 422 with `rows.12.total`. 202: it is large, and read in the background."""
    found = find_queue(request, queue)
    may_operate(request)
    if request.content_type not in TYPES:
        said = (request.content_type or _("nothing"))[:80]
        text = _("Send the file as Content-Type: %(known)s; this said %(said)s.")
        raise WrongTypeError(text % {"known": ", ".join(TYPES), "said": said})
    settings = Settings(sheet=sheet, decimal=decimal, days=days, zone=zone, then=mode or "")

    def call() -> tuple[int, Any]:
        file = ContentFile(request.body, name=name)
        upload = lifecycle.receive(
            found,
            file,
            settings=settings,
            by=request.actor,
            insist=lambda upload: _insist(upload, mode),
        )
        return 202 if upload.status == Upload.Status.READING else 201, _upload_out(upload)

    return carry_out_once(request, call)


@router.get("/uploads/{number}", response=UploadOut, summary="Look at an upload")
def get_upload(request: TokenRequest, number: Number) -> HttpResponse:
    """With the first hundred faults: `row`, `column` (null: the row as a whole), `message`."""
    return answer(_upload_out(_find(request, number)))


@router.get("/uploads/{number}/faulty.csv", response={200: bytes}, summary="Get the faulty rows")
def get_faulty(request: TokenRequest, number: Number) -> HttpResponseBase:
    """As they stand in the file, with the reason; personal values for who brought the file."""
    upload = _find(request, number)
    pieces = faulty_pieces(upload, is_plain=upload.by_id == request.user.pk)
    kind = CONTENT_TYPES["csv"]
    return as_download(request, pieces, name=f"faulty-{number}.csv", content_type=kind)


@router.post("/uploads/{number}/confirm", response=UploadOut, summary="Add its rows")
def confirm_upload(request: TokenRequest, number: Number, body: ConfirmIn) -> HttpResponse:
    """In the background, as the `operation` of the answer. 409 if it is over."""
    upload = _find(request, number)

    def call() -> tuple[int, Any]:
        lifecycle.confirm(upload, mode=body.mode, by=request.actor)
        return 200, _upload_out(_find(request, number))

    return carry_out_once(request, call)


@router.post("/uploads/{number}/discard", response=UploadOut, summary="Forget an upload")
def discard_upload(request: TokenRequest, number: Number) -> HttpResponse:
    lifecycle.discard(_find(request, number), by=request.actor)
    return answer(_upload_out(_find(request, number)))


@router.get("/queues/{queue}/items.{kind}", response={200: bytes}, summary="Take a list of items")
def get_items(  # noqa: PLR0913 - the list's own filter
    request: TokenRequest,
    queue: str,
    kind: str,
    status: Annotated[str, Query("", max_length=20)],
    q: Annotated[str, Query("", max_length=MAX_TEXT)],
    ended: Annotated[Literal["", "today"], Query("")],
) -> HttpResponseBase:
    """As `csv` or `xlsx`, newest first, all that fits. Personal values are dots."""
    found = _seen(request, queue)
    if status and status not in PLACES:
        message = _("must be one of %(known)s") % {"known": ", ".join(PLACES)}
        raise InvalidError(f"status: {message}.", fields=[FieldProblem("status", message)])
    text = q.replace("\x00", "").strip()
    wanted = ItemFilter(found.pk, status, text, is_today=bool(ended))
    pieces = list_pieces(found, wanted, _known(kind), by=request.actor)
    name = f"{found.key}.{kind}"
    return as_download(request, pieces, name=name, content_type=CONTENT_TYPES[kind])


@router.get(
    "/queues/{queue}/upload-template.{kind}", response={200: bytes}, summary="Get a file to fill in"
)
def get_template(request: TokenRequest, queue: str, kind: str) -> HttpResponseBase:
    """As `csv` or `xlsx`: the columns of the queue's schema, and one row as an example."""
    found = _seen(request, queue)
    pieces = template_pieces(found, _known(kind))
    name = f"{found.key}-template.{kind}"
    return as_download(request, pieces, name=name, content_type=CONTENT_TYPES[kind])


def _insist(upload: Upload, mode: str | None) -> None:
    """Raise what keeps the file from being used as it was asked for."""
    if upload.status == Upload.Status.REFUSED:
        raise FileRefusedError(upload.problem, fields=[FieldProblem("file", upload.problem)])
    if upload.status == Upload.Status.READY and mode:
        fields = [
            FieldProblem(f"rows.{each['row']}.{each['column'] or ''}".rstrip("."), each["message"])
            for each in _faults(upload)
        ]
        raise InvalidError(lifecycle.why_not(upload, mode), fields=fields)


def _find(request: TokenRequest, number: int) -> Upload:
    found = Upload.objects.filter(pk=number, queue__folder=request.folder)
    upload: Upload | None = found.select_related("queue__folder", "operation").first()
    if upload is None:
        raise NotFoundError(_("There is no upload %(id)d in this folder.") % {"id": number})
    may_operate(request)
    return upload


def _seen(request: TokenRequest, queue: str) -> WorkQueue:
    require(request.user, Action.VIEW, request.folder.pk)
    return find_queue(request, queue)


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFoundError(_("There is no such kind of file here: take csv or xlsx."))
    return kind


def _upload_out(upload: Upload) -> dict[str, Any]:
    header = upload.found.get("header", [])
    return {
        "id": upload.pk,
        "queue": upload.queue.key,
        "name": upload.name,
        "status": upload.status,
        "problem": upload.problem,
        "rows": upload.n_rows,
        "new": upload.n_new,
        "updates": upload.n_updates,
        "known": upload.n_known,
        "faulty": upload.n_faulty,
        "columns": dict(zip(header, upload.mapping or [], strict=False)),
        "faults": _faults(upload),
        "operation": upload.operation_id,
        "by": upload.by_name,
        "asked_at": upload.asked_at,
    }


def _faults(upload: Upload) -> list[dict[str, Any]]:
    header = upload.found.get("header", [])
    rows = upload.rows.filter(problems__isnull=False).order_by("number")[:MAX_PROBLEMS]
    found = [
        {
            "row": row.number,
            "column": _name(header, each.get("column")),
            "message": each.get("message", ""),
        }
        for row in rows
        for each in row.problems or []
    ]
    return found[:MAX_PROBLEMS]


def _name(header: list[str], index: Any) -> str | None:
    return header[index] if isinstance(index, int) and index < len(header) else None
