"""What a session holds: leased in groups, renewed, given back, and lost."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from apps.bots.board import Board
from apps.bots.lifecycle import fail_run
from apps.bots.models import Automation, LogLine
from apps.queues import guard, session
from apps.queues.lifecycle import Renewed, renew_leases
from apps.queues.models import Attempt, Ended, Lease, Ready, WorkQueue
from apps.queues.session import Session
from apps.queues.upkeep import reap_leases
from tests.bots.workers import eventually
from tests.queues.work import add_work, attempts_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_session_that_breaks_leaves_on_the_board_what_it_had_in_hand(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    board: Board,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a fault of our own in the middle of an item
    def break_down(*_what: object) -> None:
        raise RuntimeError("our own fault")

    first, second = add_work(queue, {"do": "bug"}, {})
    monkeypatch.setattr(session, "failed", break_down)
    working = new_session()

    # when
    with pytest.raises(RuntimeError):
        working.work()
    fail_run(working.run.pk, working.beat.token, reason="broke", unit_in_hand=board.unit_in_hand)

    # then it counts against the item in hand, and against no other
    assert board.unit_in_hand == first
    assert [attempt.outcome for attempt in attempts_of(first)] == [Attempt.Outcome.LOST]
    assert Attempt.Outcome.LOST not in [attempt.outcome for attempt in attempts_of(second)]
    assert set(Ready.objects.values_list("item_id", flat=True)) == {first, second}


def test_an_item_leased_anew_while_its_old_lease_is_renewed_is_worked(
    queue: WorkQueue, new_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a session with an item that it gives back and gets again while a renewal is under way
    (item,) = add_work(queue, {})
    working = new_session()
    working._exchange(lease=True)
    working.guard.renew_seconds = 0

    def give_back_and_lease(due: Sequence[tuple[int, UUID]]) -> Renewed:
        working._give_back()
        working._exchange(lease=True)
        return renew_leases(due)

    monkeypatch.setattr(guard, "renew_leases", give_back_and_lease)

    # when
    working.guard._renew()
    working._work_waiting()
    working._give_back()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [
        Attempt.Outcome.RELEASED,
        Attempt.Outcome.SUCCESSFUL,
    ]


def test_an_item_lost_before_it_was_begun_goes_back_unworked(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    (item,) = add_work(queue, {})
    working = new_session()
    working._exchange(lease=True)
    working.guard.note_lost(item)

    working._work_waiting()
    working._give_back()

    assert [attempt.outcome for attempt in attempts_of(item)] == [Attempt.Outcome.RELEASED]
    assert not working.guard.held
    assert not working.guard.lost


def test_many_quick_items_are_leased_in_ever_larger_groups(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    add_work(queue, *[{}] * 300)

    working = new_session()
    report = working.work()

    assert report.n_successful == 300
    assert working.n_ahead > 50
    assert not Lease.objects.exists()


def test_what_takes_long_is_leased_one_by_one(
    queue: WorkQueue, automation: Automation, new_session: Callable[[], Session]
) -> None:
    Automation.objects.filter(pk=automation.pk).update(usual_seconds=30)

    assert new_session().n_ahead == 1


def test_what_waits_behind_a_long_item_is_handed_in_or_goes_back(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    tmp_path: Path,
    in_background: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given an item that takes long, one done before it, and two leased behind it
    monkeypatch.setattr(guard, "PATIENCE_SECONDS", 0.1)
    done, long, *rest = add_work(queue, {}, {"do": "wait", "dir": str(tmp_path)}, {}, {})
    seen = []

    def go_on_when_given_back() -> None:
        eventually((tmp_path / f"began-{long}-1").exists)
        eventually(lambda: Ready.objects.count() == 2)
        eventually(lambda: Ended.objects.filter(item_id=done).exists())
        seen.extend(Ready.objects.values_list("item_id", flat=True))
        (tmp_path / f"go-{long}").touch()

    in_background(go_on_when_given_back)

    # when
    report = new_session().work()

    # then the two were free meanwhile, and are worked in the end
    assert set(seen) == set(rest)
    assert report.n_successful == 4


def test_leases_are_renewed_while_an_item_takes_its_time(
    queue: WorkQueue, new_session: Callable[[], Session], tmp_path: Path, in_background: Any
) -> None:
    # given leases of one second
    WorkQueue.objects.filter(pk=queue.pk).update(lease_seconds=1)
    queue.refresh_from_db()
    (item,) = add_work(queue, {"do": "wait", "dir": str(tmp_path)})

    def go_on_after_renewals() -> None:
        eventually((tmp_path / f"began-{item}-1").exists)
        first = Lease.objects.get().expires_at
        eventually(lambda: (Lease.objects.get().expires_at - first).total_seconds() > 1.1)
        reap_leases()
        (tmp_path / f"go-{item}").touch()

    in_background(go_on_after_renewals)

    # when
    new_session().work()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [Attempt.Outcome.SUCCESSFUL]


def test_an_item_whose_lease_was_lost_is_dropped_and_its_result_refused(
    queue: WorkQueue, new_session: Callable[[], Session], tmp_path: Path, in_background: Any
) -> None:
    # given a lease that runs out while the item is in hand (as after a long silence)
    WorkQueue.objects.filter(pk=queue.pk).update(lease_seconds=1)
    queue.refresh_from_db()
    (item,) = add_work(queue, {"do": "wait_or_stop", "dir": str(tmp_path)})

    def take_away() -> None:
        eventually((tmp_path / f"began-{item}-1").exists)
        # first of all: it would be leased again at once
        WorkQueue.objects.update(paused_at="2020-01-01T00:00Z")
        Lease.objects.update(expires_at="2020-01-01T00:00Z")
        reap_leases()

    in_background(take_away)

    # when: the automation learns by `should_stop` that it works in vain
    working = new_session()
    working.work()
    working.beat.end()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [Attempt.Outcome.LOST]
    assert LogLine.objects.filter(item_id=item, message__contains="refused").exists()
    assert Ready.objects.get().item_id == item
