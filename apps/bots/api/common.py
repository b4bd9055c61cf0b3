"""What the calls about bots share: their router, and how things are found."""

from typing import Annotated, TypeAlias

from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from apps.accounts.http import TokenRequest
from apps.bots.capabilities import MAX_CAPABILITIES
from apps.bots.models import MAX_CAPABILITY, Automation
from apps.lib.errors import NotFoundError

# one for all: an address with several methods must be of one router
router = Router(tags=["Bots and runs"])

__all__ = ["MAX_CAPABILITIES", "Capability", "find_automation", "router"]

Capability: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_CAPABILITY)]


def find_automation(request: TokenRequest, key: str) -> Automation:
    here = Automation.objects.filter(folder=request.folder).select_related("pool")
    found: Automation | None = here.filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no automation “%(key)s” in this folder.") % {"key": key})
    return found
