"""The one SQL expression that says where an item stands, over the five tables of places."""

from django.db import models
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def _of(model: str, value: models.expressions.Combinable | str) -> Subquery:
    """Return `value` of the item's row in `model`; a look-up by primary or unique key."""
    from django.apps import apps

    rows = apps.get_model("queues", model)._default_manager.filter(item_id=OuterRef("pk"))
    found = F(value) if isinstance(value, str) else value
    return Subquery(rows.values_list(found)[:1])


def standing_annotations() -> dict[str, models.expressions.Combinable]:
    """Return the annotations of `with_status`; null everywhere would mean: no place, a fault."""
    text, moment = models.CharField(), models.DateTimeField()
    return {
        "status": Coalesce(
            _of("ended", "status"),
            _of("lease", Value("in_progress")),
            _of("parked", "status"),
            _of("ready", Value("new")),
            _of("scheduled", Value("new")),
            output_field=text,
        ),
        "available_at_now": _of("scheduled", "available_at"),
        "since": Coalesce(
            _of("ended", "at"),
            _of("lease", "leased_at"),
            _of("parked", "since"),
            F("entered_at"),
            output_field=moment,
        ),
    }
