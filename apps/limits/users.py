"""What works under limits and applications, as apps above say it: for pages, never for deciding.

Queues and automations are bound there; here nobody knows them. Apps above register when ready:

    register(queues_that_use)          # which queues and automations, and what waits in them
    register_tries(tries_of_queues)    # how their tries went, for drawing an application's health
    register_names("item", names_of)   # how what holds a seat is called, and where its page is
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something that is bound: by an application, or by a limit of its own."""

    kind: str  # queue, automation
    id: int
    folder_id: int
    title: str
    url: str
    waiting: int = 0
    at_work: int = 0
    application_id: int | None = None
    limit_id: int | None = None


class Finds(Protocol):
    def __call__(
        self, *, application_ids: Collection[int], limit_ids: Collection[int]
    ) -> Iterable[Use]:
        """Return what is bound by these, one Use for each binding. A few queries for all."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How the tries of a span went. Wrong data count as gone well: the application answered."""

    application_id: int
    since: datetime
    n: int
    n_failed: int


class FindsTries(Protocol):
    def __call__(
        self, application_ids: Collection[int], *, since: datetime, span_seconds: int
    ) -> Iterable[Tries]:
        """Return what tries came to, span by span from `since` on; empty spans are left out."""


@dataclass(frozen=True, slots=True)
class Name:
    title: str
    url: str


# by number; what is gone is left out
FindsNames = Callable[[Collection[int]], Mapping[int, Name]]

_uses: list[Finds] = []
_tries: list[FindsTries] = []
_names: dict[str, FindsNames] = {}


def register(finds: Finds) -> None:
    if finds not in _uses:
        _uses.append(finds)


def register_tries(finds: FindsTries) -> None:
    if finds not in _tries:
        _tries.append(finds)


def register_names(kind: str, finds: FindsNames) -> None:
    _names[kind] = finds


def uses_of(*, application_ids: Collection[int] = (), limit_ids: Collection[int] = ()) -> list[Use]:
    """Return what is bound by these, by title."""
    if not application_ids and not limit_ids:
        return []
    found = [
        use
        for finds in _uses
        for use in finds(application_ids=application_ids, limit_ids=limit_ids)
    ]
    return sorted(found, key=lambda use: (use.title.casefold(), use.kind, use.id))


def tries_of(
    application_ids: Collection[int], *, since: datetime, span_seconds: int
) -> dict[int, list[Tries]]:
    """Return how tries went since then, span by span, summed over all that use each."""
    sums: dict[tuple[int, datetime], tuple[int, int]] = {}
    for finds in _tries if application_ids else ():
        for tries in finds(application_ids, since=since, span_seconds=span_seconds):
            at = (tries.application_id, tries.since)
            n, n_failed = sums.get(at, (0, 0))
            sums[at] = (n + tries.n, n_failed + tries.n_failed)
    found: dict[int, list[Tries]] = {pk: [] for pk in application_ids}
    for (pk, at_), (n, n_failed) in sorted(sums.items()):
        found[pk].append(Tries(pk, at_, n, n_failed))
    return found


def names_of(kind: str, ids: Collection[int]) -> Mapping[int, Name]:
    """Return the names of what holds seats; of kinds that nobody registered: none."""
    finds = _names.get(kind)
    return finds(ids) if finds and ids else {}
