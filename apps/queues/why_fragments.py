"""The panel “Why is this not running?” on the page of an item."""

from typing import Any

from apps.accounts.permissions import Action
from apps.accounts.why import shown
from apps.events.fragments import Audience, fragment, number_in

from .models import WorkItem
from .why import why_item


@fragment(
    "item.why",
    template="components/_why_panel.html",
    action=Action.VIEW,
    topics=("item:{arg}", "bots", "limits"),
)
def item_why(audience: Audience, arg: str) -> dict[str, Any] | None:
    folders = audience.folder_ids(Action.VIEW)
    found = WorkItem.objects.filter(pk=number_in(arg) or 0, queue__folder_id__in=folders)
    item = found.select_related("queue").first()
    return None if item is None else shown(why_item(item), audience.rights)
