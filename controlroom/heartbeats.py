"""The scheduler and the worker say that they are well; /readyz and the pages ask when."""

import socket
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now

from apps.events.models import Heartbeat

EVERY_SECONDS = 5.0


def beat(kind: str) -> None:
    """Note that this machine's process of the given kind is well, on the database's clock."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=f"{kind}:{socket.gethostname()}"[:80], at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last_beat_seconds(kind: str) -> float | None:
    """Return how long ago any process of this kind beat; None if none ever did."""
    return youngest_seconds(Heartbeat.objects.filter(name__startswith=f"{kind}:"), "at")


def youngest_seconds(rows: QuerySet[Any], field: str) -> float | None:
    """Return the age of the newest time in `field` by the database's clock; None without any."""
    age = ExpressionWrapper(Now() - F(field), output_field=DurationField())
    youngest = (
        rows.exclude(**{field: None})
        .annotate(age=age)
        .order_by("age")
        .values_list("age", flat=True)
        .first()
    )
    return None if youngest is None else float(youngest.total_seconds())
