"""Vendors are asked about by single runs: started by what waits, paced, left alone in outages."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.bots.lifecycle import claim_run
from apps.bots.models import BotPool, Run
from apps.bots.registration import register_bot
from apps.bots.releases import default_pool
from apps.demo.models import DemoSetting, Vendor
from apps.demo.portal.automations import CHECKS
from apps.demo.portal.service import AWAY_AT, is_away_at, is_portal_down, take_down
from apps.demo.starts import IN_A_ROUND, ROUND, WEBHOOK, start_first_round
from apps.inbox.models import UserTask
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.limits.lifecycle import save_limit
from apps.limits.models import Application, Limit
from apps.queues.lifecycle import NewItem, add_items, lease_items
from apps.queues.models import Attempt, Ended, Ready, Scheduled, WorkItem, WorkQueue
from apps.queues.upkeep import feed_breakers, promote_scheduled
from apps.queues.why import why_item
from apps.triggers.lifecycle import fire_now, look_at_queues, pause_trigger
from apps.triggers.models import Firing, Trigger
from apps.triggers.receiving.accepting import Incoming, accept
from tests.demo.rooms import load_demo, run_pending

pytestmark = pytest.mark.django_db(transaction=True)

QUICKLY = {"size": 600, "burst": 100}


@pytest.fixture
def checks(folder):
    """The queue of vendors to check; the portal may be asked without a pause."""
    load_demo(folder)
    save_limit(Limit.objects.get(key="portal-calls"), QUICKLY, by=SYSTEM)
    return WorkQueue.objects.get(key=CHECKS)


def fire(key):
    return fire_now(Trigger.objects.get(key=key), by=SYSTEM)


def run_what_is_started(folder):
    look_at_queues()
    return run_pending(default_pool(folder))


def add(queue, *payloads):
    new = [NewItem(payload) for payload in payloads]
    add_items(queue, new, origin="api", by=SYSTEM, all_or_nothing=True)


def portal():
    return Application.objects.get(key="supplier-portal")


def test_a_round_waits_and_its_trigger_starts_one_run_that_asks_about_all(checks, folder):
    fire(ROUND)

    run = run_what_is_started(folder)

    assert run.status == Run.Status.SUCCESSFUL
    assert run.output == {"asked": IN_A_ROUND, "failed": 0}
    assert Ended.objects.filter(status=Ended.Status.SUCCESSFUL).count() == IN_A_ROUND
    answer = Attempt.objects.order_by("pk")[0].output
    assert answer["iban"] == Vendor.objects.get(name=answer["vendor"]).iban
    assert look_at_queues() == 0


def test_a_few_wait_for_more_or_for_the_clock(checks, folder):
    add(checks, {"vendor": "Nobody"})
    assert run_what_is_started(folder) is None

    fire("vendor-checks-left")

    assert run_pending(default_pool(folder)).output == {"asked": 0, "failed": 1}


def test_a_vendor_that_the_portal_does_not_know_is_a_question(checks, folder):
    event = {"id": "m1", "sent_at": 1, "body": {"vendor": "Nobody Ltd"}}
    accept(Trigger.objects.get(key=WEBHOOK).pk, Incoming(source="webhook", occasion="m1", event=event, body=b"{}"))  # fmt: skip  # noqa: E501
    fire("vendor-checks-left")

    run_pending(default_pool(folder))

    task = UserTask.objects.get()
    assert (task.kind, task.code) == (UserTask.Kind.DATA_PROBLEM, "unknown_vendor")
    assert "Nobody Ltd" in task.reason


def test_the_portal_is_asked_no_more_often_than_it_lets(checks, folder):
    save_limit(Limit.objects.get(key="portal-calls"), {"size": 600, "burst": 1}, by=SYSTEM)
    names = list(Vendor.objects.values_list("name", flat=True)[:4])
    add(checks, *({"vendor": name} for name in names))

    # the run itself waits for the next start, a tenth of a second each time
    assert run_what_is_started(folder).output == {"asked": 4, "failed": 0}

    begun = sorted(Attempt.objects.values_list("started_at", flat=True))
    assert begun[-1] - begun[0] >= timedelta(seconds=0.29)


def test_an_outage_costs_three_tries_and_all_goes_on_when_it_is_over(checks, folder):
    take_down(folder.pk, seconds=600)
    fire(ROUND)

    # when the portal does not answer
    assert run_what_is_started(folder).output == {"asked": 0, "failed": 3}

    # then its work rests, what waits keeps its tries, and nothing is started for it
    assert portal().state == Application.State.OPEN
    assert (Attempt.objects.count(), Ready.objects.count()) == (3, IN_A_ROUND - 3)
    assert run_what_is_started(folder) is None

    # when its rest is over and it answers
    DemoSetting.objects.update(portal_down_until=None)
    Application.objects.filter(pk=portal().pk).update(probe_at=database_now())
    Scheduled.objects.update(available_at="2020-01-01T00:00:00Z")
    promote_scheduled()
    runs = 0
    while Ended.objects.count() < IN_A_ROUND:
        assert run_what_is_started(folder) is not None
        feed_breakers()
        runs += 1
        assert runs <= IN_A_ROUND

    # then it was tried, and all vendors were asked about
    feed_breakers()
    assert portal().state == Application.State.CLOSED
    assert Attempt.objects.filter(outcome=Attempt.Outcome.SUCCESSFUL).count() == IN_A_ROUND


def test_while_a_run_has_one_in_hand_nothing_is_missing_for_the_others(checks, folder):
    fire(ROUND)
    look_at_queues()
    bot = register_bot(default_pool(folder), name="rosie")
    run = claim_run(bot.pool_id, bot.pk, 1)
    lease_items(checks.pk, n=1, bot="rosie", run_id=run.pk)

    waits = WorkItem.objects.with_status().filter(queue=checks, status="new").order_by("pk")

    assert {each.code for each in why_item(waits.last()).blockers} <= {"in_line", "nothing"}


def test_what_waits_says_which_trigger_starts_what_takes_it(checks, folder):
    add(checks, {"vendor": "Nobody"})
    waits = WorkItem.objects.with_status().get()
    assert [each.is_usual for each in why_item(waits).blockers] == [True]
    assert "“Vendors to check wait”" in why_item(waits).blockers[0].sentence

    pause_trigger(Trigger.objects.get(key="vendor-checks"), by=SYSTEM)

    assert why_item(waits).codes == ["trigger_paused"]


def test_the_first_round_is_started_once(checks, folder):
    start_first_round(folder)
    start_first_round(folder)

    firing = Firing.objects.get(trigger__key=ROUND)
    assert firing.outcome == Firing.Outcome.FIRED
    assert WorkItem.objects.filter(queue=checks).count() == IN_A_ROUND


def test_the_ledger_lets_one_bot_in_at_a_time(checks):
    posting = WorkQueue.objects.get(key="invoice-posting")
    add(posting, {}, {})

    first = lease_items(posting.pk, n=1, bot="robbie")

    assert len(first) == 1
    assert lease_items(posting.pk, n=1, bot="rosie") == []


def test_the_portal_is_away_thrice_a_day_while_things_come_in(checks, folder, settings):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    day = [datetime(2026, 7, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(24 * 60)]

    away = [moment for moment in day if is_away_at(moment)]

    assert [(each.hour + 2, each.minute) for each in away] == [(hour, 0) for hour in AWAY_AT]
    assert not is_portal_down(DemoSetting.objects.get())


def test_the_office_has_no_bot_that_prints(checks, folder):
    fire("printed-statements")
    office = BotPool.objects.get(key="office")
    assert run_pending(office) is None

    assert run_pending(office, capabilities=["printer"]).output == {"sheets": 0}
