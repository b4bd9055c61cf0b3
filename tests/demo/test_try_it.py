"""The steps of the Try it page: each sets something off, and ticks when it was seen."""

import signal
import socket
import subprocess
import sys

import pytest

from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import Bot, BotSlot, Run
from apps.bots.registration import register_bot
from apps.bots.releases import default_pool
from apps.bots.why import why_run
from apps.demo import bots_on_this_machine, erp, steps
from apps.demo.models import DemoSetting, LedgerEntry, TryItStep
from apps.demo.portal.steps import PRINTED
from apps.demo.starts import ROUND
from apps.demo.steps import BY_KEY, begin, kill_bot_of, tick_steps
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now, seconds_from_now
from apps.lib.errors import ConflictError, NotFoundError
from apps.limits.lifecycle import save_limit
from apps.limits.models import Application, Limit
from apps.queues import session
from apps.queues.lifecycle import lease_items
from apps.queues.models import Lease, WorkQueue
from apps.queues.upkeep import feed_breakers, reap_leases
from apps.triggers.lifecycle import look_at_queues, remove_trigger
from apps.triggers.models import Trigger
from apps.workflows.models import WorkflowInstance
from tests.demo.rooms import load_demo, run_pending, work, work_again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch, settings):
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    settings.DEMO_FLOOD = 30


@pytest.fixture
def queue(folder):
    return load_demo(folder)


