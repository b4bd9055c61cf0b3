"""Rows become items: once each, whoever is killed when; and can be taken back."""

from threading import Event
from typing import Any

import pytest
from django.db import transaction

from apps.events import models as events
from apps.lib.errors import ConflictError, InvalidError, TooLargeError
from apps.operations import lifecycle as operations
from apps.operations.lifecycle import working
from apps.operations.models import Operation, OperationEntry
from apps.operations.presenting import labels_of
from apps.queues.checks import item_faults
from apps.queues.exchange import adding, lifecycle
from apps.queues.lifecycle import lease_items
from apps.queues.models import ItemReference, Upload, UploadRow, WorkItem, WorkQueue
from apps.queues.upkeep import prune_uploads, read_uploads
from tests.concurrency.racing import PATIENCE_SECONDS, race, until_waiting
from tests.factories_queues import ANNA, make_items, make_queue
from tests.queues.exchange.uploads import SCHEMA, confirmed, faults, make_upload, payloads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def queue() -> WorkQueue:
    return make_queue(payload_schema=SCHEMA, unique_reference="reject")


def rows(n: int, *, start: int = 1) -> str:
    lines = (f"R-{i},I-{i},{i}" for i in range(start, start + n))
    return "\n".join(["reference,invoice,total", *lines])


def results(operation: Operation) -> list[tuple[str, str]]:
    entries = OperationEntry.objects.filter(operation_id=operation.pk).order_by("target_id")
    return list(entries.values_list("status", "reason"))


def test_good_rows_are_added_and_faulty_ones_left_out(queue: WorkQueue) -> None:
    upload = make_upload(queue, rows(3) + "\nR-9,I-9,x\n")

    operation = confirmed(upload)

    assert (operation.status, operation.total, operation.done) == ("done", 3, 3)
    assert payloads(queue) == [{"invoice": f"I-{i}", "total": i} for i in (1, 2, 3)]
    items = WorkItem.objects.order_by("pk")
    assert {(item.origin, item.added_by) for item in items} == {("upload", "Anna")}
    noted = upload.rows.filter(item_id__isnull=False).order_by("number")
    assert list(noted.values_list("item_id", flat=True)) == [item.pk for item in items]
    event = events.Event.objects.get(kind="queue.upload_confirmed")
    assert (event.subject_id, event.data["rows"], event.data["operation"]) == (
        queue.pk, 3, operation.pk,
    )  # fmt: skip
    entries = list(OperationEntry.objects.filter(operation_id=operation.pk).order_by("target_id"))
    assert [label.title for label in labels_of(operation, entries).values()][0] == "Row 2: R-1"
    assert not item_faults().faults
    with pytest.raises(ConflictError, match="Confirmed"):
        lifecycle.confirm(upload, mode="good", by=ANNA)


