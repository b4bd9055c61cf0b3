"""One search: what is meant by number first, then by reference, then by name."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from apps.accounts.models import Folder
from apps.accounts.permissions import Action, Rights
from apps.lib.numbers import ROW_IDS

from .asking import INSTANCE, ITEM, NUMBERED, RUN, TASK, Asked
from .hits import KINDS, Hit, hits_of
from .named import SOURCES, find_named, find_pages, find_people
from .references import (
    approvals_called,
    exactly,
    instances_between,
    items_between,
    runs_of_items,
    tasks_about,
    timeline_url,
)

IN_PALETTE: Final = 5
ON_PAGE: Final = 20
# tasks and runs are looked for by what so many items and instances of that very name had
MAX_NAMED: Final = 50


@dataclass(frozen=True, kw_only=True)
class Search:
    """Who asks for what, and where: `folders` are those whose things may be found."""

    asked: Asked
    rights: Rights
    folder: Folder
    folders: frozenset[int]
    kind: str = ""  # one of KINDS; "": all of them
    n: int = ON_PAGE

    def wants(self, kind: str) -> bool:
        return self.kind in ("", kind)


def search_of(
    asked: Asked, rights: Rights, folder: Folder, *, kind: str = "", n: int = ON_PAGE
) -> Search:
    """Return a search of all folders that the person may look into."""
    folders = rights.folder_ids(Action.VIEW)
    kind = kind if kind in KINDS else ""
    return Search(asked=asked, rights=rights, folder=folder, folders=folders, kind=kind, n=n)


def find(search: Search) -> list[Hit]:
    """Return what was found, kind by kind, up to `n` of each; at most one query for each index.

    Nothing of a folder that may not be looked into, and no sign that it is there.
    """
    if not search.asked.text:
        return []
    numbered = _by_number(search)
    found = [*numbered, *_by_reference(search), *_by_name(search)]
    return _once(found, search)


def grouped(hits: list[Hit]) -> list[tuple[str, list[Hit]]]:
    """Return the hits kind by kind, in the order of KINDS."""
    order = list(KINDS)
    ordered = sorted(hits, key=lambda hit: order.index(hit.kind))
    return [(kind, list(some)) for kind, some in groupby(ordered, key=lambda hit: hit.kind)]


def straight_to(search: Search, hits: list[Hit]) -> Hit | None:
    """Return the one thing that was named by kind and number, if nothing else bears that name."""
    asked = search.asked
    if not asked.kind or asked.number is None:
        return None
    named = [hit for hit in hits if hit.reference == asked.text or hit.kind == "timeline"]
    meant = [hit for hit in hits if hit.kind == asked.kind and hit.pk == asked.number]
    return meant[0] if meant and not named else None


def _by_number(search: Search) -> list[Hit]:
    number = search.asked.number
    if not number or number >= ROW_IDS:
        return []
    kinds = [search.asked.kind] if search.asked.kind else NUMBERED
    return [
        hit
        for kind in kinds
        if search.wants(kind)
        for hit in hits_of(kind, [number], search.folders)
    ]


def _by_reference(search: Search) -> list[Hit]:
    asked, folders = search.asked, search.folders
    items = items_between(asked.ranges, folders, search.n + 1)
    instances = instances_between(asked.ranges, folders, search.n + 1)
    found = [*hits_of(ITEM, items, folders), *hits_of(INSTANCE, instances, folders)]
    called = list(dict.fromkeys(hit.reference for hit in found if hit.reference in asked.spellings))
    return [*_timelines(called), *found, *_around(search, called)]


def _timelines(references: list[str]) -> list[Hit]:
    return [
        Hit(kind="timeline", pk=0, title=each, reference=each, url=timeline_url(each))
        for each in references
    ]


def _around(search: Search, called: list[str]) -> list[Hit]:
    """The tasks and runs of what bears exactly the name, and the approvals that do."""
    folders, n = search.folders, search.n + 1
    items = items_between(exactly(called), folders, MAX_NAMED)
    instances = instances_between(exactly(called), folders, MAX_NAMED)
    tasks = [
        *tasks_about(items, instances, n),
        *approvals_called(search.asked.spellings, folders, n),
    ]
    return [
        *hits_of(TASK, list(dict.fromkeys(tasks)), folders),
        *hits_of(RUN, runs_of_items(items, n) if items else [], folders),
    ]


def _by_name(search: Search) -> list[Hit]:
    asked, rights, n = search.asked, search.rights, search.n + 1
    sources = [source for source in SOURCES if search.wants(source.kind)]
    found = find_named(sources, asked, rights, search.folders, n)
    others: dict[str, Callable[..., list[Hit]]] = {"person": find_people, "page": find_pages}
    for kind, look in others.items():
        if search.wants(kind) and search.folder.pk in search.folders:
            found += look(asked, rights, search.folder, n)
    return found


def _once(found: list[Hit], search: Search) -> list[Hit]:
    """Each thing once, and of each kind no more than was asked for, the first ones."""
    kept: dict[tuple[str, int, str], Hit] = {}
    counts: dict[str, int] = {}
    for hit in found:
        place = (hit.kind, hit.pk, "" if hit.pk else hit.url)
        if place in kept or not search.wants(hit.kind) or counts.get(hit.kind, 0) >= search.n:
            continue
        kept[place] = hit
        counts[hit.kind] = counts.get(hit.kind, 0) + 1
    return list(kept.values())
