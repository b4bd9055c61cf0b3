"""The panel “Why is this not running?” on the page of a run."""

from typing import Any

from apps.accounts.permissions import Action
from apps.accounts.why import shown
from apps.events.fragments import Audience, fragment, number_in

from .models import Run
from .why import why_run


@fragment(
    "run.why",
    template="components/_why_panel.html",
    action=Action.VIEW,
    topics=("run:{arg}", "bots", "limits"),
)
def run_why(audience: Audience, arg: str) -> dict[str, Any] | None:
    folders = audience.folder_ids(Action.VIEW)
    found = Run.objects.filter(pk=number_in(arg) or 0, folder_id__in=folders)
    run = found.select_related("version__automation", "pool", "bot").first()
    return None if run is None else shown(why_run(run), audience.rights)
