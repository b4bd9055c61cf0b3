"""The panel “Why is this not running?” on the page of a trigger."""

from typing import Any

from apps.accounts.permissions import Action
from apps.accounts.why import shown
from apps.events.fragments import Audience, fragment, number_in

from .models import Trigger
from .why import why_trigger


@fragment(
    "trigger.why",
    template="components/_why_panel.html",
    action=Action.VIEW,
    topics=("trigger:{arg}", "limits"),
)
def trigger_why(audience: Audience, arg: str) -> dict[str, Any] | None:
    folders = audience.folder_ids(Action.VIEW)
    found = Trigger.objects.filter(pk=number_in(arg) or 0, folder_id__in=folders)
    trigger = found.select_related("folder", "calendar", "owner").first()
    return None if trigger is None else shown(why_trigger(trigger), audience.rights)
