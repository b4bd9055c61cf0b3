"""How tries in applications went lately: apps above count theirs, breakers judge by all together.

An application that both queues and single runs work in would else be judged by each alone: neither
might have seen enough, or one of them so little that its few failures look like all there is.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import astuple

from .breaker import Seen
from .lifecycle import judge_application

# of these applications: what tries came to; those without any are left out
Counts = Callable[[Collection[int]], Iterable[tuple[int, Seen]]]

_counts: dict[str, Counts] = {}


def register(name: str, counts: Counts) -> None:
    """Judge by what this counts, too. Apps above call it when ready."""
    _counts[name] = counts


def feed(application_ids: Collection[int]) -> int:
    """Let the breakers of these applications see what all tries came to; return how many moved."""
    moved = 0
    for pk, seen in seen_of(application_ids).items():
        verdict = judge_application(pk, seen)
        moved += bool(verdict and verdict.is_change)
    return moved


def seen_of(application_ids: Collection[int]) -> dict[int, Seen]:
    """Return what tries in these applications came to; a few queries for all."""
    found: dict[int, Seen] = {}
    for counts in _counts.values() if application_ids else ():
        for pk, seen in counts(application_ids):
            found[pk] = _together(found[pk], seen) if pk in found else seen
    return found


def _together(one: Seen, other: Seen) -> Seen:
    n, n_failed, n_good, n_bad = (a + b for a, b in zip(astuple(one), astuple(other), strict=True))
    return Seen(n=n, n_failed=n_failed, n_successful_probes=n_good, n_failed_probes=n_bad)
