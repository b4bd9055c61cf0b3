"""Search and timelines for programs: what lies in the folder of the call."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import FieldProblem, InvalidError, MalformedError, NotFoundError
from apps.lib.http import Cursor, Moment, answer

from . import asking
from .finding import Search, find
from .hits import KINDS, Hit
from .timeline import KINDS as ENTRY_KINDS
from .timeline import Link, Subjects, list_entries, of_reference, origins_of
from .timeline.listing import Row

router = Router(tags=["Search"])

MAX_SAID = 20_000  # longer is refused with the name of the field, not as a line too long
MAX_OF_A_KIND = 50
MAX_ENTRIES = 1_000

Of = Annotated[int, Query(20, ge=1, le=MAX_OF_A_KIND, description="of each kind")]
Entries = Annotated[int, Query(200, ge=1, le=MAX_ENTRIES)]


class HitOut(BaseModel):
    kind: str = Field(description=", ".join(KINDS))
    id: int | None = Field(description="None: a page, or a timeline")
    title: str
    reference: str = Field(description="business reference or business key")
    note: str
    status: str
    at: Moment | None
    url: str = Field(description="its page")


class HitList(BaseModel):
    items: list[HitOut]


class EntryOut(BaseModel):
    at: Moment
    until: Moment | None
    kind: str = Field(description=", ".join(ENTRY_KINDS))
    what: str
    who: str
    note: str
    about: dict[str, Any] = Field(description='{"kind": "item", "id": 7}')
    url: str


class LinkOut(BaseModel):
    kind: str
    id: int | None
    title: str
    how: str = Field(description="how it made the one before it in the list")
    url: str


class ObjectOut(BaseModel):
    kind: str
    id: int


class TimelineOut(BaseModel):
    reference: str
    objects: list[ObjectOut]
    is_cut: bool = Field(description="more belongs to it than is told of")
    origins: list[list[LinkOut]] = Field(
        description="what created it: from the thing itself upwards, as far as you may see"
    )
    items: list[EntryOut]
    next_cursor: str | None


@router.get("/search", response=HitList, summary="Find things by number, reference or name")
def search(
    request: TokenRequest,
    q: Annotated[str, Query(max_length=MAX_SAID)],
    n: Of,
    kind: Annotated[str, Query("", max_length=MAX_SAID)],
) -> HttpResponse:
    """The best first, up to `n` of each kind; `kind`: of that one alone.

    422, naming `q`, for what no name can be: longer than 200 characters, or with control
    characters.
    """
    require(request.rights, Action.VIEW, request.folder.pk)
    _check_kind(kind, KINDS)
    wanted = Search(
        asked=asking.read(q),
        rights=request.rights,
        folder=request.folder,
        folders=frozenset({request.folder.pk}),
        kind=kind,
        n=n,
    )
    return answer({"items": [_hit(hit) for hit in find(wanted)]})


@router.get(
    "/timeline/{path:reference}",
    response=TimelineOut,
    summary="All that happened to a business reference",
)
def timeline(
    request: TokenRequest,
    reference: Annotated[str, Path(max_length=MAX_SAID)],
    limit: Entries,
    cursor: Cursor,
    kind: Annotated[str, Query("", max_length=MAX_SAID)],
) -> HttpResponse:
    """The oldest first. 404 when nothing in the folder bears the reference."""
    require(request.rights, Action.VIEW, request.folder.pk)
    _check_kind(kind, ENTRY_KINDS)
    name = reference.strip()
    is_name = len(name) <= asking.MAX_TEXT and asking.is_speakable(name)
    folders = frozenset({request.folder.pk})
    subjects = of_reference(name, folders) if is_name and name else None
    if subjects is None or subjects.is_empty:
        message = _("Nothing in this folder bears the reference “%(name)s”.")
        raise NotFoundError(message % {"name": name[: asking.MAX_TEXT]})
    try:
        listing = list_entries(subjects, kind=kind, cursor=cursor, limit=limit)
    except InvalidError as error:
        raise MalformedError(error.message, fields=error.fields) from None
    return answer({
        "reference": name,
        "objects": _objects(subjects),
        "is_cut": subjects.is_cut,
        "origins": [[_link(link) for link in chain] for chain in origins_of(subjects)],
        "items": [_entry(row) for row in listing.rows],
        "next_cursor": listing.next_cursor or None,
    })  # fmt: skip


def _check_kind(kind: str, known: dict[str, Any]) -> None:
    if kind and kind not in known:
        message = _("must be one of: %(known)s") % {"known": ", ".join(known)}
        raise InvalidError(f"kind: {message}.", fields=[FieldProblem("kind", message)])


def _hit(hit: Hit) -> dict[str, Any]:
    names = ("kind", "title", "reference", "note", "status", "at", "url")
    return {"id": hit.pk or None, **{name: getattr(hit, name) for name in names}}


def _objects(subjects: Subjects) -> list[dict[str, Any]]:
    return [{"kind": kind, "id": row.pk} for kind, row in subjects.all()]


def _link(link: Link) -> dict[str, Any]:
    names = ("kind", "title", "how", "url")
    return {"id": link.pk or None, **{name: getattr(link, name) for name in names}}


def _entry(row: Row) -> dict[str, Any]:
    kind, pk = row.entry.subject
    names = ("at", "until", "kind", "what", "who", "note", "url")
    said = {name: getattr(row.entry, name) for name in names}
    return {**said, "about": {"kind": kind, "id": pk}}
