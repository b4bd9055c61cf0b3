"""What moves leave behind: an event each, and open pages that hear of it."""

from collections.abc import Iterable
from typing import Final

from apps.events.bus import publish
from apps.events.live import nudge as nudge_pages
from apps.events.models import Event
from apps.failures.models import FailureGroup
from apps.lib.actors import SYSTEM, Actor
from apps.lib.json import JsonObject

__all__ = ["SUBJECT", "SYSTEM", "TOPIC", "nudge", "record"]

# the pages that list groups
TOPIC: Final = "failures"
SUBJECT: Final = "failure_group"
MAX_TITLE = 200


def record(verb: str, group: FailureGroup, by: Actor, data: JsonObject | None = None) -> Event:
    """Write what was done to the group into its history, in the caller's transaction."""
    return publish(
        f"{SUBJECT}.{verb}",
        subject=(SUBJECT, group.pk),
        folder_id=group.folder_id,
        by=by,
        data={"title": str(group)[:MAX_TITLE], **(data or {})},
        topics=[TOPIC],
    )


def nudge(group_ids: Iterable[int]) -> None:
    """Tell open pages that these groups look different now."""
    nudge_pages(TOPIC, *(f"{SUBJECT}:{pk}" for pk in group_ids))
