"""Why an instance does not go on, for programs."""

from django.http import HttpResponse
from ninja import Router

from apps.accounts.http import TokenRequest
from apps.accounts.why import as_json
from apps.accounts.why_api import WhyOut
from apps.lib.http import Id, answer

from .api.finding import find_instance
from .why import why_instance

router = Router(tags=["Instances"])


@router.get("/instances/{int:instance_id}/why", response=WhyOut, summary="Why does it not go on?")
def get_why(request: TokenRequest, instance_id: Id) -> HttpResponse:
    """What it waits for now, what happens next, and what would help."""
    return answer(as_json(why_instance(find_instance(request, instance_id)), request.rights))
