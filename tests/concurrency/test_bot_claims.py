"""Slots that claim at once: each run once, never more than limits allow, in fair shares."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.lifecycle import claim_run, create_run, finish_run
from apps.bots.models import Automation, Bot, Run
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.bots.releases import default_pool
from apps.limits.models import Application, FolderStop, Limit
from tests.bots.workers import sample
from tests.concurrency.racing import flat, race, race_same, until_waiting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

SLOTS = 8


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return register_bot(default_pool(folder), name="tester", n_slots=SLOTS)


def waits(automation: Automation, n: int, **more: object) -> None:
    version = automation.current_version
    assert version
    for _ in range(n):
        create_run(version, **more)  # type: ignore[arg-type]


def end(run: Run) -> None:
    assert run.token
    assert finish_run(run.pk, run.token, ExitReport())


def test_each_run_is_claimed_once(automation: Automation, bot: Bot) -> None:
    for source in ("one", "two", "three"):
        waits(automation, 20, source=source)

    def claim_all(slot: int) -> list[int]:
        found = []
        while run := claim_run(bot.pool_id, bot.pk, slot):
            found.append(run.pk)
        return found

    claimed = flat(race_same(SLOTS, claim_all))

    assert len(claimed) == len(set(claimed)) == 60
    assert not Run.objects.filter(status="pending").exists()


def test_seats_are_never_exceeded_by_slots_that_claim_and_end_at_once(
    folder: Folder, automation: Automation, bot: Bot
) -> None:
    # given three seats of an application, and much that wants one
    erp = Application.objects.create(folder=folder, key="erp", title="ERP")
    Limit.objects.create(folder=folder, key="seats", title="Seats", size=3, application=erp)
    automation.applications.add(erp)
    waits(automation, 60)
    most, lock = 0, Lock()

    def work(slot: int) -> int:
        nonlocal most
        n_done = 0
        while Run.objects.filter(status="pending").exists():
            run = claim_run(bot.pool_id, bot.pk, slot)
            if run is None:
                continue
            with lock:
                most = max(most, Run.objects.filter(status__in=Run.HELD).count())
            end(run)
            n_done += 1
        return n_done

    # when
    done = race_same(SLOTS, work)

    # then all were done, and never more at once than there are seats
    assert sum(done) == 60
    assert most <= 3


def test_a_run_that_is_made_while_somebody_claims_takes_no_seat_that_is_not_there(
    folder: Folder, automation: Automation, bot: Bot
) -> None:
    # given an automation whose only seat is taken, and another one that is bound and waits
    other = sample(folder, "test.refuses")
    for each in (automation, other):
        limit = Limit.objects.create(folder=folder, key=each.key, title=each.key, size=1)
        each.limits.add(limit)
    waits(automation, 1)
    held = claim_run(bot.pool_id, bot.pk, 1)
    waits(other, 1)

    # when somebody who claims waits for the other's seat, while one more is asked for, urgently
    with connection.cursor() as cursor:
        place = ["limits: limit", other.limits.get().pk]
        cursor.execute("select pg_advisory_lock(hashtext(%s), %s)", place)
        with ThreadPoolExecutor(1) as pool:
            claim = pool.submit(claim_and_close, bot)
            until_waiting(1)
            waits(automation, 1, priority=100)
            cursor.execute("select pg_advisory_unlock(hashtext(%s), %s)", place)
            claimed = claim.result()

    # then it took what it had locked
    assert held
    assert claimed
    assert claimed.version.automation == other
    assert claim_run(bot.pool_id, bot.pk, 3) is None


def claim_and_close(bot: Bot) -> Run | None:
    try:
        return claim_run(bot.pool_id, bot.pk, 2)
    finally:
        connections.close_all()


def test_a_rate_lets_no_more_through_however_many_ask_at_once(
    folder: Folder, automation: Automation, bot: Bot
) -> None:
    limit = Limit.objects.create(
        folder=folder, key="calls", title="Calls", kind="rate", size=2, per_seconds=3600, burst=2
    )
    automation.limits.add(limit)
    waits(automation, 10)

    claimed = race_same(SLOTS, lambda slot: claim_run(bot.pool_id, bot.pk, slot))

    assert sum(run is not None for run in claimed) == 2


def test_one_at_a_time_tries_an_application_that_rested(
    folder: Folder, automation: Automation, bot: Bot
) -> None:
    erp = Application.objects.create(
        folder=folder, key="erp", title="ERP", state="probing", opened_at=Now(), probe_at=Now()
    )
    automation.applications.add(erp)
    waits(automation, 10)

    claimed = race_same(SLOTS, lambda slot: claim_run(bot.pool_id, bot.pk, slot))

    assert sum(run is not None for run in claimed) == 1


def test_nothing_is_claimed_after_the_answer_of_an_emergency_stop(
    folder: Folder, automation: Automation, bot: Bot
) -> None:
    waits(automation, 200)
    together, stopped_at = Barrier(SLOTS + 1), []

    def claim(slot: int) -> list[Run]:
        together.wait()
        found = []
        for _ in range(20):
            run = claim_run(bot.pool_id, bot.pk, slot)
            found += [run] if run else []
        return found

    def stop() -> list[Run]:
        together.wait()
        FolderStop.objects.create(folder=folder, reason="Wrong prices", by="Anna")
        stopped_at.append(Run.objects.filter(status__in=Run.HELD).count())
        connections.close_all()
        return []

    claimers = [lambda slot=slot: claim(slot) for slot in range(1, SLOTS + 1)]
    race(stop, *claimers)

    # those that were on their way when it was answered are the only ones more
    assert Run.objects.filter(status__in=Run.HELD).count() <= stopped_at[0] + SLOTS
    assert claim_run(bot.pool_id, bot.pk, 1) is None
