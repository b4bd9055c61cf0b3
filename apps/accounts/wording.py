"""How the events of people and tokens read."""

from django.utils.translation import gettext_lazy as _

from apps.events.wording import word

word("person.invited", _("%(actor)s invited %(name)s"))
word("person.changed", _("%(actor)s changed %(name)s"))
word("person.disabled", _("%(actor)s disabled %(name)s; %(tokens)s tokens were revoked"))
word("person.removed", _("%(actor)s removed %(name)s from this folder"))
word("person.enabled", _("%(actor)s enabled %(name)s"))
word("person.password_link_made", _("%(actor)s made a link to set a password for %(name)s"))
word("person.password_changed", _("%(name)s set a new password"))
word("person.profile_changed", _("%(name)s changed their profile"))
word("token.created", _("%(actor)s created the token “%(name)s” for %(for)s"))
word("token.revoked", _("%(actor)s revoked the token “%(name)s” of %(for)s"))
