"""Gates, what models read for them, and what people said about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.accounts.models import Folder, User
from apps.inbox.models import UserTask
from apps.inbox.predicted import Predicted, PredictedField
from apps.learning.models import Verdict
from apps.lib.clock import database_now
from apps.queues.models import Gate, Prediction

FORM: dict[str, Any] = {
    "type": "object",
    "title": "Invoice",
    "properties": {
        "total": {"type": "string", "title": "Total"},
        "vendor": {"type": "string", "title": "Vendor"},
        "iban": {"type": "string", "title": "IBAN", "x-personal": True},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"centre": {"title": "Cost centre"}}},
        },
    },
}
READ = {"total": "100.00", "vendor": "Stark", "iban": "DE1", "lines": [{"centre": "K1"}]}


def make_gate(folder: Folder, key: str = "invoices", **values: Any) -> Gate:
    given = {"title": key.capitalize(), "thresholds": {"default": 0.8}, "sample_share": 0.1}
    return Gate.objects.create(folder=folder, key=key, **{**given, **values})


def read_by_model(
    gate: Gate,
    read: Mapping[str, tuple[Any, float]],
    *,
    version: str = "3",
    is_blind: bool = False,
    document_class: str = "",
) -> dict[str, Any]:
    """Return what a task keeps of values by path, with how sure the model was."""
    fields = {
        path: PredictedField(
            value=value, confidence=confidence, threshold=0.8, is_doubtful=confidence < 0.8
        )
        for path, (value, confidence) in read.items()
    }
    return Predicted(
        model="centres",
        model_version=version,
        prompt="p1",
        document_class=document_class,
        gate_id=gate.pk,
        gate_version=gate.version,
        is_blind=is_blind,
        fields=fields,
    ).stored()


def make_decided(
    gate: Gate,
    user: User,
    read: Mapping[str, tuple[Any, float]],
    said: dict[str, Any] | None,
    **values: Any,
) -> UserTask:
    """Return a task on which `user` said what the values are; None: rejected without any."""
    kind = values.pop("kind", UserTask.Kind.VALIDATION)
    is_blind = kind == UserTask.Kind.SECOND_LOOK
    given = {
        "folder": gate.folder,
        "kind": kind,
        "title": "An invoice",
        "status": UserTask.Status.COMPLETED,
        "form": FORM,
        "decision": "accept" if said is not None else "reject",
        "decision_values": said,
        "decided_by": user,
        "decided_by_name": user.name,
        "decided_at": database_now(),
        "predictions": read_by_model(
            gate,
            read,
            is_blind=is_blind,
            version=values.pop("version", "3"),
            document_class=values.pop("document_class", ""),
        ),
    }
    return UserTask.objects.create(**{**given, **values})


def make_verdicts(  # noqa: PLR0913 all but the subject have a usual value
    gate: Gate,
    confidences: Sequence[tuple[float, bool]],
    *,
    field: str = "total",
    version: str = "3",
    document_class: str = "",
    kind: str = "",
    at: datetime | None = None,
) -> None:
    """Make a verdict for each pair of confidence and whether the value was right.

    Unless `kind` says otherwise, those below 0.8 are validations, all others second looks.
    """
    task = UserTask.objects.create(
        folder=gate.folder,
        kind=UserTask.Kind.VALIDATION,
        title="Many at once",
        status=UserTask.Status.COMPLETED,
        decision="accept",
        decided_at=database_now(),
    )
    moment = at or database_now()
    verdicts = [
        verdict_on(
            gate,
            confidence,
            is_right=is_right,
            kind=kind or ("validation" if confidence < 0.8 else "second_look"),
            task=task,
            path=f"{field}.{number}",
            field=field,
            model_version=version,
            document_class=document_class,
            decided_at=moment - timedelta(seconds=number),
        )
        for number, (confidence, is_right) in enumerate(confidences)
    ]
    Verdict.objects.bulk_create(verdicts)


def verdict_on(
    gate: Gate, confidence: float, *, is_right: bool, kind: str, **values: Any
) -> Verdict:
    """Return a verdict, not saved, that weighs as much as its kind of look was rare."""
    return Verdict(
        folder=gate.folder,
        gate=gate,
        gate_version=gate.version,
        kind=kind,
        model="centres",
        confidence=confidence,
        is_right=is_right,
        value="a",
        corrected="a" if is_right else "b",
        weight=1 / gate.sample_share if kind == "second_look" else 1,
        decided_by="Bea",
        **values,
    )


def make_predictions(
    gate: Gate,
    documents: Sequence[Mapping[str, float]],
    *,
    version: str = "3",
    days: int = 10,
    document_class: str = "",
) -> None:
    """Make what a model read: for each document its fields with their confidences."""
    now = database_now()
    rows = []
    for number, document in enumerate(documents):
        is_doubtful = any(confidence < 0.8 for confidence in document.values())
        made_at = now - timedelta(days=days) * (number + 1) / len(documents)
        rows += [
            Prediction(
                folder_id=gate.folder_id,
                item_id=number + 1,
                attempt=1,
                gate_id=gate.pk,
                gate_version=gate.version,
                field=field,
                value="a",
                confidence=confidence,
                threshold=0.8,
                went="person" if is_doubtful else "passed",
                model="centres",
                model_version=version,
                document_class=document_class,
                made_at=made_at,
            )
            for field, confidence in document.items()
        ]
    Prediction.objects.bulk_create(rows)
