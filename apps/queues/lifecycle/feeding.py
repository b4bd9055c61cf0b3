"""Tells the breakers of applications how tries at items went."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models.functions import Now

from apps.limits.breaker import Seen
from apps.limits.models import Application
from apps.limits.tries import feed
from apps.queues.models import Attempt
from apps.queues.statements import SEEN

from .running import run
from .values import Result


def feed_after(results: Iterable[Result], queue_ids: Collection[int]) -> None:
    """After the commit, let applications be judged in which the tries at `results` failed.

    After, so that of many that fail at once the last one sees all; should it be missed, the next
    failure sees them. Queues without applications cost one look.
    """
    if not any(each.outcome == Attempt.Outcome.APPLICATION_EXCEPTION for each in results):
        return
    ids = _used_by(queue_ids)
    if ids:
        transaction.on_commit(lambda: feed(ids), robust=True)


def count_tries(application_ids: Collection[int]) -> Iterable[tuple[int, Seen]]:
    """Return what tries at items of these applications came to; for apps.limits.tries."""
    for pk, n, n_failed, n_good, n_bad in run(SEEN, {"ids": list(application_ids)}):
        seen = Seen(n=n, n_failed=n_failed, n_successful_probes=n_good, n_failed_probes=n_bad)
        yield pk, seen


def feed_probed() -> int:
    """Let applications be judged that rested and are being tried; return how many moved."""
    tried = Application.objects.exclude(state=Application.State.CLOSED)
    ids = list(tried.filter(probe_at__lte=Now()).values_list("pk", flat=True))
    return feed(ids) if ids else 0


def _used_by(queue_ids: Collection[int]) -> list[int]:
    used = Application.objects.filter(queues__in=queue_ids).order_by("pk")
    return list(used.values_list("pk", flat=True).distinct())
