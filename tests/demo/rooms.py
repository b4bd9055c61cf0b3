"""The demo in a test's database, and a bot that works its queue in this process."""

from apps.accounts.models import Folder
from apps.bots.board import Board
from apps.bots.horse import RunBeat
from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import Automation
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.demo.erp import bring_up
from apps.demo.models import DemoSetting
from apps.demo.set_up import set_up_demo
from apps.events.bus import deliver_outbox
from apps.queues.models import Attempt, QueueRun, Scheduled, WorkItem, WorkQueue
from apps.queues.session import Session
from apps.queues.upkeep import fold_counters, promote_scheduled


def load_demo(folder: Folder, *, flakiness: int = 0) -> WorkQueue:
    """Return the demo's queue; its ERP answers, and nothing comes in by itself."""
    queue = set_up_demo(folder)
    bring_up(folder.pk)
    DemoSetting.objects.filter(folder=folder).update(erp_flakiness=flakiness, trickle_on=False)
    return queue


def work(queue: WorkQueue) -> ExitReport:
    """Have a bot drain the queue, and the news of it delivered. Needs real commits."""
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


def work_again(queue: WorkQueue) -> ExitReport:
    """Have what waits for a retry tried again now."""
    Scheduled.objects.filter(queue_id=queue.pk).update(available_at="2020-01-01T00:00:00Z")
    promote_scheduled()
    return work(queue)


def status_of(item: WorkItem) -> str:
    return str(WorkItem.objects.with_status().get(pk=item.pk).status)


def last_try(item: WorkItem) -> Attempt:
    return Attempt.objects.filter(item_id=item.pk).order_by("-number")[0]
