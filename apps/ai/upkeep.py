"""What the scheduler does for AI. Each may run twice at once."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from .lifecycle import give_up_lost_calls
from .models import ModelCall

__all__ = ["give_up_lost_calls", "prune_texts"]

MAX_PRUNED = 5_000


def prune_texts(days: int | None = None) -> int:
    """Empty what old calls asked and were answered; their figures stay."""
    kept = settings.AI_TEXT_DAYS_KEPT if days is None else days
    has_text = ~Q(asked="") | ~Q(answered="")
    old = ModelCall.objects.filter(has_text, at__lt=Now() - timedelta(days=kept))
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:MAX_PRUNED])
    return ModelCall.objects.filter(pk__in=ids).update(asked="", answered="")
