"""However many triggers want to move at once, none is kept out for good, and none by old news."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bots.lifecycle import create_run
from apps.bots.models import Bot, BotPool, Run
from apps.lib.clock import database_now
from apps.limits.lifecycle import stop_folder
from apps.queues.lifecycle import cancel_item
from apps.triggers.conditions import Expected, parse_state
from apps.triggers.lifecycle import (
    fire_due,
    look_at_queues,
    look_at_states,
    looking,
    pause_folder,
    resume_folder,
    save_trigger,
)
from apps.triggers.models import Firing, Trigger
from tests.bots.rows import make_bot
from tests.bots.workers import sample
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_item, make_queue
from tests.factories_triggers import adds_to, due_trigger, fresh, make_trigger
from tests.workflows.lifecycle.walking import deployed
from tests.workflows.models import process

pytestmark = pytest.mark.django_db
LEVEL = {"mode": "level", "cool_down_seconds": 10}


def ready(queue):
    return {"metric": "queue.ready", "queue": queue.key, "op": ">=", "value": 1}


@pytest.fixture
def two_at_once(monkeypatch):
    monkeypatch.setattr(looking, "MOVES_AT_ONCE", 2)


def held_and_free(kind):
    """Return triggers that their folder holds, more than move at once, and one that is free."""
    made = []
    for n in (4, 1):
        folder = make_folder()
        queue = make_queue(folder=folder)
        deployed(process("work").start().user("look").end(), folder)
        rule = {"queue": queue.key} if kind == "queue" else {"all": [ready(queue)], **LEVEL}
        target = {"type": "workflow", "key": "work"}
        made.append(
            [make_trigger(folder, kind=kind, rule=rule, target=target) for _number in range(n)]
        )
        look_at_states()
        make_item(queue)
        if n > 1:
            pause_folder(folder, until=database_now() + timedelta(hours=1), by=ANNA)
    return made[0], made[1][0]


@pytest.mark.parametrize(("kind", "look"), [("queue", look_at_queues), ("state", look_at_states)])
def test_what_is_held_keeps_out_no_other(two_at_once, kind, look):
    held, free = held_and_free(kind)

    for _look in range(4):
        look()

    assert Firing.objects.filter(trigger=free, outcome="fired").exists()
    assert not Firing.objects.filter(trigger__in=held, outcome="fired").exists()
    told = Firing.objects.filter(trigger__in=held).values_list("reason", "count")
    assert list(told) == [("folder_paused", 1)] * 4  # each of them once

    before = [fresh(each).checked_at for each in held]
    look()
    assert [fresh(each).checked_at for each in held] == before  # nothing is written meanwhile

    resume_folder(held[0].folder, by=ANNA)
    for _look in range(4):
        look()
    started = Firing.objects.filter(trigger__in=held, outcome="fired")
    assert started.values("trigger").distinct().count() == 4


def test_those_that_a_calendar_keeps_out_take_turns(two_at_once, monkeypatch):
    """Whatever keeps them: what was refused before comes after what was not."""
    monkeypatch.setattr(looking, "held_folders", lambda *_asked: {})
    held, free = held_and_free("queue")

    for _look in range(5):
        look_at_queues()

    assert Firing.objects.filter(trigger=free, outcome="fired").count() == 1
    assert Firing.objects.filter(trigger__in=held).values("trigger").distinct().count() == 4


def test_that_conditions_fell_is_told_though_the_folder_is_held(folder):
    queue, out = make_queue(folder=folder), make_queue(folder=folder)
    rule = {"all": [ready(queue)], **LEVEL}
    trigger = make_trigger(folder, kind="state", rule=rule, target=adds_to(out))
    look_at_states()
    stop_folder(folder, reason="fire", by=ANNA)
    item = make_item(queue)
    look_at_states()
    assert fresh(trigger).seen["refused"] == "stopped"

    cancel_item(item.pk, by=ANNA, reason="over")
    look_at_states()

    assert fresh(trigger).seen["holds"] is False


def test_what_was_measured_for_another_rule_counts_for_nothing(folder, monkeypatch):
    """Saved between the measuring and the lock: what holds already by the new rule is no start."""
    queue, other, out = (make_queue(folder=folder) for _number in range(3))
    trigger = make_trigger(folder, kind="state", rule={"all": [ready(queue)]}, target=adds_to(out))
    look_at_states()
    make_item(queue)
    make_item(other)
    attend = looking.attend

    def attend_after_a_save(pk, move):
        save_trigger(folder, trigger.key, {"rule": {"all": [ready(other)]}}, by=ANNA)
        return attend(pk, move)

    monkeypatch.setattr(looking, "attend", attend_after_a_save)
    look_at_states()
    monkeypatch.setattr(looking, "attend", attend)
    look_at_states()
    look_at_states()

    assert not Firing.objects.filter(trigger=trigger).exists()


def test_a_run_keeps_to_its_bot_and_its_priority(folder):
    automation = sample(folder, "test.patient")
    bot = make_bot(folder)
    target = {"type": "run", "automation": "test-patient", "bot": bot.name, "priority": 80}
    due_trigger(folder, target=target)

    fire_due()

    run = Run.objects.get()
    assert (run.pinned_bot, run.priority) == (bot, 80)
    assert run.version == automation.current_version


def test_a_bot_that_is_gone_fails_the_start(folder):
    sample(folder, "test.patient")
    bot = make_bot(folder)
    target = {"type": "run", "automation": "test-patient", "bot": bot.name}
    trigger = due_trigger(folder, target=target)
    bot.delete()

    fire_due()

    firing = Firing.objects.get(trigger=trigger)
    assert (firing.outcome, firing.reason) == ("failed", "target")
    assert bot.name in firing.message


def test_ends_of_runs_are_found_wherever_they_ran_and_however_long_ago(folder):
    automation = sample(folder, "test.patient")
    out = make_queue(folder=folder)
    pool = BotPool.objects.create(folder=folder, key="elsewhere", title="Elsewhere")
    bot = make_bot(folder)
    Bot.objects.filter(pk=bot.pk).update(pool=pool)
    bot.refresh_from_db()
    rule = {"all": [{"automation": "test-patient", "ended": "failed", "within": 600}]}
    trigger = make_trigger(folder, kind="state", rule=rule, target=adds_to(out))
    look_at_states()
    run = create_run(automation.current_version, pinned_bot=bot, source="workflow:7", by=ANNA)
    now = database_now()
    Run.objects.filter(pk=run.pk).update(status="lost", ended_at=now - timedelta(seconds=60))
    many = [
        Run(
            folder=folder, version=automation.current_version, pool=automation.pool,
            source=f"automation:{automation.pk}", status="successful", ended_at=now,
        )
        for _number in range(1_100)
    ]  # fmt: skip
    Run.objects.bulk_create(many)

    look_at_states()

    assert Firing.objects.filter(trigger=trigger, outcome="fired").count() == 1


def test_a_start_of_today_is_found_however_much_was_left_out_since(folder):
    out = make_queue(folder=folder)
    first = make_trigger(folder, "first")
    rule = {"all": [{"trigger": "first", "fired": "today"}]}
    second = make_trigger(folder, kind="state", rule=rule, target=adds_to(out))
    look_at_states()
    now = database_now()
    common = {"trigger": first, "fired_at": now}
    Firing.objects.create(planned_at=now, outcome="fired", **common)
    Firing.objects.bulk_create(
        Firing(planned_at=now + timedelta(seconds=n), outcome="skipped", **common)
        for n in range(1, 250)
    )

    look_at_states()

    assert Firing.objects.filter(trigger=second, outcome="fired").exists()


def test_a_day_begins_once_where_midnight_comes_twice():
    """Havana goes back from 01:00 to 00:00: the second midnight is the same day."""
    havana = ZoneInfo("America/Havana")
    second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 00:30 for the second time
    assert (second.astimezone(havana).hour, second.astimezone(havana).fold) == (0, 1)
    first_midnight = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    rule = parse_state({"all": [{"trigger": "a", "fired": "today"}], "zone": "America/Havana"})
    expected = Expected(kind="trigger", key="a")

    assert rule.midnight(second).astimezone(UTC) == first_midnight
    assert expected.begins(second, None, havana).astimezone(UTC) == first_midnight


def test_a_look_at_a_thousand_triggers_asks_as_much_as_at_ten(folder):
    queue = make_queue(folder=folder)
    rule = {"all": [ready(queue)]}
    target = {"type": "alert", "title": "Look"}
    make_trigger(folder, kind="state", rule=rule, target=target)
    look_at_states()

    def n_queries():
        look_at_states()
        look_at_states()  # by now it knows what the first look has written
        with CaptureQueriesContext(connection) as seen:
            look_at_states()
        return len(seen)

    few = n_queries()
    Trigger.objects.bulk_create(
        Trigger(folder=folder, key=f"t{n}", title="T", kind="state", rule=rule, target=target)
        for n in range(1_000)
    )
    assert n_queries() == few
