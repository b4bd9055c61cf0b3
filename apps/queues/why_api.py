"""Why an item is not worked on, for programs."""

from django.http import HttpResponse
from ninja import Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.accounts.why import as_json
from apps.accounts.why_api import WhyOut
from apps.lib.http import Id, answer

from .api.finding import find_item
from .why import why_item

router = Router(tags=["Items"])


@router.get("/items/{int:item_id}/why", response=WhyOut, summary="Why is an item not worked on?")
def get_why(request: TokenRequest, item_id: Id) -> HttpResponse:
    """What stands in its way now, what happens next, and what would help."""
    require(request.user, Action.VIEW, request.folder.pk)
    return answer(as_json(why_item(find_item(request, item_id)), request.rights))
