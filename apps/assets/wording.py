"""How the events of assets read."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.events.models import Event
from apps.events.wording import word


def _changed(event: Event) -> str:
    """A new secret is worth saying; other changes stand in the event."""
    fields = {change["field"] for change in event.data.get("changes", [])}
    words = {"actor": event.actor_name, "title": event.data.get("title", "–")}
    if fields & {"secret", "password"}:
        return _now("%(actor)s entered a new secret for “%(title)s”") % words
    return _now("%(actor)s changed the asset “%(title)s”") % words


word("asset.created", _("%(actor)s made the asset “%(title)s”"))
word("asset.changed", _changed)
word("asset.removed", _("%(actor)s removed the asset “%(title)s”"))
word("asset.override_set", _("%(actor)s set what the bot %(bot)s gets for “%(title)s”"))
word(
    "asset.override_removed",
    _("%(actor)s removed what the bot %(bot)s got for “%(title)s”"),
)
