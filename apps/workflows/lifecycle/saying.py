"""What goes wrong with instances, and what people do about it, as lines of the log.

What goes well is not written a second time: the log of an instance reads its visits.
"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from apps.bots.contexts import Level
from apps.bots.logs import Line, Speaker, append_each
from apps.lib.actors import Actor
from apps.workflows.models import Incident

from .walks import Walk


def say_opened(incidents: Iterable[Incident]) -> None:
    """Say which steps stand still from now on."""
    append_each([_line(each, each.message, "error") for each in incidents])


def say_repaired(incident: Incident, how: str, reason: str, by: Actor) -> None:
    said = _("%(who)s repaired the step: %(how)s.")
    words = said % {"who": by.name, "how": Incident.How(how).label}
    append_each([_line(incident, f"{words} {reason}".strip(), "info")])


def say_ended(walks: Sequence[Walk]) -> None:
    """Say which instances ended otherwise than as drawn."""
    bad = [walk for walk in walks if walk.is_over and walk.facts.status != "completed"]
    append_each([(Speaker(folder_id=walk.facts.folder_id), _end_of(walk)) for walk in bad])


def _end_of(walk: Walk) -> Line:
    if walk.facts.status == "cancelled":
        return Line(_("The instance was cancelled."), "warning", instance_id=walk.id)
    code, message = walk.error
    said = _("The instance failed: %(message)s") % {"message": message or code}
    return Line(said, "error", instance_id=walk.id, fields={"code": code} if code else {})


def _line(incident: Incident, message: str, level: Level) -> tuple[Speaker, Line]:
    line = Line(
        message,
        level,
        step=incident.node,
        instance_id=incident.instance_id,
        token=incident.token or None,
        fields={"code": incident.code} if incident.code else {},
    )
    return Speaker(folder_id=incident.folder_id), line
