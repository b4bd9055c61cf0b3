"""Bots and pools that are serviced take no work in that time, and work again by themselves."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.lifecycle import (
    claim_run,
    create_run,
    end_maintenance,
    follow_the_clock,
    plan_maintenance,
)
from apps.bots.models import Automation, Bot, Maintenance, Run
from apps.bots.presenting import bot_cards, planned_maintenance
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError
from tests.bots.rows import make_bot
from tests.bots.workers import sample, status_of

pytestmark = pytest.mark.django_db

ANNA = Actor(7, "Anna")
HOUR = timedelta(hours=1)


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return make_bot(folder, "tester")


@pytest.fixture
def single(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def drains(folder: Folder) -> Automation:
    return sample(folder, "test.work")


def waits(automation: Automation) -> Run:
    version = automation.current_version
    assert version
    return create_run(version)


def begun(automation: Automation, bot: Bot) -> Run:
    waits(automation)
    run = claim_run(bot.pool_id, bot.pk, 1)
    assert run
    return run


def state_of(bot: Bot) -> str:
    (card,) = bot_cards(Bot.objects.filter(pk=bot.pk))
    return card.state


@pytest.mark.parametrize("of_pool", [False, True])
def test_a_bot_that_is_serviced_takes_no_work_until_it_is_over(
    bot: Bot, single: Automation, of_pool: bool
) -> None:
    # given a maintenance of the bot, or of its pool
    run = waits(single)
    planned = plan_maintenance(
        bot.pool if of_pool else bot, until=database_now() + HOUR, reason="Updates", by=ANNA
    )
    assert claim_run(bot.pool_id, bot.pk, 1) is None
    assert state_of(bot) == "serviced"

    # when its time is over, though nobody has written that down
    moment = Now() - timedelta(seconds=1)
    Maintenance.objects.filter(pk=planned.pk).update(starts_at=Now() - HOUR, ends_at=moment)

    # then
    assert claim_run(bot.pool_id, bot.pk, 1) == run
    assert state_of(bot) == "busy"
    assert follow_the_clock() == 1
    assert follow_the_clock() == 0
    assert Event.objects.filter(kind__endswith="maintenance_ended").count() == 1


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        # (asked to stop, killed): of the session on a queue, and of the single run
        ("drain", [(True, False), (False, False)]),
        ("stop", [(True, False), (True, False)]),
        ("kill", [(True, True), (True, True)]),
    ],
)
def test_what_is_at_work_is_treated_as_the_strategy_says(
    bot: Bot, single: Automation, drains: Automation, strategy: str, expected: list
) -> None:
    runs = [begun(drains, bot), begun(single, bot)]

    plan_maintenance(bot, until=database_now() + HOUR, strategy=strategy, by=ANNA)

    for run in runs:
        run.refresh_from_db()
    asked = [(bool(r.stop_requested_at), bool(r.kill_requested_at)) for r in runs]
    assert asked == expected
    assert runs[0].stop_requested_by == "Anna"


def test_one_that_is_planned_begins_by_the_clock(bot: Bot, drains: Automation) -> None:
    now = database_now()
    planned = plan_maintenance(bot, starts_at=now + HOUR, until=now + 2 * HOUR, by=ANNA)
    run = begun(drains, bot)
    assert follow_the_clock() == 0
    assert [each.pk for each in planned_maintenance(bot)] == [planned.pk]

    Maintenance.objects.update(starts_at=Now())
    assert follow_the_clock() == 1

    assert status_of(run) == Run.Status.STOPPING
    assert follow_the_clock() == 0


def test_one_that_was_over_before_anybody_looked_touches_nothing(
    bot: Bot, single: Automation
) -> None:
    now = database_now()
    planned = plan_maintenance(
        bot, starts_at=now + HOUR, until=now + 2 * HOUR, strategy="kill", by=ANNA
    )
    run = begun(single, bot)

    # no scheduler ran meanwhile
    Maintenance.objects.update(starts_at=now - 2 * HOUR, ends_at=now - HOUR)
    follow_the_clock()

    planned.refresh_from_db()
    assert (status_of(run), planned.began_at) == (Run.Status.RUNNING, None)
    assert planned.ended_at


def test_a_person_ends_it_early(bot: Bot, single: Automation) -> None:
    planned = plan_maintenance(bot, until=database_now() + HOUR, by=ANNA)
    run = waits(single)

    end_maintenance(planned, by=ANNA)

    assert claim_run(bot.pool_id, bot.pk, 1) == run
    with pytest.raises(ConflictError):
        end_maintenance(planned, by=ANNA)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("until", {"until": -HOUR}),
        ("until", {"until": HOUR, "starts_at": 2 * HOUR}),
        ("until", {"until": timedelta(days=40)}),
        ("starts_at", {"until": HOUR, "starts_at": -HOUR}),
        ("strategy", {"until": HOUR, "strategy": "explode"}),
        ("reason", {"until": HOUR, "reason": "x" * 301}),
    ],
)
def test_what_makes_no_sense_is_refused(bot: Bot, field: str, wrong: dict) -> None:
    now = database_now()
    said = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in wrong.items()
    }

    with pytest.raises(InvalidError) as refused:
        plan_maintenance(bot, **said, by=ANNA)

    assert [problem.path for problem in refused.value.fields] == [field]
    assert not Maintenance.objects.exists()
