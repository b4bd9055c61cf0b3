"""What tests of “why is this not running?” share."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.models import Bot, BotSlot, Run
from apps.calendars.models import Calendar
from apps.events.models import Heartbeat
from apps.lib.clock import database_now
from apps.lib.why import Act, Why


def beat(*, seconds_ago: float = 0) -> None:
    """Have a scheduler heard of, so long ago."""
    Heartbeat.objects.update_or_create(
        name="scheduler:here", defaults={"at": Now() - timedelta(seconds=seconds_ago)}
    )


def fall_silent(bot: Bot) -> None:
    BotSlot.objects.filter(bot=bot).update(heartbeat_at=Now() - timedelta(minutes=1))
    Bot.objects.filter(pk=bot.pk).update(heartbeat_at=Now() - timedelta(minutes=1))


def hang(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(progress_at=Now() - timedelta(days=1))


def closed_calendar(folder: Folder, *, days: int = 2) -> Calendar:
    """Return a calendar that is always open, but for yesterday, today and the days that come."""
    always = {
        day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    today = database_now().date()
    closed = [today + timedelta(days=number) for number in range(-1, days + 1)]
    return Calendar.objects.create(
        folder=folder,
        key="office",
        title="Office",
        week=always,
        days={day.isoformat(): [] for day in closed},
    )


def only(why: Why) -> Any:
    """Return the one thing in the way."""
    (blocker,) = why.blockers
    return blocker


def press(client: Any, act: Act) -> int:
    """Do what a panel offers, as the page does it; return the status of the answer."""
    if act.method == "post":
        return int(client.post(act.url, dict(act.fields)).status_code)
    return int(client.get(act.url).status_code)
