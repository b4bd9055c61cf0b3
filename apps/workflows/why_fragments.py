"""The panel “Why is this not running?” on the page of an instance."""

from typing import Any

from apps.accounts.permissions import Action
from apps.accounts.why import shown
from apps.events.fragments import Audience, fragment, number_in

from .models import WorkflowInstance
from .why import why_instance


@fragment(
    "instance.why",
    template="components/_why_panel.html",
    action=Action.VIEW,
    topics=("instance:{arg}", "bots", "limits"),
)
def instance_why(audience: Audience, arg: str) -> dict[str, Any] | None:
    folders = audience.folder_ids(Action.VIEW)
    found = WorkflowInstance.objects.filter(pk=number_in(arg) or 0, folder_id__in=folders)
    instance = found.select_related("workflow").first()
    return None if instance is None else shown(why_instance(instance), audience.rights)
