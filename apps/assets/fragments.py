"""The live part of an asset's page: who was given it. No value is ever in it."""

from typing import Any

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in

from . import presenting
from .models import Asset
from .rights import LOOK


@fragment(
    "asset.uses",
    template="assets/form.html#uses",
    action=Action.VIEW,
    topics=("asset:{arg}",),
)
def uses(audience: Audience, arg: str) -> dict[str, Any] | None:
    folders = audience.folder_ids(LOOK) | audience.folder_ids(Action.AUDIT)
    asset = Asset.objects.filter(pk=number_in(arg) or 0, folder_id__in=folders).first()
    if asset is None:
        return None
    return {"is_secret": asset.is_secret, "uses": presenting.uses_of(asset.pk)}
