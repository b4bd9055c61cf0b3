"""Which run a slot gets: what fits its bot, priorities, shares, machines with less to do."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots import statements
from apps.bots.lifecycle import claim_run, create_run, find_left, finish_run, record_beat
from apps.bots.models import Automation, Bot, Run
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.bots.releases import default_pool
from apps.bots.turns import TURN_SECONDS, is_slot_wanted, is_turn_over
from tests.bots.rows import make_bot
from tests.bots.workers import sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return register_bot(default_pool(folder), name="tester", n_slots=4)


def waits(automation: Automation, source: str = "", **more: object) -> Run:
    version = automation.current_version
    assert version
    return create_run(version, source=source, **more)  # type: ignore[arg-type]


def claims(bot: Bot, slot: int = 1) -> Run | None:
    return claim_run(bot.pool_id, bot.pk, slot)


def sources(bot: Bot, n: int) -> list[str]:
    return [run.source if (run := claims(bot)) else "" for _ in range(n)]


def made_earlier(run: Run, seconds: float) -> None:
    moment = Now() - timedelta(seconds=seconds)
    Run.objects.filter(pk=run.pk).update(created_at=moment)


def test_only_a_bot_that_can_do_all_of_it_takes_a_run(automation: Automation, bot: Bot) -> None:
    # given an automation that wants one thing, and a run that wants another beside it
    automation.required_capabilities = ["sap"]
    automation.save()
    waiting = waits(automation, required_capabilities=["excel"])
    assert waiting.required_capabilities == ["excel", "sap"]

    # then each alone is not enough
    for known in ([], ["sap"], ["excel"]):
        Bot.objects.update(capabilities=known)
        assert claims(bot) is None
    Bot.objects.update(capabilities=["excel", "more", "sap"])
    assert claims(bot) == waiting


def test_a_pinned_run_waits_for_its_bot_and_is_in_nobodys_way(
    automation: Automation, bot: Bot, folder: Folder
) -> None:
    other = register_bot(default_pool(folder), name="other")
    pinned = waits(automation, "one", pinned_bot=other)
    free = waits(automation, "one")

    assert claims(bot) == free
    assert claims(bot) is None
    assert claims(other) == pinned


def test_a_pinned_run_waits_in_the_pool_of_its_bot(automation: Automation, folder: Folder) -> None:
    from apps.bots.models import BotPool

    elsewhere = BotPool.objects.create(folder=folder, key="far", title="Far")
    bot = register_bot(elsewhere, name="far-1")

    assert waits(automation, pinned_bot=bot).pool == elsewhere


def test_of_one_source_the_most_urgent_run_comes_first(automation: Automation, bot: Bot) -> None:
    usual = waits(automation, "one")
    urgent = waits(automation, "one", priority=90)
    later = waits(automation, "one", priority=10)

    assert [claims(bot), claims(bot), claims(bot)] == [urgent, usual, later]


def test_a_run_that_waited_long_overtakes_a_more_urgent_one(
    automation: Automation, bot: Bot
) -> None:
    old = waits(automation, "one", priority=0)
    Run.objects.filter(pk=old.pk).update(rank_at=Now() - timedelta(seconds=6 * 91))
    waits(automation, "one", priority=90)

    assert claims(bot) == old


def test_the_priority_of_an_automation_is_that_of_its_runs(automation: Automation) -> None:
    automation.priority = 77
    automation.save()

    assert (waits(automation).priority, waits(automation, priority=3).priority) == (77, 3)


def test_an_urgent_source_gets_every_free_slot_until_the_other_has_waited(
    automation: Automation, bot: Bot
) -> None:
    for _ in range(3):
        waits(automation, "urgent", priority=90)
    least = waits(automation, "least", priority=10)

    assert sources(bot, 2) == ["urgent", "urgent"]
    made_earlier(least, statements.POINT_SECONDS * 80)
    assert sources(bot, 2) == ["least", "urgent"]


def test_priorities_that_differ_little_do_not_take_the_share_of_others(
    automation: Automation, bot: Bot
) -> None:
    for _ in range(3):
        waits(automation, "more", priority=59)
    waits(automation, "less", priority=50)

    assert sources(bot, 2) == ["more", "less"]


def test_slots_are_shared_out_by_weight(automation: Automation, bot: Bot) -> None:
    for _ in range(9):
        waits(automation, "double", share=2)
        waits(automation, "single")

    got = sources(bot, 9)

    assert (got.count("double"), got.count("single")) == (6, 3)


def at_work(bot: Bot, automation: Automation, source: str, n: int, **more: object) -> list[Run]:
    for _ in range(n):
        waits(automation, source, **more)
    runs = [claims(bot) for _ in range(n)]
    Run.objects.filter(source=source).update(
        started_at=Now() - timedelta(seconds=100 * TURN_SECONDS)
    )
    return [run for run in runs if run]


@pytest.mark.parametrize(
    ("mine", "theirs", "is_over"),
    [
        # (slots, share) each: a slot moves when both are no worse off than before
        ((2, 1), (1, 2), True),
        ((2, 1), (2, 2), False),
        ((1, 1), (2, 2), False),
        ((6, 2), (1, 1), True),
        ((4, 2), (2, 1), False),
        ((1, 9), (0, 1), True),
    ],
)
def test_a_turn_is_over_by_weight(
    automation: Automation,
    bot: Bot,
    mine: tuple[int, int],
    theirs: tuple[int, int],
    is_over: bool,
) -> None:
    first, *_rest = at_work(bot, automation, "mine", mine[0], share=mine[1])
    at_work(bot, automation, "theirs", theirs[0], share=theirs[1])
    made_earlier(waits(automation, "theirs", share=theirs[1]), 10 * TURN_SECONDS)

    assert is_turn_over(first.pk) == is_over


def test_who_is_due_more_keeps_the_only_slot_longer(automation: Automation, bot: Bot) -> None:
    (run,) = at_work(bot, automation, "mine", 1, share=3)
    made_earlier(waits(automation, "other"), 60)

    Run.objects.filter(pk=run.pk).update(started_at=Now() - timedelta(seconds=2 * TURN_SECONDS))
    assert not is_turn_over(run.pk)
    Run.objects.filter(pk=run.pk).update(started_at=Now() - timedelta(seconds=3 * TURN_SECONDS + 1))
    assert is_turn_over(run.pk)


def test_nobody_makes_room_for_a_run_that_its_bot_may_not_take(
    automation: Automation, bot: Bot, folder: Folder
) -> None:
    (run,) = at_work(bot, automation, "mine", 1)
    other = register_bot(default_pool(folder), name="other")
    for more in ({"required_capabilities": ["sap"]}, {"pinned_bot": other}, {"priority": 10}):
        waiting = waits(automation, "other", **more)
        made_earlier(waiting, 3 * TURN_SECONDS)

        assert not is_turn_over(run.pk)
        assert is_slot_wanted(run.pk) == ("priority" in more)
        Run.objects.filter(pk=waiting.pk).delete()


def test_a_machine_with_less_to_do_is_let_go_first(automation: Automation, folder: Folder) -> None:
    # given a large machine and a small one, both listening
    large, small = make_bot(folder, "large", n_slots=4), make_bot(folder, "small", n_slots=1)
    run = waits(automation)

    # then the small one leaves it to the large one, and rings for it
    assert claims(small) is None
    assert find_left(small.pool_id, small.pk) == run.pk
    assert find_left(large.pool_id, large.pk) is None
    assert claims(large) == run


def test_a_machine_that_does_not_come_is_not_waited_for(
    automation: Automation, folder: Folder
) -> None:
    make_bot(folder, "large", n_slots=4)
    small = make_bot(folder, "small", n_slots=1)
    run = waits(automation)
    assert claims(small) is None

    made_earlier(run, statements.YIELD_SECONDS + 0.1)

    assert claims(small) == run


@pytest.mark.parametrize(
    "large",
    [
        {"standing": "disabled"},
        {"standing": "draining"},
        {"capabilities": []},
        {"heartbeat_at": None},
    ],
)
def test_nothing_is_left_to_a_machine_that_can_not_take_it(
    automation: Automation, folder: Folder, large: dict
) -> None:
    big, small = make_bot(folder, "large", n_slots=4), make_bot(folder, "small", n_slots=1)
    Bot.objects.update(capabilities=["sap"])
    Bot.objects.filter(pk=big.pk).update(**large)
    if "heartbeat_at" in large:
        big.slots.update(heartbeat_at=None)
    run = waits(automation, required_capabilities=["sap"])

    assert claims(small) == run


def test_ten_runs_are_spread_by_the_size_of_the_machines(
    automation: Automation, folder: Folder
) -> None:
    large, small = make_bot(folder, "large", n_slots=8), make_bot(folder, "small", n_slots=2)
    for _ in range(5):
        waits(automation)

    for _ in range(20):
        for bot in (small, large):
            claims(bot, 1)

    assert Run.objects.filter(bot=large, status="running").count() == 4
    assert Run.objects.filter(bot=small, status="running").count() == 1


def test_a_claim_among_many_waiting_runs_looks_at_the_first_few_only(
    automation: Automation, bot: Bot
) -> None:
    first = waits(automation, "one")
    for _ in range(statements.LOOKED_AT + 5):
        waits(automation, "one")

    run = claims(bot)

    assert run == first
    assert run
    assert run.token
    assert finish_run(run.pk, run.token, ExitReport())
    record_beat(bot.pk, 1)
