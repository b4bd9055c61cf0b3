"""Random walks over the whole lifecycle, beside a small model in plain Python."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.lib.errors import ConflictError
from apps.queues import lifecycle
from apps.queues.checks import item_faults
from apps.queues.counts import counts_of, fold_counters
from apps.queues.lifecycle import LeasedItem, NewItem, Result
from apps.queues.models import Lease, Scheduled, WorkItem
from apps.queues.upkeep import promote_scheduled, reap_leases
from tests.factories_queues import ANNA, make_queue

WAITING = ("ready", "scheduled")
PARKED = ("needs_decision", "on_hold")
ENDED = ("successful", "failed", "skipped", "cancelled")
MAX_ATTEMPTS, LOSS_LIMIT = 2, 3


@dataclass
class Believed:
    """What the model believes of an item."""

    place: str = "ready"
    attempt: int = 1
    tries: int = 0
    losses: int = 0
    alone: bool = False
    was_lost: bool = False  # how its last try ended, but for those given back
    edits: int = 0
    version: int = 1
    lease: LeasedItem | None = None
    old: list[LeasedItem] = field(default_factory=list)

    def freed(self, place: str, **changes: Any) -> None:
        assert self.lease is not None
        self.old.append(self.lease)
        self.lease, self.place = None, place
        self.attempt += 1
        for name, value in changes.items():
            setattr(self, name, value)


class Walk(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.queue = make_queue(max_attempts=MAX_ATTEMPTS, retry_delay_seconds=600)
        self.items: dict[int, Believed] = {}
        self.is_paused = False

    # --- machines

    @rule(n=st.integers(1, 4), is_deferred=st.booleans())
    def add(self, n: int, is_deferred: bool) -> None:
        later = timezone.now() + timedelta(hours=1) if is_deferred else None
        news = [NewItem({"edits": 0}, available_at=later) for _ in range(n)]
        added = lifecycle.add_items(self.queue, news, origin="api", by=ANNA, all_or_nothing=True)
        for pk in added.ids:
            self.items[pk] = Believed("scheduled" if is_deferred else "ready")

    @rule(n=st.integers(1, 5))
    def lease(self, n: int) -> None:
        ready = sorted(pk for pk, item in self.items.items() if item.place == "ready")
        expected: list[int] = []
        for pk in [] if self.is_paused else ready[:n]:
            if self.items[pk].alone and expected:
                break
            expected.append(pk)
            if self.items[pk].alone:
                break

        leased = lifecycle.lease_items(self.queue.pk, n=n, bot="Robbie")

        assert [item.id for item in leased] == expected
        for item in leased:
            known = self.items[item.id]
            assert item.payload == {"edits": known.edits}
            assert item.attempt == known.attempt
            assert item.is_alone is (len(leased) == 1)
            known.place, known.lease, known.alone = "in_progress", item, len(leased) == 1

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        held = [pk for pk, item in self.items.items() if item.lease]
        outcomes = st.sampled_from(
            ["successful", "business_exception", "application_exception", "released"]
        )
        chosen = data.draw(st.lists(st.sampled_from(held), unique=True)) if held else []
        results = []
        for pk in chosen:
            lease = self.items[pk].lease
            assert lease is not None
            results.append(Result(pk, lease.token, data.draw(outcomes)))

        finished = lifecycle.finish_items(results)

        assert finished.finished == chosen
        for result in results:
            self._believe(self.items[result.id], result.outcome)

    def _believe(self, item: Believed, outcome: str) -> None:
        if outcome == "successful":
            item.freed("successful", was_lost=False)
        elif outcome == "released":
            item.freed("ready", alone=item.alone and item.was_lost)
        elif outcome == "business_exception":
            item.freed("needs_decision", tries=item.tries + 1, alone=False, was_lost=False)
        elif item.tries + 1 < MAX_ATTEMPTS:
            item.freed("scheduled", tries=item.tries + 1, alone=False, was_lost=False)
        else:
            item.freed("needs_decision", tries=item.tries + 1, alone=False, was_lost=False)

    @precondition(lambda self: any(item.old for item in self.items.values()))
    @rule(data=st.data())
    def finish_late(self, data: st.DataObject) -> None:
        """Whatever an old lease reports changes nothing."""
        pk = data.draw(st.sampled_from([pk for pk, item in self.items.items() if item.old]))
        lease = data.draw(st.sampled_from(self.items[pk].old))

        lifecycle.finish_items([Result(pk, lease.token, "successful")])

        assert lifecycle.renew_leases([(pk, lease.token)]).lost == [pk]

    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        held = [pk for pk, item in self.items.items() if item.lease]
        lost = data.draw(st.lists(st.sampled_from(held), unique=True)) if held else []
        past = timezone.now() - timedelta(seconds=1)
        Lease.objects.filter(pk__in=lost).update(expires_at=past)

        assert reap_leases() == len(lost)

        for item in (self.items[pk] for pk in lost):
            losses = item.losses + item.alone
            if losses >= LOSS_LIMIT:
                item.freed("needs_decision", losses=losses, alone=False, was_lost=True)
            else:
                item.freed("ready", losses=losses, alone=True, was_lost=True)

    @rule()
    def time_passes(self) -> None:
        Scheduled.objects.update(available_at=timezone.now() - timedelta(seconds=1))
        promote_scheduled()
        fold_counters()
        for item in self.items.values():
            if item.place == "scheduled":
                item.place = "ready"
        self.due = True
        WorkItem.objects.filter(queue=self.queue).update(available_at=None)

    # --- people

    def _attempt(self, verb: str, allowed: tuple[str, ...], data: st.DataObject, **kw: Any) -> Any:
        """Try `verb` on any item; the model says whether it may work."""
        if not self.items:
            return None
        pk = data.draw(st.sampled_from(sorted(self.items)))
        item = self.items[pk]
        values = {name: value(item) if callable(value) else value for name, value in kw.items()}
        try:
            getattr(lifecycle, verb)(pk, by=ANNA, **values)
        except ConflictError:
            assert item.place not in allowed
            return None
        assert item.place in allowed
        return item

    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        if item := self._attempt("hold_item", WAITING, data, reason="wait"):
            item.place = "on_hold"

    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        if item := self._attempt("resume_item", ("on_hold",), data, reason="go on"):
            item.place = self._waiting_place(item)

    def _waiting_place(self, known: Believed) -> str:
        pk = next(pk for pk, item in self.items.items() if item is known)
        deferred = WorkItem.objects.get(pk=pk).available_at
        return "scheduled" if deferred and deferred > timezone.now() else "ready"

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        item = self._attempt(
            "edit_item",
            (*WAITING, *PARKED),
            data,
            version=lambda item: item.version,
            payload=lambda item: {"edits": item.edits + 1},
        )
        if item:
            item.edits, item.version = item.edits + 1, item.version + 1

    @rule(data=st.data())
    def skip(self, data: st.DataObject) -> None:
        if item := self._attempt("skip_item", (*WAITING, *PARKED), data, reason="no"):
            item.place = "skipped"

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        if item := self._attempt("retry_item", ("scheduled", *PARKED), data):
            item.place, item.tries, item.losses, item.alone = "ready", 0, 0, False
            self._read_version(item)

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        if item := self._attempt("reopen_item", ENDED, data, reason="again"):
            item.place, item.tries, item.losses, item.alone = "ready", 0, 0, False
            self._read_version(item)

    def _read_version(self, known: Believed) -> None:
        """Dropping a past or future `available_at` counts as an edit."""
        pk = next(pk for pk, item in self.items.items() if item is known)
        known.version = WorkItem.objects.get(pk=pk).version

    @rule()
    def pause_or_resume(self) -> None:
        if self.is_paused:
            lifecycle.resume_queue(self.queue, by=ANNA)
        else:
            lifecycle.pause_queue(self.queue, reason="look", by=ANNA)
        self.is_paused = not self.is_paused

    # --- what must hold

    @invariant()
    def statuses_agree(self) -> None:
        if not hasattr(self, "queue"):
            return
        seen = dict(
            WorkItem.objects.filter(queue=self.queue).with_status().values_list("pk", "status")
        )
        believed = {
            pk: "new" if item.place in WAITING else item.place for pk, item in self.items.items()
        }
        assert seen == believed

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "queue"):
            return
        counts = counts_of([self.queue.pk])[self.queue.pk]
        places = Counter(item.place for item in self.items.values())
        assert {place: counts[place] for place in places} == dict(places)
        assert counts.total == len(self.items)

    def teardown(self) -> None:
        assert item_faults().faults == []


@pytest.mark.django_db
def test_random_walks_agree_with_the_model():
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
