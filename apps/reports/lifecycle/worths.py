"""What an item saves: each change is a version of its own, so that days keep what held then."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.queues.models import WorkQueue
from apps.reports.models import Worth


@transaction.atomic
def set_worth(
    queue: WorkQueue,
    *,
    since: date,
    minutes_by_hand: Decimal,
    rate_per_hour: Decimal,
    bot_cost_per_hour: Decimal,
    by: Actor,
) -> Worth:
    """Have these values hold from `since` on, until a version that holds from a later day."""
    made = Worth.objects.create(
        queue=queue,
        since=since,
        minutes_by_hand=minutes_by_hand,
        rate_per_hour=rate_per_hour,
        bot_cost_per_hour=bot_cost_per_hour,
        made_by=by.name[:150],
    )
    publish(
        "work_queue.worth_set",
        subject=("queue", queue.pk),
        folder_id=queue.folder_id,
        by=by,
        data={
            "since": since.isoformat(),
            "minutes_by_hand": str(minutes_by_hand),
            "rate_per_hour": str(rate_per_hour),
            "bot_cost_per_hour": str(bot_cost_per_hour),
        },
    )
    return made
