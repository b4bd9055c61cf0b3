"""Gates as their pages show them: who uses them, what went through, what they have seen."""

from collections import Counter
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.events.history import history_of
from apps.events.wording import sentence_of

from .engine import gates as rules
from .gate_forms import percent
from .item_changes import changes_in_words
from .models import Gate, Prediction

MAX_HISTORY = 20
# how far back the pages look for what came to a gate: a bounded walk along the primary key
LATELY = 5_000

_LATELY = """
select field, document_class, went, item_id, attempt
  from (select * from queues_prediction order by id desc limit %s) p
 where gate_id = %s
"""


def gate_cards(gates: list[Gate]) -> list[dict[str, Any]]:
    return [
        {
            "gate": gate,
            "url": reverse("gate_settings:edit", args=[gate.pk]),
            "queues": list(gate.queues.all()),
            "default": percent(rules.read_thresholds(gate.thresholds).default),
            "n_fields": n_thresholds(gate),
            "sample": percent(gate.sample_share),
        }
        for gate in gates
    ]


def n_thresholds(gate: Gate) -> int:
    said = rules.read_thresholds(gate.thresholds)
    return len(said.fields) + sum(len(fields) for fields in said.classes.values())


def lately(gate: Gate) -> dict[str, Any]:
    """Return what came to the gate among the latest readings of all: fields, classes, results."""
    with connection.cursor() as cursor:
        cursor.execute(_LATELY, [LATELY, gate.pk])
        rows = cursor.fetchall()
    results = {(item_id, attempt): went for _field, _class, went, item_id, attempt in rows}
    counts = Counter(results.values())
    return {
        "fields": sorted({rules.general_field(row[0]) for row in rows}),
        "classes": sorted({row[1] for row in rows} - {""}),
        "n": len(results),
        "facts": [
            (Prediction.Went(went).label, counts[went])
            for went in (Prediction.Went.PASSED, Prediction.Went.SAMPLED, Prediction.Went.PERSON)
        ],
    }


def history_of_gate(gate: Gate) -> list[dict[str, Any]]:
    """Return what people did to the gate, newest first."""
    events = history_of(("gate", gate.pk), limit=MAX_HISTORY).items
    return [
        {
            "what": sentence_of(event),
            "at": event.occurred_at,
            "note": str(event.data.get("reason") or ""),
            "changes": [_in_percent(each) for each in _said(event.data.get("changes"))],
        }
        for event in events
    ]


def _said(changes: Any) -> list[dict[str, Any]]:
    return [each for each in changes if isinstance(each, dict)] if isinstance(changes, list) else []


def _in_percent(change: dict[str, Any]) -> Any:
    """Say a change in the words of the page."""
    field = str(change.get("field") or "")
    shown = {**change, "label": _label(field)}
    if field.startswith("thresholds.") or field == "sample_share":
        shown |= {side: _in_words(change.get(side)) for side in ("before", "after")}
    return changes_in_words([shown], {})[0]


def _in_words(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return f"{percent(value)} %" if rules.is_share(value) else value


def _label(field: str) -> str:
    kind, _dot, path = field.removeprefix("thresholds.").partition(".")
    if not field.startswith("thresholds."):
        names = {"sample_share": _("Looked at once more"), "is_on": _("In use")}
        return names.get(field, "")
    elif kind == "default":
        return _("Fields that are not named")
    elif kind == "required":
        return _("Must be read")
    elif kind == "classes":
        document_class, _dot, path = path.partition(".")
        return f"{path} ({document_class})"
    return path
