"""Events of tasks as sentences."""

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.events.wording import word

from .ladder import said_of_rung


def _completed(event: Event) -> str:
    data = event.data
    said = _("%(actor)s decided: %(title)s") % {
        "actor": event.actor_name,
        "title": _(data["title"]) if data.get("title") else data.get("decision", ""),
    }
    return f"{said} ({data['reference']})" if data.get("reference") else said


def _claimed(event: Event) -> str:
    if event.data.get("from"):
        said = _("%(actor)s took it over from %(name)s")
        return said % {"actor": event.actor_name, "name": event.data["from"]}
    return _("%(actor)s took it") % {"actor": event.actor_name}


def _escalated(event: Event) -> str:
    return said_of_rung(event.data)


def _voted(event: Event) -> str:
    data = event.data
    said = {
        "actor": event.actor_name,
        "title": _(data["title"]) if data.get("title") else data.get("decision", ""),
        "n": data.get("needed", 1),
    }
    if data.get("before"):
        return _("%(actor)s changed their vote: %(title)s (%(n)d must agree)") % said
    return _("%(actor)s voted: %(title)s (%(n)d must agree)") % said


def _undone(event: Event) -> str:
    said = {"actor": event.actor_name, "title": event.data.get("title", "")}
    if not said["title"]:
        return _("%(actor)s took their vote back") % said
    return _("%(actor)s took back before it took effect: %(title)s") % said


def _recalled(event: Event) -> str:
    data = event.data
    said = _("%(actor)s recalled the decision of %(name)s: %(title)s") % {
        "actor": event.actor_name,
        "name": data.get("from", ""),
        "title": data.get("title", ""),
    }
    return f"{said} ({data['reason']})" if data.get("reason") else said


def _snoozed(event: Event) -> str:
    until = parse_datetime(str(event.data.get("until", "")))
    return _("%(actor)s put it off until %(time)s") % {
        "actor": event.actor_name,
        "time": date_format(timezone.localtime(until), "Y-m-d H:i") if until else "–",
    }


def _woken(event: Event) -> str:
    if event.actor_kind == "system":
        return _("It came back: it had been put off until now")
    return _("%(actor)s brought it back before its time") % {"actor": event.actor_name}


word("user_task.completed", _completed)
word("user_task.voted", _voted)
word("user_task.undone", _undone)
word("user_task.recalled", _recalled)
word("user_task.snoozed", _snoozed)
word("user_task.woken", _woken)
word("user_task.asked", gettext_lazy("%(actor)s asked for it"))
word("user_task.withdrawn", gettext_lazy("%(actor)s withdrew it: nobody need decide it any more"))
word(
    "user_task.asked_again",
    gettext_lazy("The data changed, so these must decide again: %(people)s"),
)
word(
    "user_task.not_applied",
    gettext_lazy("%(actor)s had decided “%(title)s”, but it could not take effect: %(why)s"),
)
word("user_task.escalated", _escalated)
word(
    "user_task.handed_over",
    gettext_lazy("%(from)s is away: it went to %(to)s, who stands in"),
)
word("user_task.claimed", _claimed)
word(
    "user_task.unheard",
    gettext_lazy("The workflow had gone on before; what %(by)s decided changed nothing"),
)
word("user_task.released", gettext_lazy("%(actor)s gave it back"))
word("user_task.reassigned", gettext_lazy("%(actor)s handed it to %(to)s"))
word("user_task.commented", gettext_lazy("%(actor)s wrote a comment"))
word("user_task.revealed", gettext_lazy("%(actor)s looked at personal data: %(field)s"))
word("user_task.file_added", gettext_lazy("%(actor)s attached %(name)s"))
word("handling_rule.created", gettext_lazy("%(actor)s made the rule “%(title)s”"))
word("handling_rule.changed", gettext_lazy("%(actor)s changed the rule “%(title)s”"))
word("handling_rule.removed", gettext_lazy("%(actor)s removed the rule “%(title)s”"))
