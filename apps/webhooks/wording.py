"""How the events of webhooks read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("webhook.created", _("%(actor)s made the webhook “%(title)s”"))
word("webhook.changed", _("%(actor)s changed the webhook “%(title)s”"))
word("webhook.removed", _("%(actor)s removed the webhook “%(title)s”"))
word("webhook.paused", _("%(actor)s paused the webhook “%(title)s”"))
word("webhook.resumed", _("%(actor)s resumed the webhook “%(title)s”"))
word("webhook.rested", _("The webhook “%(title)s” rests: %(reason)s"))
word("webhook.secret_replaced", _("%(actor)s replaced the secret of “%(title)s”"))
word("webhook.tested", _("%(actor)s sent a test to “%(title)s”"))
word("webhook.replayed", _("%(actor)s had %(count)s sent again to “%(title)s”"))
