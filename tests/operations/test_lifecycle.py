"""An operation does what was asked to all that was meant, once, and to nothing else."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.accounts.models import Folder, Membership, User
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, InvalidError
from apps.notices.models import Notice
from apps.operations import lifecycle
from apps.operations.exceptions import NothingToDoError, NumberNotConfirmedError
from apps.operations.lifecycle import working
from apps.operations.models import Operation, OperationEntry
from apps.operations.upkeep import prune
from tests.factories import make_folder, make_person

from .stamping import STAMP

pytestmark = pytest.mark.django_db

ANNA = Actor(None, "Anna")


def make_people(folder: Folder, n: int, name: str = "bob", **values: str) -> list[int]:
    start = User.objects.count()
    people = User.objects.bulk_create(
        User(username=f"{name}-{start + number}", **values) for number in range(n)
    )
    Membership.objects.bulk_create(
        Membership(user=person, folder=folder, role="supervisor") for person in people
    )
    return sorted(person.pk for person in people)


def start(folder: Folder, name: str = "bob", **named) -> Operation:
    return lifecycle.start("test.stamp", folder, {"name": name}, {"stamp": "+"}, ANNA, **named)


def stamps(ids: list[int]) -> set[str]:
    return set(User.objects.filter(pk__in=ids).values_list("first_name", flat=True))


@pytest.fixture
def folder() -> Folder:
    return make_folder()


def test_each_target_has_its_turn_once(folder: Folder, monkeypatch) -> None:
    monkeypatch.setattr(working, "CHUNK", 3)
    ids = make_people(folder, 10)
    operation = start(folder)

    assert lifecycle.work() == 10

    operation.refresh_from_db()
    assert (operation.status, operation.total, operation.done) == ("done", 10, 10)
    assert stamps(ids) == {"+"}
    entries = OperationEntry.objects.filter(operation_id=operation.pk, status="done")
    assert sorted(entries.values_list("target_id", flat=True)) == ids
    kinds_seen = Event.objects.filter(subject_type="operation", subject_id=operation.pk)
    assert sorted(kinds_seen.values_list("kind", flat=True)) == [
        "operation.ended",
        "operation.started",
    ]


def test_what_comes_after_the_asking_is_not_meant(folder: Folder) -> None:
    ids = make_people(folder, 2)
    operation = start(folder)
    later = make_people(folder, 2)

    lifecycle.work()

    operation.refresh_from_db()
    assert operation.total == 2
    assert (stamps(ids), stamps(later)) == ({"+"}, {""})


def test_other_folders_are_not_meant(folder: Folder) -> None:
    make_people(folder, 1)
    others = make_people(make_folder(), 2)
    start(folder)
    lifecycle.work()
    assert stamps(others) == {""}


def test_more_than_fifty_need_their_number(folder: Folder) -> None:
    make_people(folder, 51)
    with pytest.raises(NumberNotConfirmedError) as caught:
        start(folder)
    assert caught.value.total == 51
    assert caught.value.fields[0].path == "typed_number"
    with pytest.raises(NumberNotConfirmedError):
        start(folder, typed_number=50)
    assert start(folder, typed_number=51).status == "preparing"


def test_fifty_need_none(folder: Folder) -> None:
    make_people(folder, 50)
    assert start(folder).status == "preparing"


def test_nothing_to_do_is_said_at_once(folder: Folder) -> None:
    with pytest.raises(NothingToDoError):
        start(folder)


def test_bad_input_is_refused_by_field(folder: Folder) -> None:
    make_people(folder, 1)
    cases = [
        ("test.unknown", {"name": "bob"}, {}, "", "kind"),
        ("test.stamp", {"name": 3}, {}, "", "filter.name"),
        ("test.stamp", {"name": "bob"}, {"stamp": 3}, "", "arguments.stamp"),
        ("test.stamp", {"name": "bob"}, {}, "x" * 301, "reason"),
    ]
    for kind, wanted, arguments, reason, path in cases:
        with pytest.raises(InvalidError) as caught:
            lifecycle.start(kind, folder, wanted, arguments, ANNA, reason=reason)
        assert caught.value.fields[0].path == path
    assert not Operation.objects.exists()


def test_asked_twice_with_one_key_it_is_one_operation(folder: Folder) -> None:
    make_people(folder, 1)
    key = uuid4()
    assert start(folder, request_key=key).pk == start(folder, request_key=key).pk
    with pytest.raises(ConflictError):
        start(make_folder(), request_key=key)


def test_one_bad_target_harms_no_other(folder: Folder) -> None:
    ids = make_people(folder, 6)
    (fragile,) = make_people(folder, 1, last_name="fragile")
    (shy,) = make_people(folder, 1, last_name="shy")
    operation = start(folder)

    lifecycle.work()

    operation.refresh_from_db()
    counts = (operation.done, operation.skipped, operation.failed)
    assert (operation.status, counts) == ("done", (6, 1, 1))
    assert stamps(ids) == {"+"}
    entries = OperationEntry.objects.filter(operation_id=operation.pk)
    assert entries.get(target_id=fragile).reason == "This one breaks."
    assert entries.get(target_id=shy).reason == "is shy"


def test_after_a_cancel_nothing_more_is_touched(folder: Folder, monkeypatch) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    ids = make_people(folder, 6)
    operation = start(folder)
    pk, token = working.claim()
    assert pk == operation.pk
    working._prepare_if_new(pk, token)
    working.do_chunk(pk, token)

    cancelled = lifecycle.cancel(operation, by=ANNA)

    with pytest.raises(working.LeaseGoneError):
        working.do_chunk(pk, token)
    assert lifecycle.work() == 0
    assert (cancelled.status, cancelled.done, cancelled.left) == ("cancelled", 2, 4)
    assert (stamps(ids[:2]), stamps(ids[2:])) == ({"+"}, {""})
    with pytest.raises(ConflictError):
        lifecycle.cancel(operation, by=ANNA)


def test_a_late_worker_writes_nothing(folder: Folder, monkeypatch) -> None:
    monkeypatch.setattr(working, "HELD_SECONDS", -1)
    make_people(folder, 2)
    operation = start(folder)
    pk, late = working.claim()
    again, token = working.claim()
    assert pk == again == operation.pk

    working._prepare_if_new(again, token)
    with pytest.raises(working.LeaseGoneError):
        working.do_chunk(pk, late)
    assert working.do_chunk(again, token) == 2


def test_the_failed_ones_are_tried_again(folder: Folder) -> None:
    ids = make_people(folder, 2)
    (fragile,) = make_people(folder, 1, last_name="fragile")
    operation = start(folder)
    with pytest.raises(ConflictError):
        lifecycle.retry_failed(operation, by=ANNA)
    lifecycle.work()
    User.objects.filter(pk=fragile).update(last_name="")

    again = lifecycle.retry_failed(operation, by=ANNA)
    lifecycle.work()

    again.refresh_from_db()
    assert (again.retry_of_id, again.total, again.done) == (operation.pk, 1, 1)
    assert stamps([*ids, fragile]) == {"+"}
    with pytest.raises(NothingToDoError):
        lifecycle.retry_failed(again, by=ANNA)


def test_it_is_taken_back_once(folder: Folder) -> None:
    ids = make_people(folder, 3, first_name="Bo")
    operation = start(folder)
    with pytest.raises(ConflictError):
        lifecycle.undo(operation, by=ANNA)
    lifecycle.work()
    assert stamps(ids) == {"Bo+"}

    back = lifecycle.undo(operation, by=ANNA)
    lifecycle.work()

    back.refresh_from_db()
    assert (back.kind, back.undo_of_id, back.done) == ("test.unstamp", operation.pk, 3)
    assert stamps(ids) == {"Bo"}
    with pytest.raises(ConflictError):
        lifecycle.undo(operation, by=ANNA)
    with pytest.raises(ConflictError):
        lifecycle.undo(back, by=ANNA)


def test_small_ones_do_not_wait_for_large_ones(folder: Folder, monkeypatch) -> None:
    monkeypatch.setattr(working, "CHUNK", 1)
    monkeypatch.setattr(working, "TURN_SECONDS", 0.0)
    make_people(folder, 5)
    make_people(folder, 1, name="eve")
    large, small = start(folder), start(folder, "eve")
    turns = []
    while (held := working.claim())[0] is not None:
        turns.append(held[0])
        working.take_turn(*held)
        if len(turns) > 3:
            break
    assert turns[:4] == [large.pk, small.pk, large.pk, small.pk]


def test_what_keeps_failing_ends_with_the_reason(folder: Folder, monkeypatch) -> None:
    make_people(folder, 1)
    operation = start(folder)
    Operation.objects.filter(pk=operation.pk).update(kind="test.gone", faults=6)
    lifecycle.work()
    operation.refresh_from_db()
    assert (operation.status, operation.faults, operation.token) == ("preparing", 7, None)
    assert operation.next_try_at > operation.asked_at

    Operation.objects.filter(pk=operation.pk).update(next_try_at=operation.asked_at)
    lifecycle.work()

    operation.refresh_from_db()
    assert operation.status == "failed"
    assert "no operation of this kind" in operation.problem


def test_the_kind_is_known_and_offered() -> None:
    from apps.operations import kinds

    assert kinds.find("test.stamp") is STAMP
    assert "test.unstamp" not in {kind.key for kind in kinds.offered("person")}


def test_who_asked_for_many_is_told_of_the_end(folder: Folder) -> None:
    make_people(folder, 51)
    person = make_person(folder=folder)
    for typed, name in ((51, "bob"), (None, "person")):
        lifecycle.start("test.stamp", folder, {"name": name}, {}, person.actor, typed_number=typed)
    lifecycle.work()
    notice = Notice.objects.get(user=person)
    assert notice.kind == "operation"
    assert "51 done" in notice.body


def test_old_ones_are_dropped_with_their_entries_but_not_what_is_kept_for_others(
    folder: Folder, settings
) -> None:
    settings.OPERATION_DAYS_KEPT = 30
    make_people(folder, 2)
    old, origin, fresh = start(folder), start(folder), start(folder)
    lifecycle.work()
    lifecycle.undo(origin, by=ANNA)
    long_ago = database_now() - timedelta(days=31)
    Operation.objects.filter(pk__in=[old.pk, origin.pk]).update(ended_at=long_ago)

    assert prune() == 1

    assert not Operation.objects.filter(pk=old.pk).exists()
    assert not OperationEntry.objects.filter(operation_id=old.pk).exists()
    assert OperationEntry.objects.filter(operation_id=origin.pk).count() == 2
    assert Operation.objects.filter(pk=fresh.pk).exists()
