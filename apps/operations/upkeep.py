"""Work that repeats: the operations themselves, and dropping what is long over."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from apps.lib.clock import seconds_from_now

from . import lifecycle
from .models import Operation, OperationEntry

DAY_SECONDS = 86_400
MAX_PRUNED = 20


def work(is_over: Callable[[], bool] = bool) -> int:
    """Work on what people asked for, until nothing is due; takes as long as that takes."""
    return lifecycle.work(is_over)


def prune() -> int:
    """Drop operations that ended OPERATION_DAYS_KEPT ago, some at a time; what they did stays in
    the history of each target."""
    days: int = settings.OPERATION_DAYS_KEPT
    old = Operation.objects.filter(ended_at__lt=seconds_from_now(-days * DAY_SECONDS))
    # one that a kept one takes back or repeats is kept with it
    free = old.filter(undone_by=None, retried_by=None).order_by("ended_at")
    ids = list(free.values_list("pk", flat=True)[:MAX_PRUNED])
    for pk in ids:
        with transaction.atomic():
            OperationEntry.objects.filter(operation_id=pk).delete()
            Operation.objects.filter(pk=pk).delete()
    return len(ids)
