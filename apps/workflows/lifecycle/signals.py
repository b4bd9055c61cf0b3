"""Signals: heard by everything in the folder that listens at that moment, and not kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import announce, publish
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.workflows.engine.changes import SendSignal
from apps.workflows.engine.events import Triggered
from apps.workflows.models import StartSubscription
from apps.workflows.statements import SIGNAL_LISTENERS

from .happenings import AT_ONCE, Happening
from .messages import MAX_TEXT
from .new_walks import insist_on_size
from .running import run
from .walks import Walk

# News of our own: {"starts": [[version, node, variables, by, sender]]}
STARTS = "workflow.starts"
# News of our own: {"at", "variables", "listeners": [[instance, subscription]]}; variables may be
# large, so they stand there once
SIGNALLED = "workflow.signalled"


@transaction.atomic
def broadcast_signal(folder: Folder, name: str, variables: JsonObject, *, by: Actor) -> int:
    """Tell everybody in `folder` who listens for this signal; return how many that are."""
    if not name or len(name) > MAX_TEXT or "\x00" in name:
        message = _("must have 1 to %(n)d characters") % {"n": MAX_TEXT}
        problem = FieldProblem("name", message)
        raise InvalidError(f"{problem.path}: {problem.message}.", fields=[problem])
    insist_on_size(variables)
    reached = _broadcast(folder.pk, name, variables, database_now(), by.name)
    publish(
        "signal.broadcast",
        subject=("folder", folder.pk),
        folder_id=folder.pk,
        by=by,
        data={"name": name, "reached": reached},
    )
    return reached


def send(commands: Sequence[tuple[Walk, SendSignal]], now: datetime) -> None:
    """Send what a step sends; who listens hears of it in a step of its own."""
    for walk, command in commands:
        by = walk.graph.name or walk.graph.key
        name, folder_id = command.name[:MAX_TEXT], walk.facts.folder_id
        _broadcast(folder_id, name, command.variables, now, by, sender=walk.id)


def signals_heard(told: Mapping[str, Any]) -> list[Happening]:
    """Return what the signal is to those who listened for it when it was sent."""
    at, variables = datetime.fromisoformat(told["at"]), told["variables"]
    return [
        Happening(instance_id, Triggered(at=at, subscription=number, variables=variables))
        for instance_id, number in told["listeners"]
    ]


def _broadcast(  # noqa: PLR0913 - what is sent, when and by whom
    folder_id: int,
    name: str,
    variables: JsonObject,
    now: datetime,
    by: str,
    *,
    sender: int | None = None,
) -> int:
    listeners = run(SIGNAL_LISTENERS, {"folder_id": folder_id, "name": name})
    for start in range(0, len(listeners), AT_ONCE):
        some: list[Json] = [list(row) for row in listeners[start : start + AT_ONCE]]
        told: JsonObject = {"at": now.isoformat(), "variables": variables, "listeners": some}
        announce(SIGNALLED, told)
    starts = StartSubscription.objects.filter(folder_id=folder_id, kind="signal", name=name)
    found: list[Json] = [
        [version_id, node, variables, by[:150], sender]
        for version_id, node in starts.values_list("version_id", "node")
    ]
    if found:
        announce(STARTS, {"starts": found})
    return len(listeners) + len(found)
