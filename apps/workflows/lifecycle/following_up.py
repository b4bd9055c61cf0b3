"""What the end of an instance means to others."""

from collections.abc import Sequence
from datetime import datetime

from apps.events.bus import announce, publish
from apps.lib.actors import SYSTEM, Actor
from apps.lib.json import Json

from .calling import end_of
from .happenings import tell_later
from .walks import Walk


def follow_up(walks: Sequence[Walk], now: datetime, by: Actor) -> None:
    """Tell callers, subscribers and the history of those that have begun or ended."""
    begun: list[Json] = [walk.id for walk in walks if walk.is_new]
    over = [walk for walk in walks if walk.is_over]
    if begun:
        announce("instance.started", {"ids": begun})
    if over:
        ends = [end for walk in over if (end := end_of(walk, now)) is not None]
        tell_later(ends)
    completed: list[Json] = [walk.id for walk in over if walk.facts.status == "completed"]
    if completed:
        announce("instance.completed", {"ids": completed})
    for walk in over:
        if walk.facts.status == "failed":
            _tell_failed(walk)


def _tell_failed(walk: Walk) -> None:
    code, message = walk.error
    publish(
        "instance.failed",
        subject=("instance", walk.id),
        folder_id=walk.facts.folder_id,
        by=SYSTEM,
        data={"workflow_id": walk.facts.workflow_id, "code": code, "message": message[:500]},
        topics=("overview",),
    )