@pytest.fixture
def victim():
    """A process that waits to be killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def is_seen(step):
    tick_steps()
    return TryItStep.objects.get(step=step).seen_at is not None


def test_a_wrong_invoice_ticks_when_a_person_has_decided_and_it_ended(queue, folder, business_user):
    progress = begin(BY_KEY["wrong-invoice"], folder, business_user)
    work(folder)
    assert not is_seen("wrong-invoice")

    task = UserTask.objects.get(instance_id=progress.first_instance_id)
    answer = Answer(decision="leave_out", version=task.version, reason="Sent twice")
    decide(task, answer, by=business_user.actor)
    work(folder)

    assert is_seen("wrong-invoice")


def test_a_large_invoice_ticks_when_it_was_approved(queue, folder, supervisor):
    progress = begin(BY_KEY["large-invoice"], folder, supervisor)
    work(folder)
    assert not is_seen("large-invoice")

    task = UserTask.objects.get(instance_id=progress.first_instance_id)
    decide(task, Answer(decision="approve", version=task.version), by=supervisor.actor)
    work(folder)

    assert is_seen("large-invoice")
    assert LedgerEntry.objects.get().total_amount > 100_000


def test_the_month_end_ticks_when_the_last_statement_is_there(queue, folder, supervisor):
    begin(BY_KEY["flood"], folder, supervisor)
    work(folder)
    begin(BY_KEY["month-end"], folder, supervisor)
    assert not is_seen("month-end")

    work(folder)

    assert is_seen("month-end")


def test_the_erp_ticks_when_all_failed_and_all_ended_well(queue, folder, business_user):
    begin(BY_KEY["erp-down"], folder, business_user)
    work(folder)
    assert not is_seen("erp-down")

    erp.bring_up(folder.pk)
    work_again(folder)

    assert is_seen("erp-down")
    assert LedgerEntry.objects.count() == steps.N_WHILE_DOWN
    assert LedgerEntry.objects.posted_twice() == []


def test_a_flood_comes_in_as_one_and_ticks_when_it_is_worked_off(queue, folder, business_user):
    begin(BY_KEY["flood"], folder, business_user)
    assert WorkflowInstance.objects.count() == 30
    assert not is_seen("flood")

    work(folder)

    assert is_seen("flood")
    assert LedgerEntry.objects.count() == 30


def test_a_killed_bot_ticks_when_the_item_is_worked_again(queue, folder, business_user, victim):
    # given a slow invoice in the hands of a process
    progress = begin(BY_KEY["kill-a-bot"], folder, business_user)
    bot = register_bot(queue.automation.pool, name="robbie", n_slots=1)
    Bot.objects.filter(pk=bot.pk).update(host=socket.gethostname())
    BotSlot.objects.update_or_create(bot=bot, number=1, defaults={"pid": victim.pid})
    reading = WorkQueue.objects.get(folder=folder, key="invoice-reading")
    create_run(reading.automation.current_version)
    run = claim_run(bot.pool_id, bot.pk, 1)
    lease_items(reading.pk, n=1, bot="robbie", run_id=run.pk)

    # when it is killed, and the lease runs out
    assert kill_bot_of(progress) == "robbie"
    assert victim.wait(timeout=30) == -signal.SIGKILL
    assert not is_seen("kill-a-bot")
    Lease.objects.update(expires_at=seconds_from_now(-60))
    reap_leases()
    lease_items(reading.pk, n=1, bot="marvin")

    # then it is seen
    assert is_seen("kill-a-bot")


def test_nobody_is_killed_while_nobody_works_on_it(queue, folder, business_user):
    progress = begin(BY_KEY["kill-a-bot"], folder, business_user)

    with pytest.raises(ConflictError, match="Wait a moment"):
        kill_bot_of(progress)


def test_a_bot_on_another_machine_is_left_alone(queue, victim):
    bot = register_bot(queue.automation.pool, name="far", n_slots=1)
    Bot.objects.filter(pk=bot.pk).update(host="elsewhere")
    BotSlot.objects.update_or_create(bot=bot, number=1, defaults={"pid": victim.pid})
    bot.refresh_from_db()
    with pytest.raises(ConflictError, match="another machine"):
        bots_on_this_machine.kill_slot(bot, 1)
    assert victim.poll() is None


def test_a_process_that_is_gone_is_a_plain_sentence(queue, victim):
    bot = register_bot(queue.automation.pool, name="robbie", n_slots=1)
    victim.kill()
    victim.wait(timeout=30)
    Bot.objects.filter(pk=bot.pk).update(host=socket.gethostname())
    BotSlot.objects.update_or_create(bot=bot, number=1, defaults={"pid": victim.pid})
    bot.refresh_from_db()

    with pytest.raises(ConflictError, match="gone already"):
        bots_on_this_machine.kill_slot(bot, 1)


def test_a_step_may_be_tried_again(queue, folder, business_user):
    first = begin(BY_KEY["flood"], folder, business_user)
    work(folder)
    assert is_seen("flood")

    again = begin(BY_KEY["flood"], folder, business_user)

    assert again.pk == first.pk
    assert again.seen_at is None
    assert again.first_instance_id != first.first_instance_id
    assert not is_seen("flood")


def test_what_was_begun_long_ago_is_no_longer_watched(queue, folder, business_user):
    begin(BY_KEY["flood"], folder, business_user)
    work(folder)
    TryItStep.objects.update(started_at=seconds_from_now(-3600 * (steps.WATCHED_HOURS + 1)))

    assert tick_steps() == 0


def test_a_step_whose_items_are_not_there_yet_does_not_tick(queue, folder, business_user):
    for key in BY_KEY:
        TryItStep.objects.create(folder=folder, user=business_user, step=key)

    assert tick_steps() == 0


def test_a_step_that_no_longer_exists_is_left_alone(queue, folder, business_user):
    TryItStep.objects.create(folder=folder, user=business_user, step="of-old-times")

    assert tick_steps() == 0


def test_the_page_shows_how_far_a_step_is(queue, folder, business_user, business_client):
    begin(BY_KEY["flood"], folder, business_user)
    assert "0 of 30 have ended" in business_client.get("/demo/").text

    work(folder)
    tick_steps()

    page = business_client.get("/demo/").text
    assert "30 of 30 have ended" in page
    assert "Seen" in page


def test_the_portal_ticks_when_its_work_rested_and_it_answered_again(queue, folder, business_user):
    begin(BY_KEY["portal-down"], folder, business_user)
    save_limit(Limit.objects.get(key="portal-calls"), {"size": 600, "burst": 100}, by=SYSTEM)
    look_at_queues()
    run_pending(default_pool(folder))
    portal = Application.objects.get(key="supplier-portal")
    assert portal.state == Application.State.OPEN
    assert not is_seen("portal-down")

    # when it answers again, and is tried
    DemoSetting.objects.update(portal_down_until=None)
    Application.objects.filter(pk=portal.pk).update(probe_at=database_now())
    while Application.objects.exclude(state=Application.State.CLOSED).exists():
        look_at_queues()
        assert run_pending(default_pool(folder)) is not None
        feed_breakers()

    assert is_seen("portal-down")


def test_what_no_bot_can_do_ticks_when_one_came_that_can(queue, folder, business_user):
    begin(BY_KEY["no-printer"], folder, business_user)
    run = Run.objects.get()
    blockers = {each.code for each in why_run(run).blockers}
    assert blockers & {"no_bot", "capability"}
    assert not is_seen("no-printer")

    run_pending(run.pool, capabilities=["printer"])

    assert is_seen("no-printer")


@pytest.mark.parametrize(("step", "key"), [("portal-down", ROUND), ("no-printer", PRINTED)])
def test_a_step_whose_trigger_people_removed_says_so(queue, folder, business_user, step, key):
    remove_trigger(Trigger.objects.get(key=key), by=SYSTEM)

    with pytest.raises(NotFoundError, match="is gone"):
        begin(BY_KEY[step], folder, business_user)
