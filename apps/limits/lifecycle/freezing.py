"""Freezes that repeat move on to their next time when one is over; pages hear of each turn."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.events.live import nudge
from apps.lib.clock import database_now
from apps.lib.doorbell import ring
from apps.limits.models import Freeze
from apps.limits.recurring import occurrence

from .recording import TOPIC

# Somewhat more than the time from one look to the next: a turn told twice does no harm
TURN_SECONDS: Final = 3


def move_freezes_on() -> int:
    """Move what repeats and is over to its next time; return how many. No event: nobody did it."""
    over = Freeze.objects.filter(ends_at__lte=Now()).exclude(repeats=Freeze.Repeats.NONE)
    n = 0
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            found = over.select_for_update(skip_locked=True).filter(pk=pk).first()
            if found is not None:
                set_times(found)
                found.save(update_fields=["starts_at", "ends_at"])
                n += 1
    return n


def tell_turns() -> None:
    """Tell open pages, and who starts work, of freezes that began or ended just now."""
    lately = Now() - timedelta(seconds=TURN_SECONDS)
    began = Q(starts_at__gt=lately, starts_at__lte=Now())
    ended = Q(ends_at__gt=lately, ends_at__lte=Now())
    if Freeze.objects.filter(began | ended).exists():
        ring("scheduler")
        nudge(TOPIC)


def set_times(freeze: Freeze) -> None:
    """Set the time that is now or comes next, reckoned from the first one."""
    freeze.starts_at, freeze.ends_at = occurrence(
        (freeze.first_starts_at, freeze.first_ends_at),
        repeats=freeze.repeats,
        zone=freeze.zone,
        now=database_now(),
    )
