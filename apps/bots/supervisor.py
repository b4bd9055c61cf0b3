"""Keeps the slots of one bot alive: forks them, restarts the dead, and ends them in order."""

import logging
import os
import signal
import sys
from dataclasses import dataclass
from time import monotonic

from django.conf import settings

from apps.events import live
from apps.lib.process import die_with_parent, new_session

from .forking import fork
from .models import Bot
from .registration import note_slot_process
from .slots import SlotWorker

log = logging.getLogger(__name__)

WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
# After SIGTERM slots drain (BOT_DRAIN_SECONDS); who has not ended by then is killed
STOP_SECONDS = 1.5
# A slot that lived that long is started again at once; before, ever later
STEADY_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 10.0


@dataclass
class _Place:
    number: int
    pid: int = 0
    started_at: float = 0.0
    start_at: float = 0.0
    pause_seconds: float = 0.0


class SlotSupervisor:
    """Runs in a process that holds no connection, so that forking is safe."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.places = [_Place(number) for number in range(1, bot.n_slots + 1)]

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; return when all slots have ended."""
        # blocked, and taken by sigtimedwait: nothing gets lost between two looks
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        try:
            while not self._wait_for_signal(self._until_next_start()):
                self._reap()
                self._start_missing()
            self._stop()
        finally:
            self._kill_all()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)

    def _wait_for_signal(self, seconds: float) -> bool:
        """Sleep until something happens; return whether we are asked to end."""
        found = signal.sigtimedwait(WATCHED, max(0.0, seconds))
        return found is not None and found.si_signo != signal.SIGCHLD

    def _until_next_start(self) -> float:
        missing = [place.start_at for place in self.places if not place.pid]
        return min(missing) - monotonic() if missing else 60.0

    def _start_missing(self) -> None:
        for place in self.places:
            if not place.pid and monotonic() >= place.start_at:
                place.pid = self._fork_slot(place.number)
                place.started_at = monotonic()

    def _fork_slot(self, number: int) -> int:
        parent = os.getpid()
        pid = fork()
        if pid == 0:
            code = 1
            try:
                code = _work_slot(self.bot, number, parent)
                sys.stderr.flush()
            finally:
                os._exit(code)
        return pid

    def _reap(self) -> None:
        for place in self.places:
            if place.pid and (code := _exit_code(place.pid)) is not None:
                self._plan_restart(place, code)

    def _plan_restart(self, place: _Place, code: int) -> None:
        is_steady = monotonic() - place.started_at >= STEADY_SECONDS
        place.pause_seconds = (
            0.0 if is_steady else min(LONGEST_PAUSE_SECONDS, max(0.25, place.pause_seconds * 2))
        )
        place.pid, place.start_at = 0, monotonic() + place.pause_seconds
        log.warning(
            "slot %d of bot %s ended with code %d; starting it again in %.1f s",
            place.number,
            self.bot.name,
            code,
            place.pause_seconds,
        )

    def _stop(self) -> None:
        """Let the slots end in order: the item in hand, then out."""
        self._signal_all(signal.SIGTERM)
        deadline = monotonic() + settings.BOT_DRAIN_SECONDS + STOP_SECONDS
        while self._living() and (left := deadline - monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, left)
            for place in self._living():
                if _exit_code(place.pid) is not None:
                    place.pid = 0

    def _kill_all(self) -> None:
        self._signal_all(signal.SIGKILL)
        for place in self._living():
            os.waitpid(place.pid, 0)
            place.pid = 0

    def _signal_all(self, number: signal.Signals) -> None:
        for place in self._living():
            os.kill(place.pid, number)

    def _living(self) -> list[_Place]:
        return [place for place in self.places if place.pid]


def _work_slot(bot: Bot, number: int, parent_pid: int) -> int:
    """Be a slot: the body of the forked process."""
    die_with_parent(parent_pid)
    new_session()
    worker = SlotWorker(bot, number)
    signal.signal(signal.SIGTERM, worker.stop_soon)
    signal.signal(signal.SIGINT, worker.stop_soon)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
    try:
        worker.try_database(lambda: note_slot_process(bot, number))
        worker.work()
    except Exception:
        log.exception("slot %d of bot %s broke", number, bot.name)
        return 1
    finally:
        live.flush()
    return 0


def _exit_code(pid: int) -> int | None:
    """Return how the child ended, None while it lives."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 1
    return os.waitstatus_to_exitcode(status) if found else None
