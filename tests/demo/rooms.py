"""The demo in a test's database, and a bot that works its queues in this process."""

from collections.abc import Sequence

from apps.accounts.models import Folder
from apps.bots.board import Board
from apps.bots.horse import RunBeat, execute_run
from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import Automation, BotPool, Run
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.demo.erp import bring_up
from apps.demo.intake import QUEUE_KEY, items_of
from apps.demo.models import DemoSetting
from apps.demo.set_up import set_up_demo
from apps.events.bus import deliver_outbox
from apps.limits.models import Freeze
from apps.queues.models import Attempt, QueueRun, Ready, Scheduled, WorkItem, WorkQueue
from apps.queues.session import Session
from apps.queues.upkeep import fold_counters, promote_scheduled
from apps.workflows.models import WorkflowInstance


def load_demo(folder: Folder, *, flakiness: int = 0) -> WorkQueue:
    """Return the queue where invoices are checked. The ERP answers; nothing comes in by itself."""
    queue = set_up_demo(folder)
    # it would hold back the portal's work when tests run at night
    Freeze.objects.filter(folder=folder).delete()
    bring_up(folder.pk)
    DemoSetting.objects.filter(folder=folder).update(erp_flakiness=flakiness, trickle_on=False)
    return queue


def work(folder: Folder) -> None:
    """Have a bot work all that waits, step by step, and the news of it delivered.

    Needs real commits.
    """
    deliver_outbox()
    while waiting := _queues_with_work(folder):
        for queue in waiting:
            work_queue(queue)


def work_queue(queue: WorkQueue) -> ExitReport:
    """Have a bot drain one queue, and the news of it delivered."""
    automation = Automation.objects.get(pk=queue.automation_id)
    bot = register_bot(automation.pool, name="robbie", n_slots=1)
    version = automation.current_version
    assert version
    QueueRun.objects.create(run=create_run(version), queue=queue)
    run = claim_run(bot.pool_id, bot.pk, 1)
    assert run
    beat = RunBeat(run, Board())
    try:
        report = Session(queue, run, beat).work()
    finally:
        beat.end()
    deliver_outbox()
    fold_counters()
    return report


def run_pending(pool: BotPool, *, capabilities: Sequence[str] = ()) -> Run | None:
    """Have a bot of the pool do one single run, in this process; None when it may do none."""
    bot = register_bot(pool, name="rosie", n_slots=1, capabilities=capabilities)
    run = claim_run(bot.pool_id, bot.pk, 1)
    if run is not None:
        execute_run(run, Board())
        deliver_outbox()
        run.refresh_from_db()
    return run


def work_again(folder: Folder) -> None:
    """Have what waits for a retry tried again now."""
    queues = WorkQueue.objects.filter(folder=folder)
    Scheduled.objects.filter(queue_id__in=queues.values("pk")).update(
        available_at="2020-01-01T00:00:00Z"
    )
    promote_scheduled()
    work(folder)


def _queues_with_work(folder: Folder) -> list[WorkQueue]:
    worked = WorkQueue.objects.filter(folder=folder, automation__isnull=False)
    return list(worked.filter(pk__in=Ready.objects.values("queue_id")).order_by("pk"))


def item_at(instance: WorkflowInstance, queue_key: str = QUEUE_KEY) -> WorkItem:
    """Return the instance's work item in that queue: by default the one that is checked."""
    found = [item for item in items_of(instance) if item.queue.key == queue_key]
    assert found, f"{instance} never came to {queue_key}"
    return found[-1]


def last_try(item: WorkItem) -> Attempt:
    return Attempt.objects.filter(item_id=item.pk).order_by("-number")[0]
