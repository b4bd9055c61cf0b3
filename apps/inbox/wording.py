"""Events of tasks as sentences."""

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


word("user_task.completed", _completed)
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
