"""Why a trigger starts nothing, for programs."""

from typing import Annotated

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.accounts.why import as_json
from apps.accounts.why_api import WhyOut
from apps.lib.errors import NotFoundError
from apps.lib.http import answer

from .models import Trigger
from .why import why_trigger

router = Router(tags=["Triggers"])

Key = Annotated[str, Path(max_length=100)]


@router.get("/triggers/{key}/why", response=WhyOut, summary="Why does it start nothing?")
def get_why(request: TokenRequest, key: Key) -> HttpResponse:
    """What stands in its way now, what happens next, and what would help."""
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = Trigger.objects.select_related("folder", "calendar", "owner")
    found = rows.filter(folder=request.folder, key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no trigger “%(key)s” in this folder.") % {"key": key})
    return answer(as_json(why_trigger(found), request.rights))
