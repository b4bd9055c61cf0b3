"""The guard of a session: a thread that renews what is held and watches the time of each item."""

import logging
import signal
import threading
from collections.abc import Iterable, Sequence
from time import monotonic
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.bots.exceptions import ItemTimeLimit
from apps.bots.turns import is_turn_over
from apps.limits.models import Application

from .handing_in import hand_in
from .lifecycle import Finished, LeasedItem, Result, renew_leases
from .models import Attempt, WorkQueue
from .results import failed, released, take_all

if TYPE_CHECKING:
    from .session import Session

log = logging.getLogger(__name__)

LONGEST_TICK_SECONDS = 0.5
LOOK_SECONDS = 1.0
# An item that takes longer than this does not keep those leased ahead waiting: they go back
PATIENCE_SECONDS = 3.0


class Guard:
    """Renews leases every third of their time, over a connection of its own.

    The tokens of leases that turn out to be lost are in `lost`: their items are not begun any more,
    and the automation that works on one is told by `should_stop`. An item may come back with a new
    lease at any time, so leases are told apart by token.
    """

    def __init__(
        self, session: "Session", *, lease_seconds: int, item_seconds: int, grace_seconds: int
    ) -> None:
        self.session = session
        self.item_seconds, self.grace_seconds = item_seconds, grace_seconds
        self.renew_seconds = lease_seconds / 3
        self.held: dict[int, tuple[UUID, float]] = {}
        self.lost: set[UUID] = set()
        # `held` is changed by both threads, after a look at what is in it
        self._lock = threading.Lock()
        self._in_hand: LeasedItem | None = None
        self._began_at = 0.0
        self._interrupted: LeasedItem | None = None
        self._is_abandoned = False
        self._looked_at = monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="session-guard", daemon=True)
        self._main = threading.get_ident()
        self._is_main_thread = threading.current_thread() is threading.main_thread()
        self._earlier_handler: Any = None

    def __enter__(self) -> "Guard":
        if self._is_main_thread:
            self._earlier_handler = signal.signal(signal.SIGALRM, self._interrupt)
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._is_main_thread:
            signal.signal(signal.SIGALRM, self._earlier_handler)

    def take(self, leased: Iterable[LeasedItem]) -> None:
        """Watch over what was just leased."""
        moment = monotonic()
        with self._lock:
            self.held.update({each.id: (each.token, moment) for each in leased})

    def settle(self, results: Sequence[Result], finished: Finished) -> None:
        """Let go of what was handed in."""
        with self._lock:
            for result in results:
                if self._holds(result.id, result.token):
                    del self.held[result.id]
            if self.lost:
                self.lost.intersection_update([token for token, _at in self.held.values()])
        given_back = {each.id for each in results if each.outcome == Attempt.Outcome.RELEASED}
        for refusal in finished.refused:
            if refusal.id in given_back:
                continue
            self.session.beat.log(
                _("The result of #%(id)d was refused: %(reason)s.")
                % {"id": refusal.id, "reason": refusal.reason},
                "warning",
                item_id=refusal.id,
            )

    def note_lost(self, item_id: int) -> None:
        self.lost.add(self.token_of(item_id))

    def is_lost(self, item_id: int) -> bool:
        """Whether the item in hand is no longer ours."""
        return self.token_of(item_id) in self.lost

    def begin(self, leased: LeasedItem, moment: float) -> None:
        self._began_at = moment
        self._in_hand = leased

    def end(self) -> None:
        self._in_hand = None

    def token_of(self, item_id: int) -> UUID:
        return self.held[item_id][0]

    def forget_connection(self) -> None:
        """Drop this thread's connection, so that the next statement makes a new one."""
        connection.close()

    def _watch(self) -> None:
        try:
            while not self._over.wait(min(LONGEST_TICK_SECONDS, self.renew_seconds)):
                try:
                    self._tick()
                except (DatabaseError, InterfaceError) as error:
                    log.warning("the guard could not reach PostgreSQL: %s", error)
                    self.forget_connection()
                except Exception:
                    # without a guard the session would lose what it holds
                    log.exception("the guard met something unexpected")
        finally:
            connection.close()

    def _tick(self) -> None:
        in_hand, taken_seconds = self._in_hand, monotonic() - self._began_at
        if in_hand and taken_seconds > self.item_seconds + self.grace_seconds:
            self._abandon(in_hand)
        elif in_hand and taken_seconds > self.item_seconds and self._interrupted is not in_hand:
            self._interrupted = in_hand
            if self._is_main_thread:
                signal.pthread_kill(self._main, signal.SIGALRM)
        if in_hand and taken_seconds > LONGEST_TICK_SECONDS:
            self._hand_in(with_waiting=taken_seconds > PATIENCE_SECONDS)
        self._renew()
        self._look_around()

    def _renew(self) -> None:
        moment = monotonic()
        due = [
            (item_id, token)
            for item_id, (token, renewed_at) in list(self.held.items())
            if moment - renewed_at >= self.renew_seconds
        ]
        if not due:
            return
        answer = renew_leases(due)
        tokens = dict(due)
        with self._lock:
            # what was handed in meanwhile, and perhaps leased anew, is none of this answer's
            mine = {item_id for item_id, token in due if self._holds(item_id, token)}
            for item_id in mine.intersection(answer.renewed):
                self.held[item_id] = (tokens[item_id], moment)
            self.lost.update(tokens[item_id] for item_id in mine.intersection(answer.lost))

    def _holds(self, item_id: int, token: UUID) -> bool:
        held = self.held.get(item_id)
        return held is not None and held[0] == token

    def _look_around(self) -> None:
        """Follow what people change on the queue while it is drained, and who wants our slot."""
        if monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        session = self.session
        uses = Exists(Application.objects.filter(queues=OuterRef("pk")))
        found = WorkQueue.objects.filter(pk=session.queue.pk).values_list(
            "automation_id", "lease_seconds", uses
        )
        for automation_id, lease_seconds, uses_applications in found:
            self.renew_seconds = lease_seconds / 3
            session.uses_applications = uses_applications
            if automation_id != session.queue.automation_id:
                session.leave_in_order(_("The queue got another automation."))
        if is_turn_over(session.run.pk):
            session.leave_in_order(_("Made room for another queue."))

    def _hand_in(self, *, with_waiting: bool) -> None:
        """Send what waits behind a long item: results, and what was not begun, for others."""
        session = self.session
        back = take_all(session.waiting) if with_waiting else []
        done = take_all(session.results)
        results = [*done, *(released(each) for each in back)]
        if not results:
            return
        try:
            finished = hand_in(results)
        except Exception:
            # another time, or by the session
            session.results.extendleft(reversed(done))
            session.waiting.extendleft(reversed(back))
            raise
        self.settle(results, finished)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """In the main thread: break into the item that took too long, if it still is in hand."""
        if self._in_hand is not None and self._in_hand is self._interrupted:
            raise ItemTimeLimit(self._too_long())

    def _abandon(self, in_hand: LeasedItem) -> None:
        """End the process: the automation did not let itself be interrupted.

        The item is failed, the rest is handed in or given back; the slot does the rest.
        """
        session = self.session
        if not self._is_abandoned:
            self._is_abandoned = True
            session.results.append(failed(in_hand, ItemTimeLimit(self._too_long())))
        self._hand_in(with_waiting=True)
        session.beat.log(self._too_long(), "error", item_id=in_hand.id, attempt=in_hand.attempt)
        session.beat.give_up(_("An item took too long and could not be interrupted."))

    def _too_long(self) -> str:
        return _("The work took longer than the %d seconds that one item may take.") % (
            self.item_seconds
        )
