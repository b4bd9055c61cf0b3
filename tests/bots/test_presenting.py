"""Bots and runs in words."""

import pytest

from apps.bots.lifecycle import set_standing
from apps.bots.models import Bot, BotSlot, Run
from apps.bots.presenting import bot_cards, fleet_cells, recent_runs, run_facts
from apps.lib.actors import SYSTEM
from apps.lib.clock import seconds_from_now
from tests.bots.rows import make_automation, make_bot, make_run, make_waiting_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot(folder):
    return make_bot(folder)


def card_of(bot):
    (card,) = bot_cards(Bot.objects.filter(pk=bot.pk))
    return card


def test_a_bot_is_idle_busy_finishing_disabled_or_offline(folder, bot):
    states = [card_of(bot).state]
    make_run(make_automation(folder), bot)
    states.append(card_of(bot).state)
    set_standing(bot, "draining", by=SYSTEM)
    states.append(card_of(bot).state)
    set_standing(bot, "disabled", by=SYSTEM)
    states.append(card_of(bot).state)
    set_standing(bot, "enabled", by=SYSTEM)
    BotSlot.objects.filter(bot=bot).update(heartbeat_at=seconds_from_now(-3600))
    states.append(card_of(bot).state)

    assert states == ["idle", "busy", "draining", "disabled", "offline"]


def test_a_run_without_progress_makes_its_bot_look_hung(folder, bot):
    automation = make_automation(folder)
    run = make_run(automation, bot)
    type(automation).objects.filter(pk=automation.pk).update(usual_seconds=1)
    Run.objects.filter(pk=run.pk).update(
        started_at=seconds_from_now(-3600), progress_at=seconds_from_now(-3000)
    )

    card = card_of(bot)

    assert (card.state, card.word) == ("hung", "Hung")
    assert [slot.tone for slot in card.slots] == ["failed", "waiting"]


def test_slots_know_their_runs(folder, bot):
    run = make_run(make_automation(folder), bot)

    first, second = card_of(bot).slots

    assert (first.run, second.run) == (run, None)
    assert [first.tone, second.tone] == ["running", "waiting"]


def test_cards_cost_the_same_for_many_bots(folder, django_assert_num_queries):
    for number in range(10):
        make_bot(folder, f"bot-{number}")

    with django_assert_num_queries(5):
        bot_cards(Bot.objects.all())


def test_the_fleet_is_counted(folder, bot):
    make_run(make_automation(folder), bot)
    BotSlot.objects.filter(bot=bot, number=2).update(heartbeat_at=seconds_from_now(-3600))

    cells = {cell["label"]: cell["value"] for cell in fleet_cells([card_of(bot)])}

    assert (cells["Slots at work"], cells["Free slots"], cells["Do not answer"]) == (1, 0, 1)


def test_pages_of_runs_follow_each_other(folder):
    automation = make_automation(folder)
    runs = [make_waiting_run(automation).pk for _number in range(7)]

    first, below = recent_runs(Run.objects.all(), limit=5)
    second, end = recent_runs(Run.objects.all(), before=below, limit=5)

    assert [run.pk for run in (*first, *second)] == runs[::-1]
    assert end is None


def test_a_waiting_run_has_facts_too(folder):
    run = make_waiting_run(make_automation(folder))

    facts = dict(run_facts(run))

    assert facts["Bot"] == "waits for a free slot"
    assert facts["Took"] == "–"
