"""Events of bots and runs as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("run.created", _("%(actor)s asked for the run"))
word("run.stop_requested", _("%(actor)s asked it to stop"))
word("run.kill_requested", _("%(actor)s asked to kill it"))
word("bot.standing_changed", _("%(actor)s set it to “%(after)s”"))
word("bot.created", _("%(actor)s entered the bot"))
word("bot.changed", _("%(actor)s changed the bot's settings"))
word("bot_pool.created", _("%(actor)s made the pool"))
word("bot_pool.changed", _("%(actor)s changed the pool"))
word("automation.changed", _("%(actor)s changed the automation's settings"))
