"""Whose work an item is, in words: the app that owns items says how its instances are called."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .models import Owned


@dataclass(frozen=True, slots=True)
class OwnerLink:
    """How an instance is called, and where its page is; "" when it has none."""

    title: str
    url: str = ""


LinkBuilder = Callable[[Iterable[int]], Mapping[int, OwnerLink]]
_builders: list[LinkBuilder] = []


def link_owners_by(builder: LinkBuilder) -> LinkBuilder:
    """Register what names instances, given their numbers. One app owns items: the last one counts.

    Called from the app's `ready`. Numbers that the builder leaves out are shown as numbers.
    """
    _builders[:] = [builder]
    return builder


def links_of(owner_ids: Iterable[int]) -> dict[int, OwnerLink]:
    """Return the link of each instance; those nobody knows are called by their number."""
    wanted = set(owner_ids)
    known = dict(_builders[0](wanted)) if _builders and wanted else {}
    return {number: known.get(number) or _plain(number) for number in wanted}


def link_of(owner_id: int) -> OwnerLink:
    return links_of([owner_id])[owner_id]


def owner_of(item_id: int) -> Owned | None:
    """Return whose work the item is; None for an item that was added for its own sake."""
    return Owned.objects.filter(item_id=item_id).first()


def _plain(owner_id: int) -> OwnerLink:
    return OwnerLink(_("instance %(id)d") % {"id": owner_id})
