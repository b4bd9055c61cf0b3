"""Tasks about what AI read and automations asked: what they show, and where from.

A task keeps a copy of the readings as they were when it was opened: the gate that found them
doubtful, its version, and what it wanted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.inbox.alike import alike_of
from apps.inbox.decisions import offered_by_question, offered_for
from apps.inbox.made_forms import made_form, with_paths
from apps.inbox.models import UserTask
from apps.inbox.predicted import Predicted, PredictedField, Region
from apps.lib.json import Json, JsonObject
from apps.queues import engine
from apps.queues.models import Attempt, Gate, Parked, Prediction
from apps.queues.questions import read_question

Kind = UserTask.Kind
TOKEN = re.compile(r"(user|team):[0-9]{1,18}")
BY_CAUSE = {Parked.Cause.LOW_CONFIDENCE: Kind.VALIDATION, Parked.Cause.ASKED: Kind.QUESTION}


@dataclass(frozen=True, slots=True)
class Read:
    """What one try read, and the gate it came to; None for a gate that is gone."""

    rows: Sequence[Prediction]
    gate: Gate | None


def read_by_tries(tries: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Read]:
    """Return what these tries (item, number) read; two queries."""
    wanted = set(tries)
    if not wanted:
        return {}
    found: dict[tuple[int, int], list[Prediction]] = {}
    rows = Prediction.objects.filter(item_id__in={item_id for item_id, _number in wanted})
    for row in rows.order_by("pk"):
        if (row.item_id, row.attempt) in wanted:
            found.setdefault((row.item_id, row.attempt), []).append(row)
    gates = Gate.objects.in_bulk({rows[0].gate_id for rows in found.values() if rows[0].gate_id})
    return {key: Read(rows, gates.get(rows[0].gate_id or 0)) for key, rows in found.items()}


def make_validation(task: UserTask, attempt: Attempt, read: Read | None) -> None:
    """Let a person check what AI read, with what it was not sure of framed."""
    values = _object(attempt.output)
    task.kind, task.values, task.alike = Kind.VALIDATION, values, ""
    task.decisions = offered_for(Kind.VALIDATION)
    predicted = predicted_of_try(read, values) if read else Predicted()
    task.predictions = predicted.stored() if predicted.fields else {}
    task.form = form_for(read.gate if read else None, values, predicted.doubtful)


def make_second_look(task: UserTask, attempt: Attempt, read: Read) -> None:
    """Let a person read again what passed, without seeing what AI read."""
    values = _object(attempt.output)
    predicted = replace(predicted_of_try(read, values), is_blind=True)
    settled = {path: replace(said, is_doubtful=False) for path, said in predicted.fields.items()}
    task.predictions = replace(predicted, fields=settled).stored()
    task.form = form_for(read.gate, values, settled)
    task.values = without(values, settled)
    task.decisions = offered_for(Kind.SECOND_LOOK)


def make_question(task: UserTask, attempt: Attempt, now: datetime) -> None:
    """Put what an automation asked before a person."""
    said = _object(attempt.output).get("question")
    question = read_question(said)
    task.kind = Kind.QUESTION
    task.title = question.title or task.title
    task.reason = question.text or question.title or task.reason
    task.form, task.values = question.form, question.values
    task.decisions = offered_by_question(question.decisions)
    # names are looked up when the task is handed out
    task.offered_to = [each for each in question.offered_to if TOKEN.fullmatch(each)]
    task.candidate_groups = [each for each in question.offered_to if not TOKEN.fullmatch(each)]
    task.facts = {**task.facts, "question": question.key}
    if question.due_seconds is not None:
        task.due_at = now + timedelta(seconds=question.due_seconds)
        task.facts["has_own_due"] = True
    place = f"queue:{task.queue_id}"
    task.alike = alike_of(
        task.kind, place=place, code=question.key, reason=task.reason, form=question.form
    )


def predicted_of_try(read: Read, values: JsonObject) -> Predicted:
    """Return what one try read, as a task keeps it."""
    fields = {row.field: _field(row) for row in read.rows}
    first = read.rows[0]
    document_class = next((row.document_class for row in read.rows if row.document_class), "")
    fields |= _not_read(read, document_class, values)
    return Predicted(
        model=first.model,
        model_version=first.model_version,
        prompt=first.prompt,
        document_class=document_class,
        gate_id=first.gate_id,
        gate_version=first.gate_version,
        fields=fields,
    )


def form_for(gate: Gate | None, values: JsonObject, must_show: Iterable[str]) -> JsonObject:
    """Return the form of the gate, else one made from the values; with all that must be seen."""
    if gate is not None and gate.form:
        return with_paths(gate.form, must_show)
    return made_form(values, must_show)


def without(values: JsonObject, paths: Iterable[str]) -> JsonObject:
    """Return the values without what stands at these dotted paths; places in lists are emptied."""
    left: Json = values
    for path in paths:
        left = _emptied(left, path.split("."))
    return left if isinstance(left, dict) else {}


def _emptied(value: Json, path: list[str]) -> Json:
    name, *inner = path
    if isinstance(value, dict) and name in value:
        if not inner:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: _emptied(value[name], inner)}
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        at = int(name)
        put = _emptied(value[at], inner) if inner else None
        return [*value[:at], put, *value[at + 1 :]]
    return value


def _field(row: Prediction) -> PredictedField:
    is_doubtful = row.threshold is not None and row.confidence < row.threshold
    return PredictedField(
        value=row.value,
        confidence=row.confidence,
        threshold=row.threshold,
        source=row.source,
        region=_region(row.region),
        is_doubtful=is_doubtful,
    )


def _not_read(read: Read, document_class: str, values: JsonObject) -> Mapping[str, PredictedField]:
    """Return what the gate wants and the model did not give."""
    if read.gate is None:
        return {}
    rules = engine.read_thresholds(read.gate.thresholds)
    given = {row.field for row in read.rows}
    return {
        name: PredictedField(
            value=values.get(name),
            confidence=0.0,
            threshold=rules.threshold(name, document_class),
            is_doubtful=True,
        )
        for name in rules.needed(document_class)
        if name not in given
    }


def _region(said: JsonObject | None) -> Region | None:
    if not said:
        return None
    box, page, file = said.get("box"), said.get("page"), said.get("file")
    return Region(
        file=str(file or ""),
        page=page if isinstance(page, int) else 1,
        box=tuple(box) if isinstance(box, list) else None,  # type: ignore[arg-type]
    )


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
