"""Results with what a model read: judged by a gate, and kept field by field.

Such a result takes the way of those that need a decision (see finishing.py): its lease is locked,
its gate is asked in Python, and its readings are written in the transaction that moves the item.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.events.bus import announce
from apps.lib.json import Json
from apps.queues import engine
from apps.queues.models import Gate, Prediction, WorkQueue

from .values import Result

Went = Prediction.Went
WENT: Mapping[str, Prediction.Went] = {
    "passed": Went.PASSED,
    "person": Went.PERSON,
    "sampled": Went.SAMPLED,
}
MAX_NAMED = 5
ROWS_IN_A_STATEMENT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a gate said about one result; `result` is that with what belongs to it."""

    result: Result
    queue: WorkQueue
    attempt: int
    readings: tuple[engine.Reading, ...]
    gate: Gate | None = None
    verdict: engine.GateVerdict | None = None

    @property
    def is_doubtful(self) -> bool:
        return self.verdict is not None and self.verdict.goes == "person"


class Gates:
    """The gates that hold for the locked leases `rows` (see LOCK_HELD); one query at most."""

    def __init__(
        self,
        rows: Sequence[tuple[Any, ...]],
        asking: Iterable[int],
        queues: Mapping[int, WorkQueue],
    ) -> None:
        self.queues = queues
        self.named = _named(rows, set(asking))
        wanted = {queues[row[1]].folder_id for row in rows if row[0] in self.named}
        gates = list(Gate.objects.filter(folder_id__in=wanted)) if wanted else []
        self._by_id = {gate.pk: gate for gate in gates}
        self._by_key = {(gate.folder_id, gate.key): gate for gate in gates}
        self.judged: list[Judged] = []

    def judge(self, row: tuple[Any, ...], result: Result) -> tuple[Result, bool]:
        """Return the result with what belongs to it, and whether a person must look first.

        Raises InvalidError when what it says about readings can't be used.
        """
        item_id, queue_id, _token, attempt = row[:4]
        if item_id not in self.named or result.predictions is None:
            return result, False
        readings = engine.parse_readings(result.predictions)
        output = engine.completed(result.output, readings)
        queue = self.queues[queue_id]
        judged = Judged(
            result=result if output is None else replace(result, output=output),
            queue=queue,
            attempt=attempt,
            readings=readings,
        )
        judged = self._with_gate(judged, self.named[item_id])
        self.judged.append(judged)
        return judged.result, judged.is_doubtful

    def _with_gate(self, judged: Judged, key: str) -> Judged:
        gate = self._gate_of(judged.queue, key)
        if gate is None:
            return _without_gate(judged, key) if key else judged
        if not gate.is_on:
            return judged
        verdict = engine.evaluate(
            engine.read_thresholds(gate.thresholds),
            judged.readings,
            sample_share=gate.sample_share,
            draw=engine.draw_of(gate.pk, judged.result.id, judged.attempt),
        )
        result = judged.result
        if verdict.goes == "person":
            result = replace(result, message=doubts_in_words(verdict, gate))
        return replace(judged, gate=gate, verdict=verdict, result=result)

    def _gate_of(self, queue: WorkQueue, key: str) -> Gate | None:
        """The step's gate counts instead of the queue's."""
        if key:
            return self._by_key.get((queue.folder_id, key))
        return self._by_id.get(queue.gate_id) if queue.gate_id else None

    def keep(self) -> None:
        """Write down what was read, and tell which items are to be looked at once more."""
        Prediction.objects.bulk_create(
            [row for judged in self.judged for row in _rows(judged)],
            batch_size=ROWS_IN_A_STATEMENT,
        )
        sampled: list[Json] = [
            {"id": judged.result.id, "attempt": judged.attempt}
            for judged in self.judged
            if judged.verdict is not None and judged.verdict.goes == "sampled"
        ]
        if sampled:
            announce("work_item.sampled", {"items": sampled})


def doubts_in_words(verdict: engine.GateVerdict, gate: Gate) -> str:
    """Return the sentence for the person who will look: which fields, and how sure AI was."""
    said = [_doubt(each, gate) for each in verdict.doubtful]
    more = len(said) - MAX_NAMED
    if more > 0:
        said = [*said[:MAX_NAMED], _("and %(n)d more") % {"n": more}]
    return _("Please check %(fields)s.") % {"fields": ", ".join(said)}


def title_of_field(path: str, form: Any) -> str:
    """Return what the form calls a field, the path itself where it does not say.

    One in a list is told from its neighbours: “Lines 2 · Cost centre”.
    """
    here: Any = form
    rows: list[str] = []
    for name in path.split("."):
        if not isinstance(here, dict):
            return path
        is_row = name.isdecimal()
        if is_row and here.get("title"):
            rows.append(f"{here['title']} {int(name) + 1}")
        inner = here.get("items") if is_row else (here.get("properties") or {}).get(name)
        here = inner
    title = here.get("title") if isinstance(here, dict) else None
    return " · ".join([*rows, title]) if isinstance(title, str) and title else path


def _doubt(each: Any, gate: Gate) -> str:
    name = title_of_field(each.field, gate.form)
    if each.reading is None:
        return _("%(field)s (not read)") % {"field": name}
    return _("%(field)s (%(sure)d %% sure, %(wanted)d %% wanted)") % {
        "field": name,
        # never rounded up to what was wanted
        "sure": int(each.reading.confidence * 100),
        "wanted": round((each.threshold or 0) * 100),
    }


def _without_gate(judged: Judged, key: str) -> Judged:
    message = _("The step asks for the gate “%(key)s”, which is not there: nothing was checked.")
    return replace(judged, result=replace(judged.result, message=message % {"key": key}))


def _named(rows: Sequence[tuple[Any, ...]], asking: set[int]) -> dict[int, str]:
    """Return for each item that is asked about the key of its step's gate, "" for the queue's."""
    named = {}
    for row in rows:
        if row[0] in asking:
            own = orjson.loads(row[9]) if row[9] is not None else {}
            named[row[0]] = str(own.get("gate") or "")
    return named


def _rows(judged: Judged) -> Iterable[Prediction]:
    thresholds = {}
    went = Went.NO_GATE
    if judged.verdict is not None:
        thresholds = {each.field: each.threshold for each in judged.verdict.fields}
        went = WENT[judged.verdict.goes]
    for reading in judged.readings:
        yield Prediction(
            folder_id=judged.queue.folder_id,
            item_id=judged.result.id,
            attempt=judged.attempt,
            gate_id=judged.gate.pk if judged.gate else None,
            gate_version=judged.gate.version if judged.gate else 0,
            field=reading.field,
            value=reading.value,
            confidence=reading.confidence,
            threshold=thresholds.get(reading.field),
            went=went,
            source=reading.source,
            region=reading.region,
            model=reading.model,
            model_version=reading.model_version,
            prompt=reading.prompt,
            document_class=reading.document_class,
        )
