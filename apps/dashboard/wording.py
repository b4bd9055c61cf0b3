"""How the events of hand-overs and walls read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("hand_over.written", _("%(actor)s left a note for the next shift"))
word("hand_over.changed", _("%(actor)s changed a note for the next shift"))
word("hand_over.taken", _("%(actor)s took over"))
word("wall.created", _("%(actor)s made the wall “%(title)s”"))
word("wall.changed", _("%(actor)s changed the wall “%(title)s”"))
word("wall.removed", _("%(actor)s removed the wall “%(title)s”"))
word("display_token.created", _("%(actor)s let the screen “%(name)s” show it"))
word("display_token.revoked", _("%(actor)s took the right to show it from the screen “%(name)s”"))
