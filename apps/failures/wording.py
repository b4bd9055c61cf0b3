"""How the events of failure groups read."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.events.wording import word


def _muted(event: Event) -> str:
    until = timezone.localtime(datetime.fromisoformat(str(event.data["until"])))
    words = {"actor": event.actor_name, "until": f"{until:%Y-%m-%d %H:%M %Z}"}
    return _with_note(_("%(actor)s muted it until %(until)s") % words, event)


def _resolved(event: Event) -> str:
    return _with_note(_("%(actor)s resolved it") % {"actor": event.actor_name}, event)


def _runbook(event: Event) -> str:
    words = {"actor": event.actor_name, "url": event.data.get("url", "")}
    if not words["url"]:
        return _("%(actor)s took the runbook away") % words
    return _("%(actor)s set the runbook to %(url)s") % words


def _with_note(said: str, event: Event) -> str:
    note = event.data.get("note")
    return f"{said}: {note}" if note else said


word("failure_group.opened", gettext_lazy("It failed like this for the first time: %(message)s"))
word("failure_group.back", gettext_lazy("It happened again after it was resolved"))
word("failure_group.assigned", gettext_lazy("%(actor)s gave it to %(owner)s"))
word("failure_group.unassigned", gettext_lazy("%(actor)s took it from %(was)s"))
word("failure_group.muted", _muted)
word("failure_group.unmuted", gettext_lazy("It is not muted any more"))
word("failure_group.resolved", _resolved)
word("failure_group.reopened", gettext_lazy("%(actor)s took it up again"))
word("failure_group.runbook", _runbook)
word("failure_group.ruled", gettext_lazy("%(actor)s made it a data problem from now on"))
word("failure_group.unruled", gettext_lazy("%(actor)s made it a system problem again"))
word("failure_group.retried", gettext_lazy("%(actor)s had item #%(item_id)s tried before the rest"))
word("failure_group.retry_stopped", gettext_lazy("The item tried first failed again: %(message)s"))
word("failure_group.retry_cancelled", gettext_lazy("%(actor)s cancelled the retry"))
