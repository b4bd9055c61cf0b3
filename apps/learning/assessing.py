"""What is known of a gate: its verdicts and what models read, brought to the pure calculations.

One object for one page: each question of it is asked of the database once; for a list of gates,
once for all of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias, TypeVar

from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.lib.clock import database_now
from apps.queues.engine.gates import Rules, general_field, read_thresholds
from apps.queues.models import Gate, Prediction

from .calibration import (
    Calibration,
    Drift,
    Look,
    Share,
    calibrate,
    drift_between,
    halves,
    share_of,
)
from .models import Verdict
from .thresholds import Document, Passing, Proposed, Reading, Workload, workload

VERDICTS_WITHIN = timedelta(days=365)
MOST_VERDICTS = 50_000
WORK_WITHIN = timedelta(days=30)
MOST_READINGS = 20_000
DAY_SECONDS = 86_400
# error rates that the curve of workload shows
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)


STREAMED = 2_000  # rows that are fetched at a time when all gates are asked about


class _Said(NamedTuple):
    """A verdict, as far as it matters here."""

    gate_id: int
    document_class: str
    field: str
    model: str
    model_version: str
    confidence: float
    is_right: bool
    weight: float
    decided_at: datetime


class _Read(NamedTuple):
    """A prediction, as far as it matters here."""

    gate_id: int
    document_class: str
    item_id: int
    attempt: int
    field: str
    confidence: float
    model: str
    model_version: str
    made_at: datetime


RowT = TypeVar("RowT", _Said, _Read)
Rows: TypeAlias = "QuerySet[Any, tuple[Any, ...]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldKey:
    """What is calibrated by itself: another version of a model is another model."""

    field: str
    model: str
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What verdicts tell of one field, as the newest version of its model reads it.

    `older`: how often versions before were right, the newest first. `drift`: against the version
    before, or, where there is none to compare with, of the later half against the earlier.
    """

    key: FieldKey
    looks: Sequence[Look]
    calibration: Calibration
    threshold: float | None
    passed: Share | None
    drift: Drift | None
    older: Sequence[tuple[FieldKey, Share]]


