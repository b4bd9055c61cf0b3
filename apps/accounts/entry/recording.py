"""What happens to people at the door: one event each."""

from apps.accounts.models import User
from apps.events.bus import publish
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.json import JsonObject


def record(kind: str, person: User, *, by: Actor, data: JsonObject | None = None) -> Event:
    """Record that `by` did `kind` to `person`, in the caller's transaction."""
    return publish(
        kind,
        subject=("person", person.pk),
        folder_id=None,
        by=by,
        data={"name": person.name, **(data or {})},
    )
