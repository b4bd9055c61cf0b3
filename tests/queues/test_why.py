"""Why an item is not worked on: what is said, and that doing it lets a bot lease it."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.bots.lifecycle import claim_run
from apps.bots.models import Automation, AutomationVersion, Run
from apps.bots.upkeep import reap_lost_runs
from apps.events.models import Heartbeat
from apps.lib.clock import database_now
from apps.queues.allocation import allocate_runs
from apps.queues.lifecycle import (
    Result,
    finish_items,
    hold_item,
    lease_items,
    pause_queue,
    reopen_item,
)
from apps.queues.models import Attempt, WorkItem, WorkQueue
from apps.queues.upkeep import promote_scheduled
from apps.queues.why import why_item
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories_queues import ANNA, make_items, make_queue, status_of
from tests.waits import beat, hang, only, press

pytestmark = pytest.mark.django_db


@pytest.fixture
def automation(folder):
    return sample(folder, "test.work", usual_seconds=4.0)


@pytest.fixture
def queue(folder, automation):
    """A queue that a bot works, with a scheduler."""
    beat()
    make_bot(folder)
    return make_queue("invoices", folder=folder, automation=automation)


def why(item_id):
    return why_item(WorkItem.objects.select_related("queue").get(pk=item_id))


def add(queue, **values):
    (item_id,) = make_items(queue, 1, **values)
    return item_id


def change(queue, **values):
    WorkQueue.objects.filter(pk=queue.pk).update(**values)
    queue.refresh_from_db()


def is_leased(queue, item_id):
    return item_id in {item.id for item in lease_items(queue.pk, n=10, bot="Bot 1")}


def run_begins(queue):
    """Have the scheduler allocate and a slot claim: return the run that drains the queue."""
    allocate_runs()
    run = Run.objects.filter(queue_run__queue=queue).latest("pk")
    bot = make_bot(queue.folder)
    return claim_run(run.pool_id, bot.pk, 1)


def fail(queue, outcome, **said):
    (item,) = lease_items(queue.pk, n=1, bot="Bot 1")
    finish_items([Result(item.id, item.token, Attempt.Outcome(outcome), **said)])
    return item.id


def test_an_item_that_nothing_holds_is_about_to_start(queue):
    item = add(queue)

    assert why(item).codes == ["nothing"]
    assert run_begins(queue) is not None
    assert is_leased(queue, item)
    assert not why(item).is_waiting


def test_a_paused_queue(queue, supervisor_client):
    item = add(queue)
    pause_queue(queue, reason="Month end", by=ANNA)

    blocker = why(item).blockers[0]

    assert blocker.code == "queue_paused"
    assert blocker.sentence == "Anna paused the queue “Invoices”: Month end"
    assert not is_leased(queue, item)
    assert press(supervisor_client, blocker.act) == 302
    assert is_leased(queue, item)


def test_a_queue_without_an_automation_until_a_bot_from_outside_asks(queue, designer, client_of):
    change(queue, automation=None)
    item, other, last = make_items(queue, 3)

    blocker = only(why(item))

    assert blocker.code == "no_automation"
    assert blocker.sentence == "No automation works the queue “Invoices”."
    assert press(client_of(designer), blocker.act) == 200
    lease_items(queue.pk, n=1, bot="Outside")
    assert why(other).codes == ["nothing"]
    in_line = only(why(last))
    assert (in_line.code, in_line.sentence) == ("in_line", "Bots from outside work this queue.")
    assert in_line.next == "1 item goes first. Nobody knows how long they take."
    assert is_leased(queue, other)


def test_an_automation_without_a_version(queue, automation):
    version = AutomationVersion.objects.get(automation=automation)
    AutomationVersion.objects.all().delete()
    item = add(queue)

    blocker = only(why(item))

    assert blocker.code == "no_version"
    assert blocker.sentence == f"The automation “{automation.title}” has no version that could run."
    assert allocate_runs() == []
    version.save(force_insert=True)
    assert len(allocate_runs()) == 1


def test_no_runs_are_allowed(queue):
    change(queue, max_runs=0)
    item = add(queue)

    blocker = only(why(item))

    assert blocker.code == "max_runs"
    assert blocker.sentence == "No run may work this queue: its settings allow 0 at a time."
    assert blocker.act.url == f"/settings/queues/{queue.pk}/"
    assert allocate_runs() == []
    change(queue, max_runs=1)
    assert len(allocate_runs()) == 1


def test_the_run_waits_for_a_bot(queue, folder):
    item = add(queue)
    allocate_runs()
    folder.bots.all().delete()

    assert why(item).codes == ["no_bot"]
    bot = make_bot(folder)
    assert why(item).codes == ["nothing"]
    assert claim_run(bot.pool_id, bot.pk, 1) is not None


def test_no_scheduler_answers(queue):
    item = add(queue)
    Heartbeat.objects.all().delete()

    blocker = only(why(item))

    assert blocker.code == "scheduler_away"
    assert blocker.sentence == "No scheduler answers: nothing starts by itself."
    beat(seconds_ago=60)
    assert why(item).codes == ["scheduler_away"]
    beat()
    assert why(item).codes == ["nothing"]


def test_others_go_first_and_when_its_turn_comes(queue):
    first, *_rest, last = make_items(queue, 10)
    run = run_begins(queue)
    now = database_now()

    found = why(last)

    blocker = only(found)
    assert blocker.code == "max_runs"
    assert blocker.sentence == "One run works this queue, as many as may at a time."
    assert blocker.next == "9 items go first. Its turn comes about then:"
    assert found.eta == blocker.at
    # nine items of 4 s each, one run
    assert timedelta(seconds=30) < found.eta - now < timedelta(seconds=60)
    assert why(first).codes == ["nothing"]
    Automation.objects.update(usual_seconds=None)
    assert why(last).eta is None
    assert "Nobody knows" in only(why(last)).next
    assert run is not None


def test_as_many_items_as_may_are_worked_on(queue):
    change(queue, max_in_progress=1)
    first, second = make_items(queue, 2)
    (held,) = lease_items(queue.pk, n=5, bot="Bot 1")
    assert held.id == first

    blocker = why(second).blockers[0]

    assert blocker.code == "in_progress_limit"
    assert blocker.sentence.startswith("One item of this queue is being worked on")
    assert not is_leased(queue, second)
    change(queue, max_in_progress=2)
    assert "in_progress_limit" not in why(second).codes
    assert is_leased(queue, second)


def test_every_run_hangs(queue, supervisor_client):
    item = add(queue)
    run = run_begins(queue)
    hang(run)

    blocker = only(why(item))

    assert blocker.code == "hung"
    assert blocker.sentence.startswith(f"Run {run.pk} of “{run.version.automation.title}” hangs")
    assert press(supervisor_client, blocker.act) == 302
    run.refresh_from_db()
    assert run.kill_requested_at is not None


def test_the_run_that_has_it_in_hand_fell_silent(queue):
    item = add(queue)
    run = run_begins(queue)
    lease_items(queue.pk, n=1, bot="robbie", run_id=run.pk)
    assert not why(item).is_waiting
    run.bot.slots.update(heartbeat_at=Now() - timedelta(minutes=2))
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - timedelta(minutes=2))

    blocker = only(why(item))

    assert blocker.code == "bot_not_answering"
    assert "stopped answering" in blocker.sentence
    # no patience: silence from before PostgreSQL was started counts with none, and it may have been
    # started for this test
    reap_lost_runs(silent_seconds=0)
    assert status_of(item) == "new"


def test_the_bot_of_the_only_run_fell_silent_before_it_took_the_item(queue):
    *_rest, item = make_items(queue, 3)
    run = run_begins(queue)
    assert "bot_not_answering" not in why(item).codes
    run.bot.slots.update(heartbeat_at=Now() - timedelta(minutes=2))
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - timedelta(minutes=2))

    # given up, it makes room for a run that gets on
    assert why(item).codes == ["bot_not_answering"]
    assert why(item).eta is None
    reap_lost_runs(silent_seconds=0)
    make_bot(queue.folder)
    assert run_begins(queue) is not None
    assert "bot_not_answering" not in why(item).codes


def test_before_its_time(queue, supervisor_client):
    later = database_now() + timedelta(hours=2)
    item = add(queue, available_at=later)

    found = why(item)

    blocker = only(found)
    assert (blocker.code, blocker.at, found.eta) == ("deferred", later, later)
    assert not is_leased(queue, item)
    assert press(supervisor_client, blocker.act) == 302
    assert is_leased(queue, item)


def test_before_the_next_try(queue, supervisor_client):
    item = add(queue)
    fail(queue, "application_exception", message="ERP down")

    blocker = only(why(item))

    assert blocker.code == "retry_wait"
    assert blocker.sentence == "1 of 3 tries failed; it waits before the next one."
    assert blocker.at > database_now()
    assert press(supervisor_client, blocker.act) == 302
    assert is_leased(queue, item)


def test_its_time_is_over_and_nobody_wakes_it(queue):
    item = add(queue, available_at=database_now() + timedelta(hours=1))
    from apps.queues.models import Scheduled

    Scheduled.objects.filter(item_id=item).update(available_at=Now() - timedelta(minutes=1))
    beat(seconds_ago=300)

    assert why(item).codes[0] == "scheduler_away"
    promote_scheduled()
    beat()
    assert why(item).codes == ["nothing"]


def test_held_by_a_person(queue, supervisor_client):
    item = add(queue)
    hold_item(item, by=ANNA, reason="Ask the vendor")

    blocker = only(why(item))

    assert (blocker.code, blocker.sentence) == ("held", "Anna holds it: Ask the vendor")
    assert not is_leased(queue, item)
    assert press(supervisor_client, blocker.act) == 302
    assert is_leased(queue, item)


def test_a_person_must_decide(queue, supervisor_client):
    item = add(queue)
    fail(queue, "business_exception", message="No vendor 4711")

    blocker = only(why(item))

    assert blocker.code == "needs_decision"
    assert blocker.sentence == "A person must decide: Data problem."
    assert blocker.next == "No vendor 4711"
    assert press(supervisor_client, blocker.act) == 200
    supervisor_client.post(f"/items/{item}/retry/")
    assert is_leased(queue, item)


def test_what_is_over_waits_for_nothing(queue):
    item = add(queue)
    fail(queue, "successful")

    assert not why(item).is_waiting
    reopen_item(item, by=ANNA, reason="once more")
    assert why(item).is_waiting


def test_several_things_at_once_are_all_said_and_there_is_no_estimate(queue, folder):
    *_rest, item = make_items(queue, 3)
    pause_queue(queue, reason="Month end", by=ANNA)
    folder.bots.all().delete()
    allocate_runs()

    found = why(item)

    assert found.codes == ["queue_paused", "no_bot"]
    assert found.eta is None


def test_asking_takes_few_queries(queue, django_assert_max_num_queries):
    *_rest, last = make_items(queue, 20)
    run_begins(queue)
    item = WorkItem.objects.select_related("queue").get(pk=last)

    with django_assert_max_num_queries(10):
        why_item(item)
