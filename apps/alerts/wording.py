"""Events of alerts and their rules as sentences."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.events.wording import word

from .models import Alert


def _ended(event: Event) -> str:
    end = str(event.data.get("end") or "")
    if end == Alert.End.CHANGED:
        said = _("“%(title)s” is over: its rule was changed, switched off or removed")
    else:
        said = _("“%(title)s” is over by itself")
    return said % {"title": event.data.get("title", "–")}


word("alert.fired", gettext_lazy("“%(title)s” fires"))
word("alert.raised_again", gettext_lazy("“%(title)s” was raised again"))
word("alert.woken", gettext_lazy("“%(title)s” fires again: its snooze is over"))
word("alert.acknowledged", gettext_lazy("%(actor)s acknowledged “%(title)s”"))
word("alert.snoozed", gettext_lazy("%(actor)s put “%(title)s” off until %(until)s"))
word("alert.resolved", gettext_lazy("%(actor)s said that “%(title)s” is over"))
word("alert.assigned", gettext_lazy("%(actor)s handed “%(title)s” to %(to)s"))
word("alert.commented", gettext_lazy("%(actor)s on “%(title)s”: %(text)s"))
word("alert.ended", _ended)
word("alert_rule.created", gettext_lazy("%(actor)s made the alert rule “%(title)s”"))
word(
    "alert_rule.changed",
    gettext_lazy("%(actor)s changed the alert rule “%(title)s”, now version %(version)s"),
)
word("alert_rule.removed", gettext_lazy("%(actor)s removed the alert rule “%(title)s”"))
word("alert_rule.switched_on", gettext_lazy("%(actor)s switched the alert rule “%(title)s” on"))
word("alert_rule.switched_off", gettext_lazy("%(actor)s switched the alert rule “%(title)s” off"))
word(
    "alert_silence.made", gettext_lazy("%(actor)s silenced “%(what)s” until %(until)s: %(reason)s")
)
word("alert_silence.ended", gettext_lazy("%(actor)s ended the silence of “%(what)s”"))
