"""Events of bots and runs as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("run.created", _("%(actor)s asked for the run"))
word("run.stop_requested", _("%(actor)s asked it to stop"))
word("run.kill_requested", _("%(actor)s asked to kill it"))
word("bot.standing_changed", _("%(actor)s set it to “%(after)s”"))
word("bot.maintenance_planned", _("%(actor)s planned a maintenance until %(until)s"))
word("bot.maintenance_began", _("Its maintenance began"))
word("bot.maintenance_ended", _("Its maintenance is over"))
word("bot_pool.maintenance_planned", _("%(actor)s planned a maintenance until %(until)s"))
word("bot_pool.maintenance_began", _("The maintenance of the pool began"))
word("bot_pool.maintenance_ended", _("The maintenance of the pool is over"))
word("bot.created", _("%(actor)s entered the bot"))
word("bot.changed", _("%(actor)s changed the bot's settings"))
word("bot_pool.created", _("%(actor)s made the pool"))
word("bot_pool.changed", _("%(actor)s changed the pool"))
word("automation.changed", _("%(actor)s changed the automation's settings"))
word(
    "automation.canary_began",
    _("%(actor)s lets version %(version)s (%(function)s) take %(share)s %% of the runs"),
)
word("automation.canary_promoted", _("Version %(version)s (%(function)s) took over"))
word(
    "automation.canary_rolled_back",
    _("Version %(version)s (%(function)s) was rolled back: %(reason)s"),
)
word("automation.canary_stopped", _("%(actor)s stopped trying version %(version)s (%(function)s)"))
