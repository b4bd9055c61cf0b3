"""What was foretold last, for lists and for triggers: one query, nothing is simulated."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.db.models.functions import Now

from .models import Foretold

# What is older than this is not told any more: whoever should make it anew is away
STALE: Final = timedelta(minutes=5)


def last_foretold(queue_ids: Collection[int]) -> dict[int, Foretold]:
    """Return the last forecast of each queue that has one which is not stale."""
    found = Foretold.objects.filter(queue__in=queue_ids, made_at__gte=Now() - STALE)
    return {each.queue_id: each for each in found}


def miss_chances(queue_ids: Collection[int]) -> dict[int, float | None]:
    """Return the chance to miss the service level of each queue; None: not known now."""
    known = last_foretold(queue_ids)
    return {
        pk: known[pk].miss_chance if pk in known and known[pk].basis != "none" else None
        for pk in queue_ids
    }
