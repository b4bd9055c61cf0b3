"""What bots can run that works with models; see docs/ai.md for the settings that each takes."""

from django.utils.translation import gettext_lazy as _

from apps.bots.registry import ItemContext, automation
from apps.lib.json import JsonObject

from . import extracting


@automation("ai.extract", title=_("Read values with AI"), max_item_seconds=900)
def extract(item: ItemContext) -> JsonObject:
    """Read the fields of a schema out of an item's data and documents."""
    return extracting.extract(item)
