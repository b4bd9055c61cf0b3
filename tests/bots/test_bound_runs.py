"""Single runs under limits, applications, freezes and emergency stops: they wait, then start."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.lifecycle import (
    claim_run,
    create_run,
    finish_run,
    follow_the_clock,
    publish_wanted_slots,
)
from apps.bots.models import Automation, Bot, BotPool, Run
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.bots.releases import default_pool
from apps.bots.turns import is_slot_wanted
from apps.limits import holders
from apps.limits.models import Application, FolderStop, Freeze, Limit
from tests.bots.workers import sample, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def free(folder: Folder) -> Automation:
    return sample(folder, "test.refuses")


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return register_bot(default_pool(folder), name="tester", n_slots=4)


@pytest.fixture
def erp(folder: Folder, automation: Automation) -> Application:
    found = Application.objects.create(folder=folder, key="erp", title="ERP")
    automation.applications.add(found)
    return found


def waits(automation: Automation) -> Run:
    version = automation.current_version
    assert version
    return create_run(version)


def claims(bot: Bot) -> Run | None:
    return claim_run(bot.pool_id, bot.pk, 1)


def ends(run: Run | None) -> None:
    assert run
    assert run.token
    assert finish_run(run.pk, run.token, ExitReport())


def seats(folder: Folder, size: int, **more: object) -> Limit:
    return Limit.objects.create(folder=folder, key="seats", title="Seats", size=size, **more)


def test_no_more_runs_start_than_there_are_seats(
    folder: Folder, automation: Automation, free: Automation, bot: Bot
) -> None:
    # given two seats, three runs that need one, and one that needs none
    limit = seats(folder, 2)
    automation.limits.add(limit)
    runs = [waits(automation) for _ in range(3)]
    unbound = waits(free)

    # then the third waits, and is in nobody's way
    got = [claims(bot) for _ in range(4)]
    assert {run and run.pk for run in got} == {runs[0].pk, runs[1].pk, unbound.pk, None}
    assert holders.count_seats([limit.pk]) == {limit.pk: 2}

    # and starts when a seat is free
    ends(Run.objects.get(pk=runs[0].pk))
    assert claims(bot) == runs[2]


def test_a_run_holds_a_seat_of_the_limits_of_its_application(
    folder: Folder, automation: Automation, bot: Bot, erp: Application
) -> None:
    limit = seats(folder, 1, application=erp)
    automation.limits.add(limit)
    waits(automation)
    waits(automation)

    assert claims(bot)
    assert claims(bot) is None
    # bound in two ways, it holds one seat
    (seat,) = holders.seats_of([limit.pk])
    assert (seat.kind, seat.limit_id) == ("run", limit.pk)


def test_a_rate_lets_one_start_after_the_other(
    folder: Folder, automation: Automation, bot: Bot
) -> None:
    limit = Limit.objects.create(
        folder=folder, key="calls", title="Calls", kind="rate", size=1, per_seconds=60
    )
    automation.limits.add(limit)
    first, second = waits(automation), waits(automation)

    assert claims(bot) == first
    assert claims(bot) is None
    Limit.objects.update(theoretical_at=Now() - timedelta(seconds=1))
    assert claims(bot) == second


def test_an_automation_without_limits_takes_nothing_from_the_rates_of_others(
    folder: Folder, automation: Automation, free: Automation, bot: Bot
) -> None:
    limit = Limit.objects.create(
        folder=folder, key="calls", title="Calls", kind="rate", size=1, per_seconds=60
    )
    automation.limits.add(limit)
    waits(free)
    assert claims(bot)
    waits(free)
    waits(automation)

    assert claims(bot)
    assert claims(bot)


@pytest.mark.parametrize(
    "state",
    [
        {"held_at": Now(), "held_reason": "Upgrade"},
        {"state": "open", "opened_at": Now(), "probe_at": Now() + timedelta(seconds=60)},
    ],
)
def test_runs_of_an_application_that_is_held_or_rests_wait(
    automation: Automation, free: Automation, bot: Bot, erp: Application, state: dict
) -> None:
    run, unbound = waits(automation), waits(free)
    Application.objects.update(**state)

    assert claims(bot) == unbound
    assert claims(bot) is None
    Application.objects.update(held_at=None, held_reason="", state="closed", opened_at=None,
                               probe_at=None)  # fmt: skip
    assert claims(bot) == run


def test_one_run_at_a_time_tries_an_application_that_rested(
    automation: Automation, bot: Bot, erp: Application
) -> None:
    waits(automation)
    second = waits(automation)
    Application.objects.update(state="probing", opened_at=Now(), probe_at=Now())

    first = claims(bot)
    assert first
    assert claims(bot) is None
    ends(first)
    assert claims(bot) == second


def frozen(folder: Folder, *applications: Application) -> Freeze:
    hour = timedelta(hours=1)
    freeze = Freeze.objects.create(
        folder=folder,
        title="Year end",
        starts_at=Now() - hour,
        ends_at=Now() + hour,
        first_starts_at=Now() - hour,
        first_ends_at=Now() + hour,
    )
    freeze.applications.set(applications)
    return freeze


def test_nothing_starts_in_a_freeze(
    folder: Folder, automation: Automation, free: Automation, bot: Bot, erp: Application
) -> None:
    # given a freeze of one application
    bound, unbound = waits(automation), waits(free)
    freeze = frozen(folder, erp)
    assert claims(bot) == unbound
    assert claims(bot) is None

    # when it is of all work
    later = waits(free)
    freeze.applications.clear()
    assert claims(bot) is None

    # then all start after it
    Freeze.objects.update(ends_at=Now() - timedelta(seconds=1))
    assert {claims(bot), claims(bot)} == {bound, later}


def test_nothing_is_claimed_in_a_stopped_folder(folder: Folder, free: Automation, bot: Bot) -> None:
    at_work = waits(free)
    assert claims(bot) == at_work
    waiting = waits(free)
    stop = FolderStop.objects.create(folder=folder, reason="Wrong prices", by="Anna")

    # what is at work goes on
    assert claims(bot) is None
    assert follow_the_clock() == 0
    assert status_of(at_work) == Run.Status.RUNNING

    # unless the stop says so
    FolderStop.objects.update(stops_runs=True)
    assert follow_the_clock() == 1
    assert follow_the_clock() == 0
    assert status_of(at_work) == Run.Status.STOPPING
    assert at_work.stop_requested_by == "Anna"
    assert status_of(waiting) == Run.Status.PENDING
    stop.delete()
    assert claims(bot) == waiting


def test_nobody_makes_room_or_scales_up_for_runs_that_limits_keep(
    folder: Folder, automation: Automation, free: Automation, bot: Bot
) -> None:
    # given a run at work, and one that has no seat
    limit = seats(folder, 1)
    automation.limits.add(limit)
    waits(automation)
    run = claims(bot)
    assert run
    waiting = waits(automation)

    assert not is_slot_wanted(run.pk)
    publish_wanted_slots()
    assert BotPool.objects.get().wanted_slots == 1

    limit.delete()
    assert is_slot_wanted(run.pk)
    publish_wanted_slots()
    assert BotPool.objects.get().wanted_slots == 2
    assert waiting.pk
