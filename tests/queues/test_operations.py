"""Bulk actions on items: each does to many what its verb does to one."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import Folder
from apps.events.models import Event, Outbox
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.operations import kinds, lifecycle
from apps.operations.kinds import Bound
from apps.operations.models import Operation, OperationEntry
from apps.queues.checks import item_faults
from apps.queues.counts import counts_of
from apps.queues.item_presenting import history_of_item
from apps.queues.lifecycle import NewItem, Result, add_items, finish_items, hold_item, lease_items
from apps.queues.models import Attempt, Effect, Ended, Owned, Parked, Ready, Scheduled, WorkItem
from tests.factories_queues import ANNA, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db


def fail(queue: Any, n: int, *, code: str = "boom") -> list[int]:
    """Have `n` of the queue's items fail for good."""
    leased = lease_items(queue.pk, n=n, bot="bot-1")
    results = [
        Result(each.id, each.token, "application_exception", code=code, message="It broke.")
        for each in leased
    ]
    finish_items(results)
    return sorted(each.id for each in leased)


def failing_queue(**values: Any) -> Any:
    return make_queue(max_attempts=1, on_exhausted="fail", **values)


def run(kind: str, folder: Folder, wanted: Any, **arguments: Any) -> Operation:
    reason = arguments.pop("reason", "because")
    operation = lifecycle.start(
        kind, folder, wanted, arguments, ANNA, typed_number=10_000, reason=reason
    )
    lifecycle.work()
    operation.refresh_from_db()
    return operation


def undo(operation: Operation) -> Operation:
    back = lifecycle.undo(operation, by=ANNA)
    lifecycle.work()
    back.refresh_from_db()
    return back


def reasons(operation: Operation) -> dict[int, str]:
    found = OperationEntry.objects.filter(operation_id=operation.pk, status="skipped")
    return dict(found.values_list("target_id", "reason"))


def counts(queue: Any) -> dict[str, int]:
    return {name: n for name, n in counts_of([queue.pk])[queue.pk].by_status.items() if n}


def test_what_failed_is_worked_again_with_fresh_tries() -> None:
    queue = failing_queue()
    make_items(queue, 7)
    failed = fail(queue, 5)

    operation = run("items.retry", queue.folder, {"queue": queue.pk, "status": "failed"})

    assert (operation.total, operation.done, operation.status) == (5, 5, "done")
    assert counts(queue) == {"new": 7}
    assert {row.tries for row in Ready.objects.filter(item_id__in=failed)} == {0}
    assert {row.attempt for row in Ready.objects.filter(item_id__in=failed)} == {2}
    events = Event.objects.filter(kind="work_item.reopened", subject_id__in=failed)
    assert {each.data["operation"] for each in events} == {operation.pk}
    assert len(events) == 5
    assert not item_faults().faults


def test_a_retry_without_a_status_means_all_that_can_be_retried() -> None:
    queue = failing_queue()
    ids = make_items(queue, 6)
    fail(queue, 2)
    held = next(pk for pk in ids if status_of(pk) == "new")
    hold_item(held, by=ANNA, reason="wait")
    folder = queue.folder
    kind = kinds.get("items.retry")
    bound = Bound(database_now(), kind.newest())
    parts = kind.preview([folder.pk], {"queue": queue.pk}, bound)
    assert {part.status: part.n for part in parts} == {"failed": 2, "on_hold": 1}

    operation = run("items.retry", folder, {"queue": queue.pk})

    assert (operation.total, operation.done) == (3, 3)
    assert counts(queue) == {"new": 6}


def test_what_waits_for_its_next_try_is_tried_at_once() -> None:
    queue = make_queue(max_attempts=3, retry_delay_seconds=3600)
    make_items(queue, 2)
    ids = fail(queue, 2)
    assert Scheduled.objects.filter(item_id__in=ids).count() == 2
    run("items.retry", queue.folder, {"ids": ids})
    assert Ready.objects.filter(item_id__in=ids).count() == 2


def test_tasks_of_what_is_retried_are_closed() -> None:
    queue = make_queue(max_attempts=1, on_exhausted="inbox")
    make_items(queue, 2)
    ids = fail(queue, 2)
    Outbox.objects.all().delete()
    run("items.retry", queue.folder, {"queue": queue.pk, "status": "needs_decision"})
    told = Outbox.objects.filter(kind="work_item.retried")
    assert [row.data for row in told] == [{"ids": ids}]


def test_what_moved_on_meanwhile_is_left_out_with_the_reason() -> None:
    queue = failing_queue()
    ids = make_items(queue, 4)
    failed = fail(queue, 4)
    assert failed == ids
    Effect.objects.create(item_id=ids[0], key="pay", attempt=1)
    Owned.objects.create(item_id=ids[1], owner_id=7, token=1)
    operation = lifecycle.start(
        "items.retry", queue.folder, {"queue": queue.pk, "status": "failed"}, {}, ANNA
    )
    from apps.queues.lifecycle import complete_by_hand

    complete_by_hand(ids[2], by=ANNA, reference="done by phone")
    lifecycle.work()
    operation.refresh_from_db()

    # done by hand before the targets were written down: it never was one
    assert (operation.total, operation.done, operation.skipped) == (3, 1, 2)
    said = reasons(operation)
    assert "pay" in said[ids[0]]
    assert "instance" in said[ids[1]]
    assert Ended.objects.filter(item_id__in=ids[:3]).count() == 3


