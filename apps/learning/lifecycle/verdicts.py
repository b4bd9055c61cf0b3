"""Verdicts follow the tasks on which people looked at what a model read."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now

from apps.inbox.models import UserTask
from apps.inbox.predicted import Predicted, PredictedField, predicted_of
from apps.learning.fields import MISSING, Personal, schema_at, value_at
from apps.learning.models import Verdict
from apps.learning.sameness import is_same
from apps.queues.engine.gates import general_field
from apps.queues.models import Gate, Prediction

LOOKED_AT = (UserTask.Kind.VALIDATION, UserTask.Kind.SECOND_LOOK)
MISSED_WITHIN = timedelta(days=3)
# what a sample stands for where nobody knows any more how large it was
USUAL_WEIGHT = 20.0
MAX_PROMPT, MAX_PATH = 200, 200


def bring_verdicts_in_line(task_ids: Iterable[int]) -> int:
    """Make the verdicts that these tasks give, drop those that they no longer give.

    May be called again with the same tasks, in any order of what happened to them; a decision
    that was taken back gives none. Returns how many verdicts there are now.
    """
    return sum(_bring_in_line(task_id) for task_id in sorted(set(task_ids)))


def record_missing_verdicts() -> int:
    """Find tasks that were decided lately and gave no verdicts; return how many verdicts came."""
    folders = set(Gate.objects.values_list("folder_id", flat=True))
    missed = UserTask.objects.filter(
        ~Exists(Verdict.objects.filter(task=OuterRef("pk"))),
        ~Q(predictions={}),
        folder__in=folders,
        status=UserTask.Status.COMPLETED,
        kind__in=LOOKED_AT,
        decided_at__gt=Now() - MISSED_WITHIN,
        decided_by__isnull=False,
        decision_values__isnull=False,
    )
    return bring_verdicts_in_line(missed.values_list("pk", flat=True)[:1_000])


@transaction.atomic
def _bring_in_line(task_id: int) -> int:
    # held, so that a decision that is taken back right now comes before or after this
    task = UserTask.objects.select_for_update(no_key=True, of=("self",)).filter(pk=task_id).first()
    if task is None:
        return 0
    of_task = Verdict.objects.filter(task=task)
    if not _gives_verdicts(task):
        of_task.delete()
        return 0
    of_task.exclude(decided_at=task.decided_at).delete()
    Verdict.objects.bulk_create(_verdicts(task), ignore_conflicts=True)
    return of_task.count()


def _gives_verdicts(task: UserTask) -> bool:
    """Only what a person decided, with values; who rejects a document says nothing of a field."""
    return (
        task.status == UserTask.Status.COMPLETED
        and task.kind in LOOKED_AT
        and task.decided_by_id is not None
        and task.decision_values is not None
    )


def _verdicts(task: UserTask) -> Iterator[Verdict]:
    predicted = predicted_of(task.predictions)
    if predicted is None:
        return
    gate = Gate.objects.filter(pk=predicted.gate_id).first() if predicted.gate_id else None
    personal = Personal(task.form)
    weight = 1.0
    if task.kind == UserTask.Kind.SECOND_LOOK:
        weight = _weight_of_sample(gate, predicted.gate_version)
    for path, read in predicted.fields.items():
        if len(path) > MAX_PATH or not 0 < read.confidence <= 1:
            continue  # no confidence at all: the model did not read it, so it can't be right
        verdict = _verdict(task, path, predicted, read, is_personal=personal.covers(path))
        verdict.gate, verdict.weight = gate, weight
        yield verdict


def _verdict(
    task: UserTask, path: str, predicted: Predicted, read: PredictedField, *, is_personal: bool
) -> Verdict:
    found = value_at(task.decision_values, path)
    said = None if found is MISSING else found
    return Verdict(
        folder_id=task.folder_id,
        gate_version=predicted.gate_version,
        task=task,
        kind=_kind(task, read),
        path=path,
        field=general_field(path),
        model=predicted.model[:200],
        model_version=predicted.model_version[:100],
        prompt=predicted.prompt[:MAX_PROMPT],
        document_class=predicted.document_class[:100],
        confidence=read.confidence,
        threshold=read.threshold,
        is_right=is_same(said, read.value, schema_at(task.form, path)),
        value=None if is_personal else read.value,
        corrected=None if is_personal else said,
        reason=str(task.correction_reasons.get(path, ""))[:100],
        decided_by=task.decided_by_name,
        decided_at=task.decided_at or task.created_at,
    )


def _kind(task: UserTask, read: PredictedField) -> Verdict.Kind:
    if task.kind == UserTask.Kind.SECOND_LOOK:
        return Verdict.Kind.SECOND_LOOK
    return Verdict.Kind.VALIDATION if read.is_doubtful else Verdict.Kind.BESIDE


def _weight_of_sample(gate: Gate | None, version: int) -> float:
    """Return of how many this one was drawn: what the gate says, or else what it did."""
    if gate is None:
        return USUAL_WEIGHT
    if gate.version == version and gate.sample_share > 0:
        return 1 / gate.sample_share
    went = Prediction.objects.filter(gate_id=gate.pk, gate_version=version).aggregate(
        passed=Count("pk", filter=Q(went__in=[Prediction.Went.PASSED, Prediction.Went.SAMPLED])),
        sampled=Count("pk", filter=Q(went=Prediction.Went.SAMPLED)),
    )
    return went["passed"] / went["sampled"] if went["sampled"] else USUAL_WEIGHT
