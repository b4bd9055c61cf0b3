"""What models read and people answered, as the item's page shows it, by try."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from apps.lib.json import Json
from apps.lib.schema import MASK, personal_paths

from .engine import general_field
from .gate_forms import percent
from .lifecycle.answering import ACCEPTED, SENT_BACK
from .models import Gate, ItemAnswer, Prediction, WorkItem

MAX_SHOWN = 2_000
MAX_VALUE = 200

TONES = {
    Prediction.Went.PASSED: "done",
    Prediction.Went.SAMPLED: "done",
    Prediction.Went.PERSON: "person",
    Prediction.Went.NO_GATE: "waiting",
}


def readings_of(item: WorkItem) -> dict[int, dict[str, Any]]:
    """Return what was read in each try of the item: rows, the gate, and where it went."""
    rows = list(Prediction.objects.filter(item_id=item.pk).order_by("attempt", "pk")[:MAX_SHOWN])
    gates = Gate.objects.in_bulk({row.gate_id for row in rows if row.gate_id})
    tries: dict[int, list[Prediction]] = {}
    for row in rows:
        tries.setdefault(row.attempt, []).append(row)
    return {number: _try(some, gates) for number, some in tries.items()}


def answers_of(item: WorkItem) -> list[dict[str, Any]]:
    """Return what people said about the item, the newest first."""
    return [
        {
            "title": _title_of(answer),
            "by": answer.answered_by,
            "at": answer.answered_at,
            "comment": answer.comment,
            "values": _pretty(answer.values) if answer.values else "",
        }
        for answer in ItemAnswer.objects.filter(item_id=item.pk).order_by("-answered_at", "-pk")
    ]


def _try(rows: list[Prediction], gates: dict[int, Gate]) -> dict[str, Any]:
    gate = gates.get(rows[0].gate_id or 0)
    went = Prediction.Went(rows[0].went)
    personal = personal_paths(gate.form) if gate and gate.form else []
    return {
        "rows": [_row(row, personal) for row in rows],
        "word": went.label,
        "badge": TONES[went],
        "gate": _gate(gate, rows[0]),
        "models": _models(rows),
        # what somebody had to look at is shown at once
        "is_open": went == Prediction.Went.PERSON,
    }


def _gate(gate: Gate | None, row: Prediction) -> str:
    if row.gate_id is None:
        return ""
    title = gate.title if gate else _("a gate that is gone")
    return _("%(gate)s, version %(n)d") % {"gate": title, "n": row.gate_version}


def _models(rows: Iterable[Prediction]) -> str:
    named = {f"{row.model} {row.model_version}".strip(): None for row in rows}
    return ", ".join(name for name in named if name)


def _row(row: Prediction, personal: list[str]) -> dict[str, Any]:
    is_doubtful = row.threshold is not None and row.confidence < row.threshold
    return {
        "field": row.field,
        "value": MASK if _is_personal(row.field, personal) else _said(row.value),
        # never rounded up to what was wanted
        "sure": percent(int(row.confidence * 1000) / 1000 if is_doubtful else row.confidence),
        "wanted": percent(row.threshold),
        "is_doubtful": is_doubtful,
        "source": row.source,
        "document_class": row.document_class,
    }


def _is_personal(field: str, personal: list[str]) -> bool:
    """Whether the gate's form marks the field, or what it is part of."""
    general = general_field(field)
    return any(general == path or general.startswith(f"{path}.") for path in personal)


def _title_of(answer: ItemAnswer) -> str:
    if answer.key == ACCEPTED:
        return _("Checked what AI read")
    elif answer.key == SENT_BACK:
        return _("Sent back to the bots")
    return f"{answer.key}: {answer.decision}"


def _said(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def _pretty(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
