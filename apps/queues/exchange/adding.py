"""Rows become items: chunks of an operation, each in the transaction that writes its results.

A row is added once: its number of the item is written by the transaction that adds the item, and
a row that has one is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem
from apps.operations.kinds import Chunk, Result, did, failed, skipped
from apps.queues.lifecycle import Added, NewItem, add_items
from apps.queues.lifecycle.many import cancel_items
from apps.queues.models import Upload, UploadRow, WorkItem, WorkQueue

from .rows import Builder, Problem

Verdict = UploadRow.Verdict
DONE: Final = "done"

# Believed only if it changes every one of them: a row that has an item is no row to add
_NOTE: Final = """
update queues_uploadrow r
   set item_id = g.item_id, verdict = g.verdict, problems = g.problems::jsonb
  from unnest(%(ids)s::bigint[], %(items)s::bigint[], %(verdicts)s::text[], %(problems)s::text[])
    as g (id, item_id, verdict, problems)
 where r.id = g.id and r.item_id is null
"""


class _FaultyError(Exception):
    """One of the rows can't be added, so none is."""

    def __init__(self, outcome: "_Outcome") -> None:
        self.outcome = outcome


class _Outcome:
    """What became of some rows: their results, and what is noted of them."""

    def __init__(self) -> None:
        self.results: dict[int, Result] = {}
        self.noted: dict[int, tuple[int | None, str, str | None]] = {}
        self.first = ""

    def fail(self, row: UploadRow, problems: Sequence[Problem]) -> None:
        text = "; ".join(_sentence(row.upload, problem) for problem in problems)
        self.first = self.first or _("Row %(n)d: %(why)s") % {"n": row.number, "why": text}
        self.results[row.pk] = failed(text)
        said = orjson.dumps([problem.stored() for problem in problems]).decode()
        self.noted[row.pk] = (None, Verdict.FAULTY.value, said)

    def take(self, row: UploadRow, item_id: int, added: Added) -> None:
        verdict = Verdict.NEW
        result = did({"item": item_id})
        if item_id in added.updated:
            verdict, result = Verdict.UPDATE, did()
        elif item_id in added.known:
            message = _("Its reference belongs to item %(id)d already.")
            verdict, result = Verdict.KNOWN, skipped(message % {"id": item_id})
        self.results[row.pk] = result
        self.noted[row.pk] = (item_id, verdict.value, None)

    def write(self) -> None:
        if not self.noted:
            return
        columns = list(zip(*self.noted.values(), strict=True))
        values = {
            "ids": list(self.noted),
            "items": list(columns[0]),
            "verdicts": list(columns[1]),
            "problems": list(columns[2]),
        }
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, values)
            if cursor.rowcount != len(self.noted):
                raise RuntimeError("rows of the chunk had an item already")


def add_rows(chunk: Chunk) -> Mapping[int, Result]:
    """Add the items of these rows; those that can't be are failed, with the reason."""
    found = UploadRow.objects.filter(pk__in=chunk.ids).select_related("upload__queue")
    rows = list(found.order_by("upload_id", "number"))
    results: dict[int, Result] = {}
    for upload_id in {row.upload_id for row in rows}:
        outcome = _add([row for row in rows if row.upload_id == upload_id], chunk)
        outcome.write()
        results |= outcome.results
    return results


def add_whole(chunk: Chunk) -> Mapping[int, Result]:
    """Add all rows of these uploads, or none of an upload's."""
    return {pk: _add_whole(pk, chunk) for pk in chunk.ids}


def take_rows_back(chunk: Chunk) -> Mapping[int, Result]:
    """Cancel the items that these rows had become, where they still wait."""
    items = {
        pk: int(str(before["item"])) for pk, before in chunk.before.items() if "item" in before
    }
    cancelled = _cancel(list(items.values()), chunk)
    changed = skipped(_("It had changed an item that was there before; see its history."))
    gone = skipped(_("It is not there any more."))
    return {pk: cancelled.get(items[pk], gone) if pk in items else changed for pk in chunk.ids}


def take_whole_back(chunk: Chunk) -> Mapping[int, Result]:
    """Cancel what these uploads have added, where it still waits."""
    results = {}
    for pk in chunk.ids:
        rows = UploadRow.objects.filter(upload_id=pk, verdict=Verdict.NEW, item_id__isnull=False)
        ids = [item_id for item_id in rows.values_list("item_id", flat=True) if item_id]
        found = _cancel(ids, chunk)
        n = sum(result.status == DONE for result in found.values())
        words = {"n": n, "left": len(found) - n}
        said = _("%(n)d cancelled; %(left)d had moved on and were left.") % words
        results[pk] = Result(did().status, said) if n else skipped(said)
    return results


def _add(rows: Sequence[UploadRow], chunk: Chunk) -> _Outcome:
    outcome = _Outcome()
    builder = Builder.of(rows[0].upload)
    fresh: list[UploadRow] = []
    news: list[NewItem] = []
    for row in rows:
        built = builder.build(row.cells)
        if row.item_id is not None:
            message = _("It was added before, as item %(id)d.")
            outcome.results[row.pk] = skipped(message % {"id": row.item_id})
        elif built.problems:
            outcome.fail(row, built.problems)
        else:
            fresh.append(row)
            news.append(built.new)
    if fresh:
        _add_items(builder, fresh, news, outcome, chunk)
    return outcome


def _add_items(
    builder: Builder,
    rows: Sequence[UploadRow],
    news: Sequence[NewItem],
    outcome: _Outcome,
    chunk: Chunk,
) -> None:
    queue: WorkQueue = builder.queue
    added = add_items(
        queue,
        news,
        origin=WorkItem.Origin.UPLOAD,
        by=chunk.actor,
        all_or_nothing=False,
        operation_id=chunk.operation_id,
    )
    rejected = {each.index: each for each in added.rejected}
    ids = iter(added.ids)
    for index, row in enumerate(rows):
        if index in rejected:
            fields = rejected[index].fields or [FieldProblem("", rejected[index].error)]
            outcome.fail(row, [builder.column_of(field) for field in fields])
        else:
            outcome.take(row, next(ids), added)


def _add_whole(upload_id: int, chunk: Chunk) -> Result:
    rows = UploadRow.objects.filter(upload_id=upload_id).select_related("upload__queue")
    try:
        with transaction.atomic():
            outcome = _add(list(rows.order_by("number")), chunk)
            if outcome.first:
                raise _FaultyError(outcome)
            outcome.write()
    except _FaultyError as error:
        # the rows say what is wrong with them; those that were fine are as they were
        error.outcome.noted = {
            pk: noted for pk, noted in error.outcome.noted.items() if noted[0] is None
        }
        error.outcome.write()
        return failed(_("Nothing was added. %(first)s") % {"first": error.outcome.first})
    return did()


def _cancel(ids: Sequence[int], chunk: Chunk) -> Mapping[int, Result]:
    reason = chunk.reason or _("The upload was taken back.")
    inner = Chunk(
        ids=sorted(set(ids)),
        arguments={},
        actor=chunk.actor,
        reason=reason,
        operation_id=chunk.operation_id,
    )
    return cancel_items(inner)


def _sentence(upload: Upload, problem: Problem) -> str:
    """Return the problem with the name that its column has in the file."""
    header = upload.found.get("header", [])
    is_named = problem.column is not None and problem.column < len(header)
    name = header[problem.column] if is_named else ""
    return f"{name}: {problem.message}" if name else problem.message
