"""Queues with a past: tries and arrivals as if they had been worked for weeks."""

import random
from collections.abc import Sequence
from datetime import timedelta

from apps.accounts.models import Folder
from apps.bots.models import Automation, Bot, BotPool
from apps.lib.clock import database_now
from apps.queues.models import Attempt, MinuteCount, WorkQueue
from apps.queues.upkeep import fold_counters
from tests.factories_queues import make_items, make_queue

MINUTE = timedelta(minutes=1)


def worked(
    queue: WorkQueue,
    n: int = 60,
    *,
    seconds: float | Sequence[float] = 30.0,
    bot: str = "Robbie",
    failed: int = 0,
) -> None:
    """`n` items that were worked one after another, the last one a minute ago."""
    took = [seconds] * n if isinstance(seconds, int | float) else list(seconds)
    ids = make_items(queue, n)
    at = database_now() - MINUTE - timedelta(seconds=sum(took))
    tries = []
    for number, (item_id, length) in enumerate(zip(ids, took, strict=True)):
        is_failed = number < failed
        ended = at + timedelta(seconds=length)
        tries.append(
            Attempt(
                item_id=item_id,
                number=1,
                queue_id=queue.pk,
                bot=bot,
                started_at=at,
                ended_at=ended,
                outcome="application_exception" if is_failed else "successful",
            )
        )
        at = ended
    Attempt.objects.bulk_create(tries)
    _end(queue, ids)


def _end(queue: WorkQueue, ids: Sequence[int]) -> None:
    """Take the items out of the line, as their ends would have."""
    from apps.queues.models import CounterDelta, Ended, Ready

    Ready.objects.filter(item_id__in=ids).delete()
    Ended.objects.bulk_create(
        [Ended(item_id=pk, queue_id=queue.pk, status="successful") for pk in ids]
    )
    CounterDelta.objects.bulk_create(
        [
            CounterDelta(queue_id=queue.pk, measure="ready", change=-len(ids)),
            CounterDelta(queue_id=queue.pk, measure="successful", change=len(ids)),
        ]
    )
    fold_counters()


def came_in(queue: WorkQueue, per_hour: float, *, days: int = 28, seed: int = 1) -> None:
    """Arrivals of the last days: every hour about as many, in its thirtieth minute."""
    rng = random.Random(seed)
    now = database_now()
    MinuteCount.objects.filter(queue_id=queue.pk).delete()
    WorkQueue.objects.filter(pk=queue.pk).update(created_at=now - timedelta(days=days))
    queue.refresh_from_db()
    hour = now.replace(minute=30, second=0, microsecond=0)
    MinuteCount.objects.bulk_create(
        [
            MinuteCount(
                queue_id=queue.pk,
                minute=hour - timedelta(hours=back),
                measure="added",
                n=max(0, round(rng.gauss(per_hour, per_hour**0.5))),
            )
            for back in range(1, 24 * days)
        ]
    )


def staffed(queue: WorkQueue, *, slots: int = 2, bots: int = 1, max_runs: int = 50) -> BotPool:
    """Give the queue an automation, and a pool with bots that answer."""
    key = queue.key
    pool = BotPool.objects.create(folder=queue.folder, key=f"pool-{key}"[:60], title="Pool")
    automation = Automation.objects.create(
        folder=queue.folder, key=f"auto-{key}", title="Work", function="x", pool=pool
    )
    for number in range(bots):
        Bot.objects.create(
            folder=queue.folder,
            pool=pool,
            name=f"{key}-{number}",
            n_slots=slots,
            heartbeat_at=database_now(),
        )
    WorkQueue.objects.filter(pk=queue.pk).update(automation=automation, max_runs=max_runs)
    queue.refresh_from_db()
    return pool


def make_forecast_to_see(folder: Folder) -> WorkQueue:
    """A queue with a past whose bots lease by API, and that will be late; the same each time."""
    if known := WorkQueue.objects.filter(folder=folder, key="foretold").first():
        return known
    queue = make_queue(
        "foretold", folder=folder, title="Parcels to claim", sla_seconds=3600, max_attempts=2
    )
    for bot in ("one", "two"):
        worked(queue, 40, seconds=[40.0, 80.0, 30.0, 90.0] * 10, bot=bot, failed=2)
    came_in(queue, 20)
    make_items(queue, 200)
    return queue
