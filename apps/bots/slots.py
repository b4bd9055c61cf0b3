"""A slot: an RQ worker that claims runs from PostgreSQL and watches the horse that works them."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from select import select
from time import monotonic, sleep
from types import FrameType

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from .board import Board, StopCause
from .forking import fork
from .horse import Answer, insist, ride
from .lifecycle import (
    claim_run,
    fail_run,
    find_left,
    lose_runs_of_slot,
    record_beat,
    stop_run,
)
from .models import Automation, Bot, Run
from .transport import SafeWorker, pool_queue, ring_run

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
# How long to try to tell a PostgreSQL that is away how a run ended
TELL_SECONDS = 5.0
# How long to leave a run to a slot of another bot before its bell is rung again
PASS_ON_SECONDS = 0.005


class SlotWorker(SafeWorker):
    """Works runs of one pool, one after the other, each in a forked horse.

    A bell only says "look": what to do is claimed from PostgreSQL, which is looked at once a
    second in any case. So Redis may forget, double or delay bells, or be away.
    """

    def __init__(self, bot: Bot, number: int) -> None:
        super().__init__(pool_queue(bot.pool_id), name=f"{bot.pk}-{bot.name}-{number}")
        self.bot, self.number = bot, number
        self.rider: Rider | None = None
        self.heard_bell = False

    def work(self, *_args: object, **_options: object) -> bool:
        """Work until told to stop; runs that an earlier process of this slot left are lost."""
        self.try_database(lambda: lose_runs_of_slot(self.bot.pk, self.number))
        try:
            return super().work()
        finally:
            connection.close()

    def turn(self) -> int:
        run = self.try_database(self._claim)
        if run is None:
            self.heard_bell = self.wait_for_bell() is not None
            return 0
        self.rider = Rider(run, self.bot, self.number)
        if self.must_end:
            self.rider.ask_to_stop(StopCause.SHUTDOWN)
        self.rider.ride()
        self.rider = None
        return 1

    def stop_soon(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.must_end = True
        if self.rider:
            self.rider.ask_to_stop(StopCause.SHUTDOWN)

    def _claim(self) -> Run | None:
        orders = record_beat(self.bot.pk, self.number)
        if self.must_end or orders.standing != Bot.Standing.ENABLED:
            return None
        claimed = claim_run(self.bot.pool_id, self.bot.pk, self.number)
        if claimed is None:
            self._pass_on()
            return None
        runs = Run.objects.select_related("version__automation", "bot")
        run: Run = insist(lambda: runs.get(pk=claimed.pk), patience_seconds=TELL_SECONDS)
        return run

    def _pass_on(self) -> None:
        """Ring again for a run that is left to a bot with less to do: we took its bell away."""
        left = find_left(self.bot.pool_id, self.bot.pk) if self.heard_bell else None
        if left is not None:
            sleep(PASS_ON_SECONDS)
            ring_run(self.bot.pool_id, left)

    def try_database(self, ask: Callable[[], Answer]) -> Answer | None:
        try:
            return ask()
        except (OperationalError, InterfaceError) as error:
            log.warning("PostgreSQL is away: %s", error)
            connection.close()
            return None


class Rider:
    """Forks the horse of one run, beats for it, enforces its limits, and tells how it ended."""

    def __init__(self, run: Run, bot: Bot, slot_number: int) -> None:
        assert run.token is not None
        self.run, self.token, self.bot, self.slot_number = run, run.token, bot, slot_number
        automation = run.version.automation
        self.grace_seconds = float(automation.grace_seconds)
        self.limit_at = monotonic() + automation.max_run_seconds
        self.kill_at = float("inf")
        self.killed_because = ""
        # what was in hand when it was killed counts as lost, else as given back
        self.blames_item = False
        self.board = Board()
        self.pid = 0

    def ride(self) -> None:
        """Return when the horse is dead and its run has ended."""
        alive_until_eof = self._fork()
        beat_at = monotonic() + BEAT_SECONDS
        try:
            while not self._is_dead(alive_until_eof, beat_at - monotonic()):
                self._enforce_limits()
                if monotonic() >= beat_at:
                    beat_at = monotonic() + BEAT_SECONDS
                    self._beat()
        finally:
            os.close(alive_until_eof)
        self._bury()

    def ask_to_stop(self, cause: StopCause) -> None:
        """Ask the horse to end; a shutdown does not wait longer than it may."""
        self.board.ask_to_stop(cause)
        if cause is StopCause.SHUTDOWN:
            self._kill_after(
                settings.BOT_DRAIN_SECONDS, _("The bot was shut down before the work was done.")
            )

    def _fork(self) -> int:
        """Start the horse; return a descriptor that becomes readable when it ends."""
        parent = os.getpid()
        ends, kept_by_horse = os.pipe()
        self.pid = fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(ends)
                code = ride(self.run, self.board, parent)
                sys.stderr.flush()
            finally:
                os._exit(code)
        os.close(kept_by_horse)
        return ends

    def _is_dead(self, alive_until_eof: int, seconds: float) -> bool:
        """Wait for the end of the horse for that long; it stays a zombie until `_bury`."""
        soon = min(seconds, self.kill_at - monotonic(), self.limit_at - monotonic())
        select([alive_until_eof], [], [], min(BEAT_SECONDS, max(0.01, soon)))
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _enforce_limits(self) -> None:
        if monotonic() >= self.limit_at:
            self.limit_at = float("inf")
            self.board.ask_to_stop(StopCause.TIME_LIMIT)
            self._kill_after(self.grace_seconds, StopCause.TIME_LIMIT.sentence(), blames_item=True)
        if monotonic() >= self.kill_at:
            self.kill_at = float("inf")
            self._kill_group()

    def _beat(self) -> None:
        try:
            orders = record_beat(
                self.bot.pk, self.slot_number, run_id=self.run.pk, token=self.token
            )
        except (OperationalError, InterfaceError) as error:
            log.warning("no heartbeat for run %s, PostgreSQL is away: %s", self.run.pk, error)
            connection.close()
            return
        if not orders.is_ours:
            self.board.ask_to_stop(StopCause.NOT_OURS)
            self._kill_after(BEAT_SECONDS, StopCause.NOT_OURS.sentence())
        elif orders.must_stop:
            self.board.ask_to_stop(StopCause.REQUESTED)
        elif self._must_rest(orders.standing):
            # it was claimed while somebody changed the bot's standing
            self.board.ask_to_stop(StopCause.BOT_STANDING)
        if orders.must_kill:
            self._kill_after(self.grace_seconds, _("Killed on request."), blames_item=True)

    def _must_rest(self, standing: str) -> bool:
        """Whether what is at work must end: a bot that drains finishes a single run as a whole."""
        if standing == Bot.Standing.DRAINING:
            return bool(self.run.version.automation.kind == Automation.Kind.ITEM)
        return standing != Bot.Standing.ENABLED

    def _kill_after(self, seconds: float, because: str, *, blames_item: bool = False) -> None:
        """Set the hour of the kill; an earlier one stands."""
        kill_at = monotonic() + seconds
        if not self.killed_because or kill_at < self.kill_at:
            self.kill_at, self.killed_because = kill_at, because
            self.blames_item = blames_item

    def _kill_group(self) -> None:
        log.warning("killing the horse of run %s: %s", self.run.pk, self.killed_because)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # it has not made its own group yet
            os.kill(self.pid, signal.SIGKILL)

    def _bury(self) -> None:
        """Kill what the horse left behind, and end the run if the horse has not done so."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            sleep(0)
        _pid, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        try:
            insist(lambda: self._end_run(code), patience_seconds=TELL_SECONDS)
        except (OperationalError, InterfaceError):
            # the next process of this slot, or the sweep, ends it
            log.warning("run %s could not be ended, PostgreSQL is away", self.run.pk)

    def _end_run(self, code: int) -> None:
        unit = self.board.unit_in_hand
        if self.killed_because and code < 0:
            stop_run(
                self.run.pk,
                self.token,
                reason=self.killed_because,
                unit_in_hand=unit,
                is_to_blame=self.blames_item,
            )
        else:
            fail_run(self.run.pk, self.token, reason=_died_of(code), unit_in_hand=unit)


def _died_of(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        text = _("The process of the run was killed by signal %s (from outside, or out of memory).")
        return text % name
    return _("The process of the run ended with code %d and did not say why.") % code
