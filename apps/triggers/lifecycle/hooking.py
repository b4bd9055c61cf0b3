"""What event triggers remember: their address, and what they have seen."""

import secrets
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now

from apps.lib.json import JsonObject
from apps.triggers.models import Trigger

HOOK_KEY_BYTES: Final = 24


def hook_up(trigger: Trigger) -> str:
    """Return the key of the trigger's address, made now if it has none; the trigger is locked."""
    if not trigger.hook_key:
        trigger.hook_key = secrets.token_urlsafe(HOOK_KEY_BYTES)
        Trigger.objects.filter(pk=trigger.pk, hook_key="").update(hook_key=trigger.hook_key)
    return trigger.hook_key


def take_turn(trigger_id: int, *, every_seconds: float) -> bool:
    """Say whether it is this process's turn to look; of several that ask, it is one's."""
    before = Q(checked_at__isnull=True) | Q(
        checked_at__lte=Now() - timedelta(seconds=every_seconds)
    )
    mine = Trigger.objects.filter(before, pk=trigger_id, status=Trigger.Status.ENABLED)
    return bool(mine.update(checked_at=Now()))


def note_seen(trigger: Trigger, seen: JsonObject) -> bool:
    """Keep what the trigger has seen, unless somebody else has noted something since."""
    mine = Trigger.objects.filter(pk=trigger.pk, seen=trigger.seen)
    if not mine.update(seen=seen, checked_at=Now()):
        return False
    trigger.seen = seen
    return True
