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
word("person.signed_in", _("%(name)s signed in"))
word("person.signed_out", _("%(name)s signed out"))
word("person.locked_out", _("%(name)s is locked out for a while after too many wrong tries"))
word("person.unlocked", _("%(actor)s unlocked %(name)s"))
word("person.second_factor_added", _("%(name)s set up an authenticator app"))
word("person.second_factor_removed", _("%(name)s removed the authenticator app"))
word("person.second_factor_reset", _("%(actor)s removed all second factors of %(name)s"))
word("person.recovery_codes_made", _("%(name)s made new recovery codes"))
word("person.recovery_code_used", _("%(name)s used a recovery code; %(left)s are left"))
word("person.passkey_added", _("%(name)s added the passkey “%(passkey)s”"))
word("person.passkey_renamed", _("%(name)s called the passkey “%(before)s” “%(passkey)s”"))
word("person.passkey_removed", _("%(name)s removed the passkey “%(passkey)s”"))
word("person.session_ended", _("%(name)s signed out on another device"))
word("person.sessions_ended", _("%(name)s signed out everywhere else"))
word("person.made", _("%(name)s came in by %(provider)s for the first time"))
word("person.identity_linked", _("%(name)s is linked with %(provider)s"))
word("person.identity_unlinked", _("%(actor)s took the link with %(provider)s from %(name)s"))
word("person.groups_followed", _("%(actor)s changed what %(name)s may do, by their groups"))
word("sign_in_policy.changed", _("%(actor)s changed who has to have a second factor"))
word("sign_in_provider.created", _("%(actor)s added the sign-in with “%(title)s”"))
word("sign_in_provider.changed", _("%(actor)s changed the sign-in with “%(title)s”"))
word("sign_in_provider.removed", _("%(actor)s removed the sign-in with “%(title)s”"))
