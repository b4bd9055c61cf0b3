"""Events of triggers as sentences."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("trigger.created", _("%(actor)s made the trigger “%(title)s”"))
word("trigger.changed", _("%(actor)s changed the trigger “%(title)s”, now version %(version)s"))
word("trigger.rolled_back", _("%(actor)s rolled the trigger “%(title)s” back to version %(to)s"))
word("trigger.removed", _("%(actor)s removed the trigger “%(title)s”"))
word("trigger.paused", _("%(actor)s paused the trigger “%(title)s”"))
word("trigger.resumed", _("%(actor)s switched the trigger “%(title)s” on again"))
word("trigger.fired", _("%(actor)s started by hand what the trigger “%(title)s” starts"))
word("trigger.ended", _("The trigger “%(title)s” is over: it has no time left"))
word("trigger.auto_disabled", _("The trigger “%(title)s” was switched off: %(reason)s"))
word("trigger.deaf", _("The trigger “%(title)s” can't listen: %(reason)s"))
word("trigger.hears_again", _("The trigger “%(title)s” listens again"))
word("trigger.alerted", _("An alert was raised: %(alert)s"))
word("trigger.secret_replaced", _("%(actor)s made a new secret for “%(title)s”"))
word("triggers.paused", _("%(actor)s paused all triggers of the folder until %(until)s"))
word("triggers.resumed", _("%(actor)s let the triggers of the folder start again"))
