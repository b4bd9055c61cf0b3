"""Who takes items of a queue beside its automation, as apps above say it: for pages, never for
deciding. They register when ready."""

from collections.abc import Callable, Iterable

from apps.lib.why import Blocker

from .models import WorkQueue

Finds = Callable[[WorkQueue], Iterable[Blocker]]

_finds: list[Finds] = []


def register_taker(finds: Finds) -> None:
    """Have `finds` say, for a queue that has no automation, who takes what waits there."""
    if finds not in _finds:
        _finds.append(finds)


def takers_of(queue: WorkQueue) -> list[Blocker]:
    return [blocker for finds in _finds for blocker in finds(queue)]
