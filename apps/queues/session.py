"""A session: one run of an item automation that drains a queue.

It leases a little ahead, works item by item, and hands the results in by groups, in the same
statement that leases the next ones. Beside it a guard (see guard.py) renews what is held and
watches the time. PostgreSQL may go away and come back: results are kept and sent again, which is
harmless, since a result is taken once.
"""

import time
from collections import deque
from time import monotonic
from typing import Any

from django.utils.translation import gettext as _

from apps.bots.asking import AskPerson
from apps.bots.contexts import Beat, ItemContext
from apps.bots.exceptions import ItemTimeLimit
from apps.bots.horse import insist
from apps.bots.models import Run
from apps.bots.registry import ExitReport, find_automation
from apps.bots.turns import is_slot_wanted
from apps.events.causes import in_the_course_of
from apps.lib import doorbell
from apps.lib.clock import utc_now
from apps.lib.json import JsonObject
from apps.lib.secrecy import masked_json

from .desk import SessionDesk
from .guard import Guard
from .handing_in import OUTAGES, hand_in, hand_in_singly
from .lifecycle import (
    Finished,
    Hold,
    LeasedItem,
    Result,
    Turn,
    Wanted,
    prepare_for_draining,
    take_turn,
)
from .models import Attempt, QueueRun, WorkQueue
from .results import as_stored, asked, check_storable, failed, released, take_all

Outcome = Attempt.Outcome

# What is leased ahead should be about this much work, by what was measured
AHEAD_SECONDS = 1.0
FIRST_LEASE, MAX_LEASE = 4, 500
# Results are handed in at least that often, so that pages move
FLUSH_SECONDS = 0.5
# How long an idle session waits for new work before it frees its slot
LINGER_SECONDS = 20.0
POLL_SECONDS = 1.0
SHORTEST_POLL_SECONDS = 0.01
# A session ends in order well before its run would be killed; a new one takes over
SHARE_OF_RUN_LIMIT = 0.8
LONGEST_SESSION_SECONDS = 3600.0
MEASURE_WEIGHT = 0.2


def drain_queue(run: Run, beat: Beat) -> ExitReport:
    """Execute a run of the kind "item": work the items of its queue."""
    prepare_for_draining()
    queue = QueueRun.objects.select_related("queue").get(run=run).queue
    return Session(queue, run, beat).work()


