"""What a look found and did not start: told once, and counted while it repeats itself."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.lib.durations import duration_in_words
from apps.lib.json import JsonObject
from apps.triggers.models import Firing, Trigger

from .recording import topics_of

Reason = Firing.Reason

# What flaps has one row for so long, which counts
TOGETHER: Final = timedelta(hours=1)
ORIGINS: Final = {Trigger.Kind.QUEUE: Firing.Origin.QUEUE, Trigger.Kind.STATE: Firing.Origin.STATE}


def note_refusal(
    trigger: Trigger,
    reason: str,
    at: datetime,
    *,
    event: JsonObject,
    held_seconds: float = 0.0,
    message: str = "",
) -> None:
    """Record that a locked trigger started nothing at `at`, and why.

    Of the same reason within the same hour there is one row. `held_seconds`: for how long the
    conditions held that do not hold any more.
    """
    if reason == Reason.CONDITION and not message:
        length = duration_in_words(held_seconds)
        message = _("They held for %(length)s.") % {"length": length}
    if not _count_up(trigger, reason, at, message, event):
        Firing.objects.create(
            trigger=trigger,
            planned_at=at,
            fired_at=at,
            occasion=f"{reason} {at.isoformat()}",
            outcome=Firing.Outcome.SKIPPED,
            reason=reason,
            message=message,
            event=event,
            origin=ORIGINS[Trigger.Kind(trigger.kind)],
        )
    nudge(*topics_of([trigger]))


def _count_up(trigger: Trigger, reason: str, at: datetime, message: str, event: JsonObject) -> bool:
    """Count it in the row of what was refused alike within the hour; False: there is none."""
    alike = Firing.objects.filter(
        trigger=trigger,
        outcome=Firing.Outcome.SKIPPED,
        reason=reason,
        planned_at__gt=at - TOGETHER,
    )
    newest: int | None = alike.order_by("-planned_at").values_list("pk", flat=True).first()
    if newest is None:
        return False
    row = Firing.objects.filter(pk=newest)
    row.update(count=F("count") + 1, fired_at=at, message=message, event=event)
    return True
