"""How the events of people and tokens read."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.events.models import Event
from apps.events.wording import word


def _absent(event: Event) -> str:
    words = {**event.data, "actor": event.actor_name}
    if event.data.get("deputy"):
        return gettext("%(name)s is away from %(from)s to %(until)s; %(deputy)s stands in") % words
    return gettext("%(name)s is away from %(from)s to %(until)s; nobody stands in") % words


word("person.invited", _("%(actor)s invited %(name)s"))
word("person.changed", _("%(actor)s changed %(name)s"))
word("person.disabled", _("%(actor)s disabled %(name)s; %(tokens)s tokens were revoked"))
word("person.removed", _("%(actor)s removed %(name)s from this folder"))
word("person.enabled", _("%(actor)s enabled %(name)s"))
word("person.password_link_made", _("%(actor)s made a link to set a password for %(name)s"))
word("person.password_changed", _("%(name)s set a new password"))
word("person.profile_changed", _("%(name)s changed their profile"))
word("team.created", _("%(actor)s made the team “%(title)s”"))
word("team.changed", _("%(actor)s changed the team “%(title)s”"))
word("team.removed", _("%(actor)s removed the team “%(title)s”"))
word("absence.added", _absent)
word("absence.removed", _("%(actor)s removed the absence of %(name)s from %(from)s to %(until)s"))
word("token.created", _("%(actor)s created the token “%(name)s” for %(for)s"))
word("token.revoked", _("%(actor)s revoked the token “%(name)s” of %(for)s"))