def test_many_rows_are_added_in_chunks_and_none_twice_when_one_is_cut_off(
    queue: WorkQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = make_upload(queue, rows(1_200))
    lifecycle.confirm(upload, mode="good", by=ANNA)
    operation = Operation.objects.get()
    pk, token = working.claim()
    assert pk == operation.pk
    working._prepare_if_new(pk, token)
    working.do_chunk(pk, token)
    write, n_written = adding._Outcome.write, []

    def cut_off(outcome: Any) -> None:
        write(outcome)
        n_written.append(WorkItem.objects.count())
        raise KeyboardInterrupt

    # dies after the items of the second chunk are in, before anything is committed
    monkeypatch.setattr(adding._Outcome, "write", cut_off)
    with pytest.raises(KeyboardInterrupt):
        working.do_chunk(pk, token)
    assert n_written == [1_000]
    assert WorkItem.objects.count() == 500
    monkeypatch.undo()
    Operation.objects.update(held_until=None, token=None)

    operations.work()

    operation.refresh_from_db()
    assert (operation.status, operation.done, operation.failed) == ("done", 1_200, 0)
    assert WorkItem.objects.count() == ItemReference.objects.count() == 1_200
    assert len(set(upload.rows.values_list("item_id", flat=True))) == 1_200
    assert not item_faults().faults


def test_a_row_that_has_its_item_is_never_added_again(queue: WorkQueue) -> None:
    upload = make_upload(queue, rows(2))
    first = confirmed(upload)
    again = Operation.objects.create(
        folder=queue.folder, kind=first.kind, filter=first.filter, bound=first.bound,
        actor_name="Anna",
    )  # fmt: skip

    operations.work()

    again.refresh_from_db()
    assert (again.skipped, WorkItem.objects.count()) == (2, 2)
    assert "added before" in results(again)[0][1]


def test_what_became_known_since_the_preview_is_failed_and_told_with_its_row(queue) -> None:
    upload = make_upload(queue, rows(3))
    (known,) = make_items(queue, 1, reference="R-2", payload={"invoice": "x", "total": 1})

    operation = confirmed(upload)

    assert (operation.done, operation.failed) == (2, 1)
    assert faults(upload) == {3: [(0, f"belongs to item {known} already")]}
    assert results(operation)[1] == ("failed", f"reference: belongs to item {known} already")


def test_all_or_nothing_adds_all_or_says_why_none(queue: WorkQueue) -> None:
    good, late = make_upload(queue, rows(600)), make_upload(queue, rows(600, start=601))
    assert confirmed(good, "all").done == 1
    assert WorkItem.objects.count() == 600
    make_items(queue, 1, reference="R-700", payload={"invoice": "x", "total": 1})

    operation = confirmed(late, "all")

    assert (operation.done, operation.failed) == (0, 1)
    ((status, reason),) = results(operation)
    assert (status, "Row 101" in reason, "Nothing was added" in reason) == ("failed", True, True)
    assert WorkItem.objects.count() == 601
    assert list(faults(late)) == [101]
    assert not late.rows.filter(item_id__isnull=False).exists()


def test_updates_change_what_waits_and_the_history_names_the_operation(queue: WorkQueue) -> None:
    queue.unique_reference = "update"
    queue.save()
    whole = {"invoice": "x", "total": 1, "iban": "DE02"}
    waiting, taken = (make_items(queue, 1, reference=f"R-{i}", payload=whole)[0] for i in (1, 2))
    upload = make_upload(queue, "reference,total,iban,invoice\nR-1,5,•••,\nR-2,6,,\nR-3,7,,new\n")
    assert (upload.n_updates, upload.n_new) == (2, 1)
    lease_items(queue.pk, n=2, bot="bot-1")
    from apps.queues.models import Lease

    Lease.objects.exclude(item_id=taken)
    from apps.queues.lifecycle import Result, finish_items

    lease = Lease.objects.get(item_id=waiting)
    finish_items([Result(waiting, lease.token, "released")])

    operation = confirmed(upload)

    assert (operation.done, operation.failed) == (2, 1)
    changed = WorkItem.objects.get(pk=waiting).payload
    assert changed == {"n": 0, "invoice": "x", "total": 5, "iban": "DE02"}
    assert WorkItem.objects.get(pk=taken).payload["total"] == 1
    assert "bot-1 was working on it" in results(operation)[1][1]
    event = events.Event.objects.get(kind="work_item.edited", subject_id=waiting)
    assert event.data["operation"] == operation.pk
    assert not item_faults().faults


@pytest.mark.parametrize("mode", ["good", "all"])
def test_an_upload_is_taken_back_as_far_as_its_items_still_wait(queue, mode: str) -> None:
    upload = make_upload(queue, rows(4))
    operation = confirmed(upload, mode)
    lease_items(queue.pk, n=1, bot="bot-1")

    back = operations.undo(operation, by=ANNA)
    operations.work()

    back.refresh_from_db()
    statuses = sorted(WorkItem.objects.with_status().values_list("status", flat=True))
    assert statuses == ["cancelled", "cancelled", "cancelled", "in_progress"]
    assert (back.status, back.done) == ("done", 3 if mode == "good" else 1)
    assert not item_faults().faults


# --- files that come, go and are read


def test_large_files_are_read_by_the_worker_and_may_be_confirmed_then(
    queue: WorkQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "READ_AT_ONCE_BYTES", 10)
    upload = make_upload(queue, rows(3))
    then = make_upload(queue, rows(3, start=4), then="good")
    assert (upload.status, upload.n_rows) == ("reading", 0)

    assert read_uploads() == 2

    upload.refresh_from_db()
    then.refresh_from_db()
    assert (upload.status, upload.n_new) == ("ready", 3)
    assert (then.status, then.operation is not None) == ("confirmed", True)


def test_a_file_that_kills_its_reader_is_given_up(queue: WorkQueue, monkeypatch) -> None:
    monkeypatch.setattr(lifecycle, "READ_AT_ONCE_BYTES", 10)
    upload = make_upload(queue, rows(3))

    def die(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lifecycle, "_read", die)
    for _try in range(lifecycle.MAX_TRIES):
        with pytest.raises(KeyboardInterrupt):
            read_uploads()

    assert read_uploads() == 1
    upload.refresh_from_db()
    assert (upload.status, upload.file.name, upload.rows.count()) == ("refused", "", 0)


def test_a_file_that_is_no_table_is_kept_nowhere(
    queue, tmp_path, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        refused = make_upload(queue, "invoice,total\n" + "I-1,1\n" * 600 + '"never closed\n')

    assert (refused.status, UploadRow.objects.count()) == ("refused", 0)
    assert "Row 602" in refused.problem
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_empty_and_too_large_files_are_refused(queue: WorkQueue, settings: Any) -> None:
    with pytest.raises(InvalidError, match="empty"):
        make_upload(queue, "")
    settings.MAX_FILE_BYTES = 10
    with pytest.raises(TooLargeError):
        make_upload(queue, rows(3))
    assert not Upload.objects.exists()


def test_what_is_discarded_or_old_is_forgotten_with_its_rows_and_its_file(
    queue, tmp_path, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        gone, old, fresh = (make_upload(queue, rows(2)) for _n in range(3))
        lifecycle.discard(gone, by=ANNA)
        Upload.objects.filter(pk=old.pk).update(asked_at="2020-01-01T00:00:00Z")
        assert prune_uploads() == 1

    statuses = dict(Upload.objects.values_list("pk", "status"))
    assert statuses == {gone.pk: "discarded", old.pk: "discarded", fresh.pk: "ready"}
    assert set(UploadRow.objects.values_list("upload_id", flat=True)) == {fresh.pk}
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    with pytest.raises(ConflictError):
        lifecycle.discard(gone, by=ANNA)


@pytest.mark.django_db(transaction=True)
def test_what_is_confirmed_while_it_is_to_be_forgotten_keeps_its_rows(queue: WorkQueue) -> None:
    upload = make_upload(queue, rows(2))
    Upload.objects.filter(pk=upload.pk).update(asked_at="2020-01-01T00:00:00Z")
    is_held = Event()

    def confirm() -> int:
        with transaction.atomic():
            lifecycle.confirm(upload, mode="good", by=ANNA)
            is_held.set()
            until_waiting(1)
        return 0

    def prune() -> int:
        is_held.wait(PATIENCE_SECONDS)
        return prune_uploads()

    assert race(confirm, prune) == [0, 0]
    assert upload.rows.count() == 2
