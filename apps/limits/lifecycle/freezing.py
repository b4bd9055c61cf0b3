"""Freezes that repeat move on to their next time when one is over."""

from django.db import transaction
from django.db.models.functions import Now

from apps.lib.clock import database_now
from apps.lib.doorbell import ring
from apps.limits.models import Freeze
from apps.limits.recurring import occurrence


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
    if n:
        ring("scheduler")
    return n


def set_times(freeze: Freeze) -> None:
    """Set the time that is now or comes next, reckoned from the first one."""
    freeze.starts_at, freeze.ends_at = occurrence(
        (freeze.first_starts_at, freeze.first_ends_at),
        repeats=freeze.repeats,
        zone=freeze.zone,
        now=database_now(),
    )