class Session:
    def __init__(self, queue: WorkQueue, run: Run, beat: Beat) -> None:
        automation = run.version.automation
        self.queue, self.run, self.beat = queue, run, beat
        self.function = find_automation(run.version.function).function
        self.waiting: deque[LeasedItem] = deque()
        # both ends of both are shared with the guard: single operations only
        self.results: deque[Result] = deque()
        self.guard = Guard(
            self,
            lease_seconds=queue.lease_seconds,
            item_seconds=automation.max_item_seconds,
            grace_seconds=automation.grace_seconds,
        )
        self.desk = SessionDesk(queue.key, beat, self.guard)
        self.seconds_each = automation.usual_seconds
        self.n_successful = self.n_failed = self.n_worked = 0
        self.work_seconds = 0.0
        self.n_ahead = max(
            1, min(FIRST_LEASE, int(AHEAD_SECONDS / max(self.seconds_each or 0, 1e-6)))
        )
        # why nothing was leased when we last asked
        self.hold: Hold | None = None
        # whether a failure may hold back what was leased ahead; the guard looks again
        self.uses_applications = queue.applications.exists()
        self.flushed_at = monotonic()
        limit = min(automation.max_run_seconds * SHARE_OF_RUN_LIMIT, LONGEST_SESSION_SECONDS)
        self.ends_at = monotonic() + limit
        self.leaves_because = ""

    def work(self) -> ExitReport:
        """Drain the queue until it stays empty, somebody wants the run to end, or time is up."""
        try:
            with self.guard:
                while not self._must_end():
                    self._work_waiting()
                    if not self._must_end() and not self._refill():
                        break
        except BaseException:
            # the item in hand stays on the board: unless its result is handed in, it is to blame
            self._give_back()
            raise
        self._give_back()
        self.beat.start_unit(0)
        return self._report()

    def _work_waiting(self) -> None:
        """Work what is leased; hand results in now and then."""
        must_stop, take, work = self.beat.should_stop, self.waiting.popleft, self._work_item
        while not must_stop():
            try:
                leased = take()
            except IndexError:  # the guard may take from the other end at any time
                return
            if leased.is_alone and self.results:
                # it may take this process with it, but not what is done
                self._exchange(lease=False)
            work(leased)
            moment = monotonic()
            if moment >= self.ends_at:
                return
            if moment - self.flushed_at > FLUSH_SECONDS or self._may_be_broken():
                self._exchange(lease=True)

    def _may_be_broken(self) -> bool:
        """Whether the last try says that the application fails: the breaker should hear at once.

        What was leased ahead must not burn its tries on an application that is down.
        """
        if not self.uses_applications or not self.results:
            return False
        return self.results[-1].outcome == Outcome.APPLICATION_EXCEPTION

    def _work_item(self, leased: LeasedItem) -> None:
        guard, began = self.guard, monotonic()
        if leased.token in guard.lost:
            self.results.append(released(leased))
            return
        item = ItemContext(self.desk, leased.id, leased.reference, leased.payload, leased.attempt)
        self.beat.start_unit(leased.id)
        guard.begin(leased, began)
        try:
            try:
                with in_the_course_of("item", leased.id):
                    output = self.function(item)
            finally:
                guard.end()
            result = self._success(leased, output, item.predictions)
        except AskPerson as ask:
            result = self._question(leased, ask)
        except BaseException as error:
            # an end of the process, a cancelled task, a panic in a library: all are its end
            result = self._failure(leased, error)
        self.results.append(result)
        self.n_worked += 1
        self.work_seconds += monotonic() - began

    def _success(
        self, leased: LeasedItem, output: Any, predictions: JsonObject | None = None
    ) -> Result:
        if output is not None:
            check_storable(output)
            output = masked_json(output)
        if predictions is not None:
            predictions = masked_json(as_stored(predictions))
        self.n_successful += 1
        return Result(leased.id, leased.token, Outcome.SUCCESSFUL, output, predictions=predictions)

    def _question(self, leased: LeasedItem, ask: AskPerson) -> Result:
        """The try ends with a question; it counts as neither well nor badly done."""
        result = asked(leased, ask)
        if result.outcome == Outcome.ASKED:
            return result
        return self._failed(leased, result)

    def _failure(self, leased: LeasedItem, error: BaseException) -> Result:
        if isinstance(error, ItemTimeLimit):
            # it may have been broken off in the middle of a statement
            self.guard.forget_connection()
        return self._failed(leased, failed(leased, error))

    def _failed(self, leased: LeasedItem, result: Result) -> Result:
        self.n_failed += 1
        title = Outcome(result.outcome).label
        self.beat.log(
            f"{leased.reference or '#' + str(leased.id)}: {title}: {result.message}",
            "warning",
            item_id=leased.id,
            attempt=leased.attempt,
        )
        return result

    def _refill(self) -> bool:
        """Lease the next items, waiting a while for new ones; False when there are none."""
        self._exchange(lease=True)
        until = monotonic() + LINGER_SECONDS
        while not self.waiting:
            self.beat.start_unit(0)
            self.tell_progress()
            if monotonic() >= until or self._must_end() or self._is_slot_wanted():
                return False
            pause = min(self._poll_seconds(), until - monotonic())
            doorbell.wait(bell_of(self.queue.pk), max(0.0, pause))
            if not self._must_end():
                self._exchange(lease=True)
        return True

    def _poll_seconds(self) -> float:
        """How long to wait at most: a rate says when it allows the next start."""
        if self.hold is None or self.hold.code != "rate" or self.hold.until is None:
            return POLL_SECONDS
        # clocks that differ make us ask early or late, never start something early
        left = (self.hold.until - utc_now()).total_seconds()
        return min(POLL_SECONDS, max(SHORTEST_POLL_SECONDS, left))

    def _exchange(self, *, lease: bool) -> None:
        """Hand the results in and lease more, in one statement; keep both safe from outages.

        Something that holds back the whole queue holds back what was leased ahead, too.
        """
        self._measure()
        taken = take_all(self.results)
        n = max(0, self.n_ahead - len(self.waiting)) if lease else 0
        turn = self._send(taken, n)
        self.guard.settle(taken, turn.finished)
        self.guard.take(turn.leased)
        self.waiting.extend(turn.leased)
        self.hold = turn.hold
        self.flushed_at = monotonic()
        if taken:
            self.tell_progress()
        if self.waiting and self.hold is not None and self.hold.is_for_all:
            self._give_back()

    def _send(self, results: list[Result], n: int) -> Turn:
        pause = 0.1
        while True:
            try:
                return self._send_once(results, n)
            except OUTAGES as error:
                self.beat.log(_("PostgreSQL is away, trying again: %s") % error, "warning")
                self.guard.forget_connection()
                if self.beat.should_stop():
                    n = 0
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _send_once(self, results: list[Result], n: int) -> Turn:
        if n == 0:
            return Turn(hand_in(results) if results else Finished([], []))
        wanted = Wanted(
            queue_id=self.queue.pk,
            n=n,
            bot=self.beat.bot_name,
            run_id=self.run.pk,
            is_ahead=True,
        )
        try:
            return take_turn(results, wanted)
        except OUTAGES:
            raise
        except Exception:
            if not results:
                raise
            # one of them can't be stored; the others must not suffer
            return Turn(hand_in_singly(results))

    def _give_back(self) -> None:
        """Hand in what is done and give back what was not begun."""
        taken = take_all(self.results) + [released(each) for each in take_all(self.waiting)]
        if taken:
            self.guard.settle(taken, insist(lambda: hand_in(taken)))

    def tell_progress(self) -> None:
        """Say how far the run got, and that it is not hung."""
        self.beat.progress(self.n_successful, self.n_failed)

    def leave_in_order(self, because: str) -> None:
        """End after the item in hand, as when the time is up."""
        self.leaves_because = because
        self.ends_at = 0.0

    def _measure(self) -> None:
        """Learn how long an item takes, and lease ahead accordingly."""
        if not self.n_worked:
            return
        measured = self.work_seconds / self.n_worked
        known = measured if self.seconds_each is None else self.seconds_each
        self.seconds_each = known + (measured - known) * MEASURE_WEIGHT
        self.n_worked, self.work_seconds = 0, 0.0
        wanted = AHEAD_SECONDS / max(self.seconds_each, measured, 1e-6)
        self.n_ahead = max(1, min(int(wanted), self.n_ahead * 4, MAX_LEASE))

    def _must_end(self) -> bool:
        return self.beat.should_stop() or monotonic() >= self.ends_at

    def _is_slot_wanted(self) -> bool:
        """Whether another run waits for a slot while this one has nothing to do."""
        try:
            return is_slot_wanted(self.run.pk)
        except OUTAGES:
            self.guard.forget_connection()
            return False

    def _report(self) -> ExitReport:
        return ExitReport(
            reason="" if self.beat.should_stop() else self.leaves_because,
            n_successful=self.n_successful,
            n_failed=self.n_failed,
            was_stopped=self.beat.should_stop(),
            seconds_each=self.seconds_each,
        )


def bell_of(queue_id: int) -> str:
    return f"queue:{queue_id}"