def test_leased_items_are_left_to_who_works_them() -> None:
    queue = make_queue()
    ids = make_items(queue, 2)
    operation = lifecycle.start("items.hold", queue.folder, {"ids": ids}, {}, ANNA, reason="stop")
    from apps.operations.lifecycle import working

    pk, token = working.claim()
    assert pk is not None
    working._prepare_if_new(pk, token)
    leased = lease_items(queue.pk, n=1, bot="bot-9")[0].id
    working.do_chunk(pk, token)
    working.do_chunk(pk, token)
    operation.refresh_from_db()
    assert (operation.done, operation.skipped) == (1, 1)
    assert reasons(operation) == {leased: "bot-9 was working on it."}


def test_priorities_are_set_and_given_back() -> None:
    queue = make_queue()
    low = make_items(queue, 2, priority=10)
    high = make_items(queue, 1, priority=90)
    hold_item(low[1], by=ANNA, reason="wait")
    since = Parked.objects.get(item_id=low[1]).since

    operation = run("items.priority", queue.folder, {"queue": queue.pk}, priority=70)

    assert set(WorkItem.objects.filter(queue=queue).values_list("priority", flat=True)) == {70}
    assert Parked.objects.get(item_id=low[1]).since == since
    assert Parked.objects.get(item_id=low[1]).message == "wait"
    event = Event.objects.get(kind="work_item.edited", subject_id=low[0])
    assert event.data["changes"] == {"priority": {"before": 10, "after": 70}}

    back = undo(operation)
    assert back.done == 3
    priorities = dict(WorkItem.objects.values_list("pk", "priority"))
    assert (priorities[low[0]], priorities[low[1]], priorities[high[0]]) == (10, 10, 90)
    assert not item_faults().faults


def test_a_priority_changes_the_order() -> None:
    queue = make_queue()
    first, second = make_items(queue, 2)
    run("items.priority", queue.folder, {"ids": [second]}, priority=100)
    assert lease_items(queue.pk, n=1, bot="b")[0].id == second
    assert first


def test_what_is_postponed_waits_and_can_be_called_back() -> None:
    queue = make_queue(retry_delay_seconds=3600)
    ready, tried = make_items(queue, 2)
    leased = {each.id: each for each in lease_items(queue.pk, n=2, bot="b")}
    finish_items([Result(tried, leased[tried].token, "application_exception", message="x")])
    finish_items([Result(ready, leased[ready].token, "released")])
    own = Scheduled.objects.get(item_id=tried).available_at
    later = database_now() + timedelta(days=1)

    operation = run(
        "items.postpone", queue.folder, {"queue": queue.pk}, available_at=later.isoformat()
    )

    times = dict(Scheduled.objects.values_list("item_id", "available_at"))
    assert times == {ready: later, tried: later}

    undo(operation)
    assert Ready.objects.filter(item_id=ready).exists()
    row = Scheduled.objects.get(item_id=tried)
    assert (row.available_at, row.why) == (own, "retry")
    assert set(WorkItem.objects.values_list("available_at", flat=True)) == {None}
    assert not item_faults().faults


def test_what_is_held_is_released_to_where_it_was() -> None:
    queue = make_queue()
    later = database_now() + timedelta(days=1)
    (now_,) = make_items(queue, 1)
    (deferred,) = make_items(queue, 1, available_at=later)

    operation = run("items.hold", queue.folder, {"queue": queue.pk}, reason="audit")
    assert counts(queue) == {"on_hold": 2}
    assert Parked.objects.get(item_id=now_).message == "audit"

    undo(operation)
    assert Ready.objects.filter(item_id=now_).exists()
    assert Scheduled.objects.get(item_id=deferred).available_at == later


def test_what_is_cancelled_can_be_put_back_to_where_it_was() -> None:
    queue = make_queue(max_attempts=1, on_exhausted="inbox")
    make_items(queue, 4)
    (asked,) = fail(queue, 1)
    waiting = [pk for pk in WorkItem.objects.values_list("pk", flat=True) if pk != asked]
    hold_item(waiting[0], by=ANNA, reason="mine")
    Outbox.objects.all().delete()

    operation = run("items.cancel", queue.folder, {"queue": queue.pk}, reason="wrong file")

    assert counts(queue) == {"cancelled": 4}
    assert Ended.objects.get(item_id=asked).note == "wrong file"
    assert Outbox.objects.get(kind="work_item.cancelled").data == {"ids": [asked]}

    undo(operation)

    assert counts(queue) == {"new": 2, "needs_decision": 1, "on_hold": 1}
    parked = Parked.objects.get(item_id=asked)
    assert (parked.cause, parked.message) == ("exhausted", "It broke.")
    assert Parked.objects.get(item_id=waiting[0]).message == "mine"
    told = Outbox.objects.get(kind="work_item.needs_decision").data
    assert told["items"][0]["id"] == asked
    assert told["items"][0]["attempt"] == Attempt.objects.get(item_id=asked).number
    assert not item_faults().faults