class Assessment:
    """What is known of `gate`; of documents of one class, if one is named."""

    def __init__(self, gate: Gate, *, document_class: str = "") -> None:
        self.gate = gate
        self.document_class = document_class
        self.rules: Rules = read_thresholds(gate.thresholds)

    @classmethod
    def of_all(cls, gates: Iterable[Gate]) -> "Iterator[Assessment]":
        """Yield what is known of each gate, by ascending id.

        Three statements, however many gates there are. The rows of one are held at a time.
        """
        ordered = sorted(gates, key=lambda gate: gate.pk)
        if not ordered:
            return
        now = database_now()
        said = _of_each(ordered, map(_Said._make, _together(map(_verdicts_of, ordered))))
        read = _of_each(ordered, map(_Read._make, _together(map(_readings_of, ordered))))
        for gate, verdicts, readings in zip(ordered, said, read, strict=True):
            known = cls(gate)
            known._said, known._read, known._now = verdicts, readings, now
            yield known

    @cached_property
    def fields(self) -> list[Known]:
        """All fields that verdicts or readings speak of, by name."""
        return [self._known(field, versions) for field, versions in sorted(self._versions.items())]

    @cached_property
    def classes(self) -> list[str]:
        """Document classes that occur, whatever class was asked for."""
        named = {row.document_class for row in self._read}
        named |= {row.document_class for row in self._said}
        return sorted((named | self.rules.classes.keys()) - {""})

    @cached_property
    def all_looks(self) -> list[Look]:
        return [look for known in self.fields for look in known.looks]

    @cached_property
    def passed(self) -> Share | None:
        """Return the error rate of all values that pass now; None where nobody looked at any."""
        passing = [
            look
            for known in self.fields
            for look in known.looks
            if known.threshold is None or look.confidence >= known.threshold
        ]
        return share_of(passing, lambda look: not look.is_right) if passing else None

    @cached_property
    def work_now(self) -> Workload:
        return self._workload(self.rules.threshold)

    @cached_property
    def newest_at(self) -> datetime | None:
        moments = [look.at for look in self.all_looks if look.at]
        return max(moments, default=None)

    def propose(self, wanted: float) -> dict[str, Proposed]:
        """Return what each field's threshold would be for a wanted error rate."""
        return {field: passing.propose(wanted) for field, passing in self._passing.items()}

    def work_at(self, proposed: Mapping[str, Proposed]) -> Workload:
        """Return the work if these were adopted; fields without a proposal keep what they have."""
        return self._workload(self.threshold_with(proposed))

    def threshold_with(
        self, proposed: Mapping[str, Proposed]
    ) -> Callable[[str, str], float | None]:
        def threshold_of(field: str, document_class: str) -> float | None:
            found = proposed.get(general_field(field))
            if found is None or found.threshold is None or not is_meant(field, document_class):
                return self.rules.threshold(field, document_class)
            return found.threshold

        def is_meant(field: str, document_class: str) -> bool:
            """What was set for one class stays, unless that class is what this is about."""
            if self.document_class:
                return document_class == self.document_class
            return general_field(field) not in self.rules.classes.get(document_class, {})

        return threshold_of

    def curve(self) -> list[tuple[float, Workload]]:
        """Return the work for each of RATES.

        Only rates at which all those fields have a proposal that have one at the loosest rate; the
        others keep their thresholds at every rate.
        """
        wanted = _with_threshold(self.propose(RATES[-1]))
        points = []
        for rate in RATES:
            proposed = self.propose(rate)
            if wanted and wanted <= _with_threshold(proposed):
                points.append((rate, self.work_at(proposed)))
        return points

    @cached_property
    def _passing(self) -> dict[str, Passing]:
        return {known.key.field: Passing(known.looks) for known in self.fields}

    def _known(self, field: str, versions: Sequence[FieldKey]) -> Known:
        newest, *before = versions
        looks = self._looks[newest]
        threshold = self.rules.threshold(field, self.document_class)
        older = [(key, self._looks[key]) for key in before if self._looks[key]]
        passing = [each for each in looks if threshold is None or each.confidence >= threshold]
        drift = drift_between(older[0][1], looks) if older else None
        return Known(
            key=newest,
            looks=looks,
            calibration=calibrate(looks),
            threshold=threshold,
            passed=share_of(passing, lambda look: not look.is_right) if passing else None,
            drift=drift or drift_between(*halves(looks)),
            older=[(key, share_of(each, lambda look: look.is_right)) for key, each in older],
        )

    @cached_property
    def _versions(self) -> dict[str, list[FieldKey]]:
        """Return each field's models, the one that read last first."""
        latest: dict[FieldKey, datetime] = dict(self._last_read)
        for key, looks in self._looks.items():
            at = max(look.at for look in looks if look.at)
            latest[key] = max(at, latest.get(key, at))
        found: dict[str, list[FieldKey]] = defaultdict(list)
        for key in sorted(latest, key=lambda key: latest[key], reverse=True):
            found[key.field].append(key)
        return dict(found)

    @cached_property
    def _looks(self) -> dict[FieldKey, list[Look]]:
        found: dict[FieldKey, list[Look]] = defaultdict(list)
        for row in self._said:
            if self.document_class in ("", row.document_class):
                key = FieldKey(field=row.field, model=row.model, model_version=row.model_version)
                look = Look(
                    confidence=row.confidence,
                    is_right=row.is_right,
                    weight=row.weight,
                    at=row.decided_at,
                )
                found[key].append(look)
        return found

    @cached_property
    def _said(self) -> list[_Said]:
        return list(map(_Said._make, _verdicts_of(self.gate)))

    @cached_property
    def _last_read(self) -> dict[FieldKey, datetime]:
        found: dict[FieldKey, datetime] = {}
        for row in self._read:
            key = FieldKey(
                field=general_field(row.field), model=row.model, model_version=row.model_version
            )
            found[key] = max(row.made_at, found.get(key, row.made_at))
        return found

    @cached_property
    def _read(self) -> list[_Read]:
        """Return what models read last: enough to know the workload, whatever there is."""
        return list(map(_Read._make, _readings_of(self.gate)))

    @cached_property
    def _now(self) -> datetime:
        return database_now()

    @cached_property
    def _documents(self) -> list[Document]:
        found: dict[tuple[int, int], Document] = {}
        for row in self._read:
            if self.document_class in ("", row.document_class):
                empty = Document(row.document_class, [])
                document = found.setdefault((row.item_id, row.attempt), empty)
                document.readings.append(Reading(row.field, row.confidence))
        return list(found.values())

    @cached_property
    def _days(self) -> float:
        """Return over how many days the documents came; at least one, so that nothing explodes."""
        if not self._read:
            return 1.0
        first = min(row.made_at for row in self._read)
        return max(1.0, (self._now - first).total_seconds() / DAY_SECONDS)

    def _workload(self, threshold: Callable[[str, str], float | None]) -> Workload:
        return workload(
            self._documents,
            lambda document_class, field: threshold(field, document_class),
            sample_share=self.gate.sample_share,
            days=self._days,
        )


def _verdicts_of(gate: Gate) -> Rows:
    counted = Verdict.objects.filter(
        gate=gate, kind__in=Verdict.COUNTED, decided_at__gt=Now() - VERDICTS_WITHIN
    )
    return counted.order_by("-decided_at").values_list(*_Said._fields)[:MOST_VERDICTS]


def _readings_of(gate: Gate) -> Rows:
    lately = Prediction.objects.filter(gate_id=gate.pk, made_at__gt=Now() - WORK_WITHIN)
    return lately.order_by("-id").values_list(*_Read._fields)[:MOST_READINGS]


def _together(queries: Iterable[Rows]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of all in one statement, in the order of gates; each keeps its limit."""
    first, *others = queries
    rows = first.union(*others, all=True).order_by("gate_id") if others else first
    return rows.iterator(chunk_size=STREAMED)


def _of_each(gates: Iterable[Gate], rows: Iterator[RowT]) -> Iterator[list[RowT]]:
    """Yield the rows of each gate, [] where it has none; both come by ascending gate."""
    grouped = groupby(rows, key=lambda row: row.gate_id)
    gate_id, group = next(grouped, (None, iter(())))
    for gate in gates:
        if gate.pk != gate_id:
            yield []
            continue
        yield list(group)
        gate_id, group = next(grouped, (None, iter(())))


def _with_threshold(proposed: Mapping[str, Proposed]) -> set[str]:
    return {field for field, each in proposed.items() if each.threshold is not None}
