"""What people want of bots: work, finish, rest; and times in which they are serviced."""

from django.db import transaction

from apps.bots.models import Automation, Bot, Run
from apps.events import bus, live
from apps.lib.actors import Actor

from .wishing import ask_all


def set_standing(bot: Bot, standing: Bot.Standing | str, *, by: Actor, reason: str = "") -> Bot:
    """Enable a bot, let it finish and then stop (drain), or forbid it to work (disable).

    A bot that drains ends what it has in hand: an item of a queue, or a single run as a whole. A
    disabled bot's single runs are asked to stop, too.
    """
    with transaction.atomic():
        bot = Bot.objects.select_for_update().get(pk=bot.pk)
        before, after = bot.standing, Bot.Standing(standing)
        if before == after:
            return bot
        Bot.objects.filter(pk=bot.pk).update(standing=after)
        bot.standing = after
        if after != Bot.Standing.ENABLED:
            at_work = Run.objects.filter(bot=bot)
            if after == Bot.Standing.DRAINING:
                at_work = at_work.filter(version__automation__kind=Automation.Kind.ITEM)
            ask_all(at_work, by=by.name)
        bus.publish(
            "bot.standing_changed",
            subject=("bot", bot.pk),
            folder_id=bot.folder_id,
            by=by,
            data={"name": bot.name, "before": before, "after": after.value, "reason": reason},
        )
    live.nudge("bots", "overview")
    return bot
