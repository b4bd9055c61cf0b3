"""Bots and runs for tests of pages, made by the lifecycle."""

from apps.accounts.models import Folder
from apps.bots.lifecycle import claim_run, create_run, fail_run, finish_run, record_beat
from apps.bots.models import Automation, Bot, BotSlot, Run
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.bots.releases import default_pool
from tests.bots.workers import sample


def make_bot(folder: Folder, name: str = "robbie", *, n_slots: int = 2) -> Bot:
    """Return a bot whose slots have just been heard."""
    bot = register_bot(default_pool(folder), name=name, n_slots=n_slots)
    for number in range(1, n_slots + 1):
        BotSlot.objects.get_or_create(bot=bot, number=number, defaults={"pid": 100 + number})
        record_beat(bot.pk, number)
    return bot


def make_automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


def make_waiting_run(automation: Automation) -> Run:
    version = automation.current_version
    assert version
    return create_run(version)


def make_run(automation: Automation, bot: Bot, *, ends: str = "") -> Run:
    """Return a run that the bot has begun; `ends`: successful or faulted."""
    make_waiting_run(automation)
    run = claim_run(bot.pool_id, bot.pk, 1)
    assert run
    assert run.token
    if ends == "successful":
        finish_run(run.pk, run.token, ExitReport(n_successful=3))
    elif ends:
        fail_run(run.pk, run.token, reason="The ERP closed the door.")
    run.refresh_from_db()
    return run