def test_owners_hear_of_what_is_cancelled() -> None:
    queue = make_queue()
    ids = make_items(queue, 2)
    Owned.objects.create(item_id=ids[0], owner_id=7, token=3)
    run("items.cancel", queue.folder, {"queue": queue.pk})
    told = Outbox.objects.get(kind="work_item.ended").data["items"]
    assert [(each["id"], each["status"], each["owner"]) for each in told] == [
        (ids[0], "cancelled", 7)
    ]


def test_only_what_fits_the_filter_is_meant() -> None:
    queue, other = failing_queue(), failing_queue()
    add_items(
        queue,
        [NewItem({}, reference=name) for name in ("INV-1", "INV-2", "ORD-1")],
        origin="api",
        by=ANNA,
        all_or_nothing=True,
    )
    make_items(other, 2)
    operation = run("items.hold", queue.folder, {"queue": queue.key, "q": "INV"})
    assert operation.total == 2
    assert operation.filter == {"queue": queue.pk, "q": "INV"}
    assert queue.title in operation.about
    assert counts(other) == {"new": 2}


def test_items_of_other_folders_are_not_meant() -> None:
    mine, foreign = make_queue(), make_queue()
    ids = [*make_items(mine, 1), *make_items(foreign, 1)]
    operation = run("items.hold", mine.folder, {"ids": ids})
    assert operation.total == 1
    assert counts(foreign) == {"new": 1}


def test_nonsense_in_a_filter_is_refused_by_field() -> None:
    queue = make_queue()
    foreign = make_queue()
    make_items(queue, 1)
    cases: list[tuple[Any, str]] = [
        ({}, "queue"),
        ({"status": "failed"}, "queue"),
        ({"queue": "nowhere"}, "queue"),
        ({"queue": foreign.pk}, "queue"),
        ({"queue": 2**70}, "queue"),
        ({"queue": True}, "queue"),
        ({"queue": "\x00"}, "queue"),
        ({"queue": queue.pk, "status": "sleeping"}, "status"),
        ({"queue": queue.pk, "status": ["failed"]}, "status"),
        ({"queue": queue.pk, "q": "x" * 10_000}, "q"),
        ({"queue": queue.pk, "q": "\x00"}, "q"),
        ({"queue": queue.pk, "ended_since": "yesterday"}, "ended_since"),
        ({"queue": queue.pk, "ended_since": "9999-12-31T23:59:59+00:00"}, "ended_since"),
        ({"ids": "all"}, "ids"),
        ({"ids": [0]}, "ids"),
        ({"ids": [2**63]}, "ids"),
        ({"ids": [1, "2"]}, "ids"),
        ({"ids": list(range(1, 10_002))}, "ids"),
        ({"queue": queue.pk, "colour": "red"}, "colour"),
    ]
    for wanted, name in cases:
        with pytest.raises(InvalidError) as caught:
            run("items.retry", queue.folder, wanted)
        assert caught.value.fields[0].path == f"filter.{name}", wanted


def test_nonsense_in_arguments_is_refused_by_field() -> None:
    queue = make_queue()
    make_items(queue, 1)
    cases: list[tuple[str, Any, str]] = [
        ("items.priority", {}, "priority"),
        ("items.priority", {"priority": 101}, "priority"),
        ("items.priority", {"priority": "5"}, "priority"),
        ("items.priority", {"priority": True}, "priority"),
        ("items.priority", {"priority": 5, "colour": 1}, "colour"),
        ("items.postpone", {}, "available_at"),
        ("items.postpone", {"available_at": "2001-01-01T00:00:00Z"}, "available_at"),
        ("items.postpone", {"available_at": "2030-13-01T00:00:00Z"}, "available_at"),
        ("items.retry", {"now": True}, "now"),
    ]
    for kind, arguments, name in cases:
        with pytest.raises(InvalidError) as caught:
            run(kind, queue.folder, {"queue": queue.pk}, **arguments)
        assert caught.value.fields[0].path == f"arguments.{name}", arguments
    with pytest.raises(InvalidError) as caught:
        run("items.cancel", queue.folder, {"queue": queue.pk}, reason=" ")
    assert caught.value.fields[0].path == "reason"


def test_the_history_of_an_item_names_the_operation() -> None:
    queue = make_queue()
    (pk,) = make_items(queue, 1)
    operation = run("items.hold", queue.folder, {"ids": [pk]}, reason="audit")
    item = WorkItem.objects.select_related("queue").get(pk=pk)
    newest = history_of_item(item)[0]
    assert newest["note"] == f"Operation {operation.pk} · audit"
