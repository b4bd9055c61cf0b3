"""Why a run waits, for programs."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.accounts.why import as_json
from apps.accounts.why_api import WhyOut
from apps.lib.errors import NotFoundError
from apps.lib.http import Id, answer

from .models import Run
from .why import why_run

router = Router(tags=["Bots and runs"])


@router.get("/runs/{int:run_id}/why", response=WhyOut, summary="Why does a run wait?")
def get_why(request: TokenRequest, run_id: Id) -> HttpResponse:
    """What stands in its way now, what happens next, and what would help."""
    require(request.user, Action.VIEW, request.folder.pk)
    runs = Run.objects.filter(folder=request.folder, pk=run_id)
    run = runs.select_related("version__automation", "pool", "bot").first()
    if run is None:
        raise NotFoundError(_("There is no run %(id)s, or not for you.") % {"id": run_id})
    return answer(as_json(why_run(run), request.rights))
