"""What moves leave behind: an event each, and open pages that hear of it."""

from typing import Final

from apps.events.bus import publish
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.json import JsonObject
from apps.webhooks.models import Endpoint

SUBJECT: Final = "webhook"
# the page that lists all of them
TOPIC: Final = "webhooks"


def record(verb: str, endpoint: Endpoint, by: Actor, data: JsonObject | None = None) -> None:
    publish(
        f"{SUBJECT}.{verb}",
        subject=(SUBJECT, endpoint.pk),
        folder_id=endpoint.folder_id,
        by=by,
        data={"title": endpoint.title, **(data or {})},
        topics=[TOPIC],
    )


def tell_pages(endpoint_id: int) -> None:
    nudge(TOPIC, f"{SUBJECT}:{endpoint_id}")
