"""What bots can run that works with models; see docs/ai.md for the settings that each takes."""

from django.utils.translation import gettext_lazy as _

from apps.bots.registry import ItemContext, automation
from apps.lib.json import JsonObject

from . import extracting
from .agent import working


@automation("ai.extract", title=_("Read values with AI"), max_item_seconds=900)
def extract(item: ItemContext) -> JsonObject:
    """Read the fields of a schema out of an item's data and documents."""
    return extracting.extract(item)


@automation("ai.agent", title=_("Let an agent work"), max_item_seconds=3_000)
def agent(item: ItemContext) -> JsonObject:
    """Let an agent work the item within its frame of tools and limits."""
    return working.work(item)
