"""Goes through the rows of a file once: what each comes to, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem
from apps.queues.lifecycle.checking import payload_problems, problems_of
from apps.queues.lifecycle.left_out import why_left_out
from apps.queues.lifecycle.places import WAITING
from apps.queues.lifecycle.updating import updated_payload
from apps.queues.models import (
    ItemReference,
    Ready,
    Scheduled,
    Upload,
    UploadRow,
    WorkItem,
    WorkQueue,
)

from .reading import RawRow
from .rows import Builder, Built, Problem
from .templates import Example

ROWS_AT_ONCE: Final = 1_000
Unique = WorkQueue.UniqueReference
Verdict = UploadRow.Verdict

_COPY: Final = """
copy queues_uploadrow (upload_id, number, cells, verdict, problems) from stdin
"""


@dataclass
class Counts:
    """How many rows there are, and how many of them come to what."""

    rows: int = 0
    by_verdict: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: str) -> None:
        self.rows += 1
        self.by_verdict[verdict] = self.by_verdict.get(verdict, 0) + 1

    def values(self) -> dict[str, int]:
        return {
            "n_rows": self.rows,
            "n_updates": self.by_verdict.get(Verdict.UPDATE, 0),
            "n_known": self.by_verdict.get(Verdict.KNOWN, 0),
            "n_faulty": self.by_verdict.get(Verdict.FAULTY, 0),
        }


def write_rows(upload: Upload, rows: Iterable[RawRow]) -> Counts:
    """Check the rows and store each with its verdict, in the caller's transaction."""
    checker = Checker(upload)
    counts = Counts()
    going = iter(rows)
    while batch := list(islice(going, ROWS_AT_ONCE)):
        checked = list(checker.check(batch))
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for (number, cells), (verdict, problems) in zip(batch, checked, strict=True):
                counts.add(verdict)
                said = [problem.stored() for problem in problems]
                copy.write_row((upload.pk, number, _text(cells), verdict, _text(said or None)))
    return counts


class Checker:
    """Knows what the rows before said: a reference may stand in a file once."""

    def __init__(self, upload: Upload) -> None:
        self.queue = upload.queue
        self.builder = Builder.of(upload)
        self.example = Example(upload.queue)
        self.seen: dict[str, int] = {}

    def check(self, batch: Sequence[RawRow]) -> Iterator[tuple[str, list[Problem]]]:
        """Yield the verdict and the problems of each row."""
        built = [(number, self.builder.build(cells)) for number, cells in batch]
        known = self._known([each.new.reference for _number, each in built])
        for number, each in built:
            yield self._judged(number, each, known)

    def _judged(self, number: int, built: Built, known: "_Known") -> tuple[str, list[Problem]]:
        reference = built.new.reference if self.queue.unique_reference != Unique.OFF else ""
        item_id = known.ids.get(reference) if reference else None
        first = self.seen.setdefault(reference, number) if reference else number
        problems = [*built.problems]
        if first != number and self.queue.unique_reference != Unique.IGNORE:
            message = _("stands in row %(n)d, too") % {"n": first}
            problems.append(self._of("reference", message))
        # what can't be read at all is not missing as well
        unread = {problem.column for problem in built.problems} - {None}
        found = [self.builder.column_of(each) for each in self._faults(built, item_id, known)]
        problems += [each for each in found if each.column not in unread]
        if item_id is None:
            problems += built.problems_of_new()
        if self.example.is_same(built.new):
            problems.append(Problem(None, _("This is the example of the template.")))
        if problems:
            return Verdict.FAULTY, problems
        elif item_id is None and first == number:
            return Verdict.NEW, []
        else:
            is_update = self.queue.unique_reference == Unique.UPDATE
            return (Verdict.UPDATE if is_update else Verdict.KNOWN), []

    def _faults(self, built: Built, item_id: int | None, known: "_Known") -> list[FieldProblem]:
        """Return what is wrong with the row's item, or with the known one that it would change."""
        if item_id is None or self.queue.unique_reference != Unique.UPDATE:
            found = problems_of(self.queue, built.new)
            if item_id is not None and self.queue.unique_reference == Unique.REJECT:
                words = {"id": item_id}
                message = _("belongs to item %(id)d already") % words
                found.append(FieldProblem("reference", message))
            return found
        if item_id in known.reasons:
            return [FieldProblem("reference", known.reasons[item_id])]
        found = problems_of(self.queue, built.new, without_payload=True)
        payload = updated_payload(known.items[item_id], built.new, self.queue.payload_schema)
        return [*found, *payload_problems(self.queue, payload)]

    def _of(self, path: str, message: str) -> Problem:
        return self.builder.column_of(FieldProblem(path, message))

    def _known(self, references: Iterable[str]) -> "_Known":
        if self.queue.unique_reference == Unique.OFF:
            return _Known()
        named = {reference for reference in references if reference}
        rows = ItemReference.objects.filter(queue_id=self.queue.pk, reference__in=named)
        ids = dict(rows.values_list("reference", "item_id"))
        if self.queue.unique_reference != Unique.UPDATE:
            return _Known(ids)
        return _Known(ids, *_waiting(list(ids.values())))


@dataclass(frozen=True)
class _Known:
    """The items that references belong to; which of them can't be changed, and why."""

    ids: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[int, WorkItem] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)


def _waiting(ids: Sequence[int]) -> tuple[dict[int, WorkItem], dict[int, str]]:
    places: list[Any] = [Ready, Scheduled]
    waiting = {
        pk
        for place in places
        for pk in place.objects.filter(item_id__in=ids).values_list("item_id", flat=True)
    }
    others = [pk for pk in ids if pk not in waiting]
    reasons = why_left_out(others, WAITING) if others else {}
    message = _("belongs to item %(id)d, which does not wait any more: %(why)s")
    gone = _("it is not there any more")
    said = {
        pk: message % {"id": pk, "why": reasons[pk].reason.rstrip(".") if pk in reasons else gone}
        for pk in others
    }
    return WorkItem.objects.in_bulk(sorted(waiting)), said


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
