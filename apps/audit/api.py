"""The audit for programs."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.events.history import NEWEST_FIRST
from apps.lib.http import Cursor, Moment, answer, page
from apps.lib.http import Limit as PageSize

from .asking import AuditFilter
from .presenting import as_json

router = Router(tags=["Audit"])
Said = Annotated[str, Query("", max_length=200)]


class ChangeOut(BaseModel):
    field: str
    before: str
    after: str


class AuditedOut(BaseModel):
    id: int
    at: Moment
    kind: str
    sentence: str
    object: str = Field(description="sort and number, such as queue:5")
    actor: str
    actor_id: int | None
    actor_kind: str
    address: str = Field(description="where it came from; of sign-ins and lockouts")
    request_id: str
    changes: list[ChangeOut] = Field(description="dots for values that are not for here")


class AuditPage(BaseModel):
    items: list[AuditedOut]
    next_cursor: str | None = None


@router.get("/audit", response=AuditPage, summary="Who did what, when")
def list_audited(  # noqa: PLR0913 - each is a field of the filter
    request: TokenRequest,
    limit: PageSize,
    cursor: Cursor,
    person: Said,
    action: Said,
    object: Said,  # noqa: A002 - the name in the address
    since: Said,
    until: Said,
) -> HttpResponse:
    """Of the folder, newest first. `action`: a kind (`queue.paused`) or a sort (`queue`);
    `object`: `queue:5`; `since` and `until`: days; the last 30 without them."""
    require(request.rights, Action.AUDIT, request.folder.pk)
    said = {"person": person, "action": action, "object": object, "since": since, "until": until}
    rows = AuditFilter.parse(said).within_reach().rows(request.folder.pk)
    found = page(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    items = [as_json(each) for each in found.items]
    return answer({"items": items, "next_cursor": found.next_cursor})
