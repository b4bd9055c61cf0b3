"""Why a run waits: what is said, and that doing it lets the run start."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.permissions import rights_of
from apps.accounts.why import shown
from apps.bots.lifecycle import claim_run, record_beat, request_kill, set_standing
from apps.bots.models import Bot, BotSlot, Run
from apps.bots.releases import default_pool
from apps.bots.why import why_run
from apps.lib.clock import database_now
from tests.bots.rows import make_automation, make_bot, make_run, make_waiting_run
from tests.bots.workers import sample
from tests.factories_queues import ANNA

pytestmark = pytest.mark.django_db


def only(run):
    """Return the one blocker of a run."""
    (blocker,) = why_run(fresh(run)).blockers
    return blocker


def fresh(run):
    return Run.objects.select_related("version__automation", "pool", "bot").get(pk=run.pk)


def fall_silent(bot):
    BotSlot.objects.filter(bot=bot).update(heartbeat_at=Now() - timedelta(minutes=1))
    Bot.objects.filter(pk=bot.pk).update(heartbeat_at=Now() - timedelta(minutes=1))


def hang(run):
    Run.objects.filter(pk=run.pk).update(progress_at=Now() - timedelta(days=1))


def starts(run, bot, slot=1):
    claimed = claim_run(bot.pool_id, bot.pk, slot)
    return claimed is not None and claimed.pk == run.pk


def test_a_pool_without_bots(folder):
    run = make_waiting_run(make_automation(folder))
    Bot.objects.all().delete()

    blocker = only(run)

    assert blocker.code == "no_bot"
    assert blocker.sentence == f"The pool “{default_pool(folder).title}” has no bot."
    assert "manage.py bot --pool default" in blocker.next
    assert starts(run, make_bot(folder))


def test_the_only_bot_does_not_answer(folder):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    fall_silent(bot)

    blocker = only(run)

    assert (blocker.code, blocker.sentence) == ("bot_not_answering", "“robbie” does not answer.")
    assert blocker.act.url == f"/bots/{bot.pk}/"
    record_beat(bot.pk, 1)
    assert why_run(run).codes == ["nothing"]
    assert starts(run, bot)


@pytest.mark.parametrize(
    ("standing", "code", "sentence"),
    [
        ("draining", "bot_draining", "“robbie” finishes what it has and takes nothing new."),
        ("disabled", "bot_disabled", "“robbie” is disabled: it may not work."),
    ],
)
def test_a_bot_that_may_not_take_work_is_enabled_from_the_panel(
    folder, supervisor_client, standing, code, sentence
):
    bot, run = make_bot(folder), make_waiting_run(make_automation(folder))
    set_standing(bot, standing, by=ANNA)

    blocker = only(run)
    assert (blocker.code, blocker.sentence) == (code, sentence)
    assert not starts(run, bot)

    assert supervisor_client.post(blocker.act.url, dict(blocker.act.fields)).status_code == 302
    assert starts(run, bot)


def test_all_slots_are_at_work_and_nobody_knows_how_long(folder):
    automation = make_automation(folder)
    bot = make_bot(folder, n_slots=1)
    make_run(automation, bot)
    run = make_waiting_run(automation)

    blocker = only(run)

    assert blocker.code == "slots_busy"
    assert blocker.sentence == f"The one slot of the pool “{bot.pool.title}” is at work."
    assert blocker.next == (
        "It is number 1 in line. Nobody knows how long those at work will take."
    )
    assert why_run(fresh(run)).eta is None
