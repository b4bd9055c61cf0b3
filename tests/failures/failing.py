"""Failures for tests: items that bots worked badly, and what became of them."""

from collections.abc import Mapping, Sequence

from apps.events.bus import deliver_outbox
from apps.failures.models import FailureGroup
from apps.failures.upkeep import group_failures
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, WorkQueue
from tests.factories_queues import make_items

Outcome = Attempt.Outcome
DOWN = {"outcome": Outcome.APPLICATION_EXCEPTION, "message": "The ERP did not answer in 30 s"}
WRONG = {"outcome": Outcome.BUSINESS_EXCEPTION, "code": "total", "message": "The total is wrong"}
WELL: Mapping[str, object] = {"outcome": Outcome.SUCCESSFUL}


def end(
    queue: WorkQueue, results: Sequence[Mapping[str, object]], *, bot: str = "Robbie"
) -> list[int]:
    """Have a bot work the next items, one for each of `results`; return their ids in that order."""
    ids: list[int] = []
    while len(ids) < len(results):
        # what was lost before is leased alone
        leased = lease_items(queue.pk, n=len(results) - len(ids), bot=bot)
        assert leased, f"only {len(ids)} of {len(results)} items can be leased"
        some = [
            Result(item.id, item.token, **results[len(ids) + at])  # type: ignore[arg-type]
            for at, item in enumerate(leased)
        ]
        assert len(finish_items(some).finished) == len(leased)
        ids += [item.id for item in leased]
    return ids


def fail(queue: WorkQueue, *results: Mapping[str, object], bot: str = "Robbie") -> list[int]:
    """The same with items of their own, and then group what failed."""
    make_items(queue, len(results))
    ids = end(queue, results, bot=bot)
    group()
    return ids


def group() -> None:
    """Do what delivery and scheduler do, until nothing is left."""
    while deliver_outbox():
        pass
    group_failures()


def the_group(**wanted: object) -> FailureGroup:
    found: FailureGroup = FailureGroup.objects.get(**wanted)
    return found
