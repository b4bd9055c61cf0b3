"""How the events of applications, limits, freezes and emergency stops read."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.events.wording import word


def _held(event: Event) -> str:
    words = {"actor": event.actor_name, "title": event.data.get("title", "–")}
    said = _("%(actor)s held “%(title)s” back") % words
    reason = event.data.get("reason")
    return f"{said}: {reason}" if reason else said


def _stopped(event: Event) -> str:
    words = {"actor": event.actor_name, **event.data}
    if event.data.get("stops_runs"):
        said = _("%(actor)s stopped all work of “%(title)s”, runs as well: %(reason)s")
    else:
        said = _("%(actor)s stopped all new work of “%(title)s”: %(reason)s")
    return said % words


word("application.created", gettext_lazy("%(actor)s made the application “%(title)s”"))
word("application.changed", gettext_lazy("%(actor)s changed the application “%(title)s”"))
word("application.removed", gettext_lazy("%(actor)s removed the application “%(title)s”"))
word("application.opened", gettext_lazy("Work of “%(title)s” rests: %(reason)s"))
word("application.probing", gettext_lazy("“%(title)s” is tried again, one item at a time"))
word("application.closed", gettext_lazy("“%(title)s” works again"))
word("application.reset", gettext_lazy("%(actor)s let work of “%(title)s” start again"))
word("application.held", _held)
word("application.released", gettext_lazy("%(actor)s released “%(title)s”"))
word("application.hold_over", gettext_lazy("The time for which “%(title)s” was held is over"))
word("limit.created", gettext_lazy("%(actor)s made the limit “%(title)s”"))
word("limit.changed", gettext_lazy("%(actor)s changed the limit “%(title)s”"))
word("limit.removed", gettext_lazy("%(actor)s removed the limit “%(title)s”"))
word("freeze.created", gettext_lazy("%(actor)s planned the freeze “%(title)s”"))
word("freeze.changed", gettext_lazy("%(actor)s changed the freeze “%(title)s”"))
word("freeze.removed", gettext_lazy("%(actor)s removed the freeze “%(title)s”"))
word("folder.stopped", _stopped)
word("folder.stop_lifted", gettext_lazy("%(actor)s lifted the emergency stop of “%(title)s”"))
