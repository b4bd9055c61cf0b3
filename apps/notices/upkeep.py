"""What notices do by themselves; any of it may run in several processes at once."""

from collections.abc import Callable

from django.conf import settings

from apps.lib.clock import seconds_from_now

from .lifecycle import plan_notices, send_due
from .models import Delivery, Notice

DAY_SECONDS = 86_400
DELIVERY_DAYS_KEPT = 30
MAX_PRUNED = 5_000


def deliver(is_over: Callable[[], bool] = bool) -> int:
    """Plan what is new and send what is due; return how many messages went out. Takes as long as
    mail servers and chats take: the background worker does it beside its other work."""
    while plan_notices() and not is_over():
        pass
    return send_due(is_over=is_over)


def prune() -> int:
    """Drop notices older than NOTICE_DAYS_KEPT, and what became of messages of a month ago."""
    ended = seconds_from_now(-DELIVERY_DAYS_KEPT * DAY_SECONDS)
    Delivery.objects.filter(ended_at__lt=ended).delete()
    old = Notice.objects.filter(made_at__lt=seconds_from_now(-_days() * DAY_SECONDS))
    dropped, _of_what = Notice.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:MAX_PRUNED])
    ).delete()
    return dropped


def _days() -> int:
    days: int = settings.NOTICE_DAYS_KEPT
    return days
