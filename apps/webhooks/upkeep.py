"""What webhooks do by themselves; any of it may run in several processes at once."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from apps.lib.clock import seconds_from_now

from . import delivering
from .models import Delivery, Message, Try

DAY_SECONDS = 86_400
MAX_PRUNED = 5_000


def deliver(is_over: Callable[[], bool] = bool) -> int:
    """Send what is due; takes as long as receivers take: the background worker does it beside its
    other work."""
    return delivering.deliver(is_over)


def prune() -> int:
    """Drop what was told WEBHOOK_DAYS_KEPT ago, some at a time; what waits still is kept."""
    days: int = settings.WEBHOOK_DAYS_KEPT
    old = Message.objects.filter(made_at__lt=seconds_from_now(-days * DAY_SECONDS))
    free = old.exclude(deliveries__status=Delivery.Status.WAITING).order_by("made_at")
    ids = list(free.values_list("pk", flat=True)[:MAX_PRUNED])
    with transaction.atomic():
        Try.objects.filter(delivery__message__in=ids).delete()
        Delivery.objects.filter(message__in=ids).delete()
        Message.objects.filter(pk__in=ids).delete()
    return len(ids)
