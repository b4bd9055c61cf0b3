"""Where an item belongs: what the apps above know of it, noted with each line about it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The queue that an item is in, and the step of a workflow, and its visit, that it works."""

    folder_id: int | None = None
    queue_id: int | None = None
    instance_id: int | None = None
    token: int | None = None
    step: str = ""


NOWHERE: Final = Place()
_NAMES: Final = frozenset(each.name for each in fields(Place))

# Returns what it knows of some of these items, by names of Place; one query.
Knows = Callable[[Collection[int]], Mapping[int, Mapping[str, Any]]]
_known_by: list[Knows] = []


def register(knows: Knows) -> None:
    """Have `knows` asked wherever lines about items are written: once a second and run, about."""
    if knows not in _known_by:
        _known_by.append(knows)


def places_of(items: Collection[int]) -> dict[int, Place]:
    """Return where each of these items belongs, NOWHERE for what nobody knows."""
    found = dict.fromkeys(items, NOWHERE)
    if not found:
        return found
    for knows in _known_by:
        for item_id, known in knows(list(found)).items():
            assert known.keys() <= _NAMES
            found[item_id] = replace(found[item_id], **known)
    return found
