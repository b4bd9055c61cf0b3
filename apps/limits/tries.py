"""How tries in applications went lately: apps above count theirs, breakers judge by all together.

An application that both queues and single runs work in would else be judged by each alone: neither
might have seen enough, or one of them so little that its few failures look like all there is.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from .breaker import Seen
from .lifecycle import judge_application
from .models import Application

# of these applications: what tries came to; those without any are left out
Counts = Callable[[Collection[int]], Iterable[tuple[int, Seen]]]

_counts: dict[str, Counts] = {}


def register(name: str, counts: Counts) -> None:
    """Judge by what this counts, too. Apps above call it when ready."""
    _counts[name] = counts


def feed(application_ids: Collection[int]) -> int:
    """Let the breakers of these applications see what all tries came to; return how many moved.

    What a breaker counts from is read before anything is counted: a person who resets it between
    the two would else see it open again by what failed before.
    """
    since = {
        pk: (counts_from, probe_at)
        for pk, counts_from, probe_at in Application.objects.filter(
            pk__in=application_ids
        ).values_list("pk", "counts_from", "probe_at")
    }
    moved = 0
    for pk, seen in seen_of(application_ids).items():
        verdict = judge_application(pk, replace(seen, since=since.get(pk)))
        moved += bool(verdict and verdict.is_change)
    return moved


def seen_of(application_ids: Collection[int]) -> dict[int, Seen]:
    """Return what tries in these applications came to; a few queries for all."""
    found: dict[int, Seen] = {}
    for counts in _counts.values() if application_ids else ():
        for pk, seen in counts(application_ids):
            found[pk] = found[pk] + seen if pk in found else seen
    return found
