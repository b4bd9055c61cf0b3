"""Inside the work horse: executes one run from its claim to its end."""

import logging
import os
import random
import signal
import threading
import traceback
from collections.abc import Callable
from time import monotonic
from typing import TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from apps.events import live
from apps.lib.json import JsonObject
from apps.lib.process import die_with_parent, new_session
from apps.lib.secrecy import masked

from .board import Board, StopCause
from .contexts import Level
from .exceptions import AutomationException, BusinessException, UnknownAutomationError
from .lifecycle import fail_run, finish_run, record_progress
from .logs import Line, LogBuffer, Speaker, text_of
from .models import Run
from .registry import ExitReport, executor_of, find_automation

log = logging.getLogger(__name__)

PULSE_SECONDS = 1.0
PROGRESS_SECONDS = 0.5
# How long a horse tries to hand in its report while PostgreSQL is away
PATIENCE_SECONDS = 60.0
MAX_TRACEBACK = 3_000

Answer = TypeVar("Answer")


class RunBeat:
    """The line between a run and its slot; see contexts.Beat."""

    def __init__(self, run: Run, board: Board) -> None:
        assert run.token is not None
        self.run_id: int = run.pk
        self.pool_id: int = run.pool_id
        self.bot_name: str = run.bot.name if run.bot else ""
        self.token: UUID = run.token
        self.board = board
        self.should_stop: Callable[[], bool] = board.must_stop
        self.start_unit: Callable[[int], None] = board.start_unit
        speaker = Speaker(folder_id=run.folder_id, run_id=run.pk, bot_id=run.bot_id)
        self._buffer = LogBuffer(speaker)
        self._progress: tuple[int, int] | None = None
        self._progress_at = float("-inf")
        self._pulse: threading.Thread | None = None
        self._over = threading.Event()

    def log(
        self,
        message: str,
        level: Level = "info",
        *,
        item_id: int | None = None,
        attempt: int = 0,
        fields: JsonObject | None = None,
    ) -> None:
        self._buffer.add(Line(message, level, item_id, attempt or None, fields=fields or {}))
        self._ensure_pulse()

    def progress(self, n_successful: int, n_failed: int) -> None:
        """Store the totals, at most twice a second; the pulse stores what was left over."""
        self._progress = (n_successful, n_failed)
        if monotonic() - self._progress_at >= PROGRESS_SECONDS:
            self._store_progress()
        else:
            self._ensure_pulse()

    def give_up(self, reason: str) -> None:
        """End the run as failed, and this process, whatever its main thread is doing."""
        try:
            self.end()
            fail_run(self.run_id, self.token, reason=reason, unit_in_hand=self.board.unit_in_hand)
            live.flush()
        except Exception:
            # the slot ends the run, then
            log.exception("run %s could not say that it gives up", self.run_id)
        finally:
            os._exit(1)

    def end(self) -> None:
        """Stop the pulse and write what is left; lines that nobody takes for long are lost."""
        self._over.set()
        if self._pulse:
            self._pulse.join(timeout=2 * PULSE_SECONDS)
        try:
            insist(self._buffer.flush)
        except (OperationalError, InterfaceError):
            log.warning("the last lines of run %s are lost, PostgreSQL is away", self.run_id)

    def _store_progress(self) -> None:
        totals, self._progress = self._progress, None
        if totals:
            self._progress_at = monotonic()
            quietly(
                lambda: record_progress(
                    self.run_id, self.token, n_successful=totals[0], n_failed=totals[1]
                )
            )

    def _ensure_pulse(self) -> None:
        if self._pulse is None:
            self._pulse = threading.Thread(target=self._beat_on, name="pulse", daemon=True)
            self._pulse.start()

    def _beat_on(self) -> None:
        while not self._over.wait(PULSE_SECONDS):
            try:
                quietly(self._buffer.flush)
                self._store_progress()
            except Exception:
                # the next beat may do better; without a pulse nobody would hear of the run
                log.exception("the pulse of run %s met something unexpected", self.run_id)
        connection.close()


def ride(run: Run, board: Board, parent_pid: int) -> int:
    """Execute `run` in this freshly forked process; return its exit code."""
    die_with_parent(parent_pid)
    new_session()
    random.seed()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # a TERM to everything (a container that stops) is a wish to end in order
    signal.signal(signal.SIGTERM, lambda *_: board.ask_to_stop(StopCause.SHUTDOWN))
    try:
        execute_run(run, board)
    except Exception:
        log.exception("run %s could not hand in its end", run.pk)
        return 1
    finally:
        live.flush()
        connection.close()
    return 0


def execute_run(run: Run, board: Board) -> None:
    """Call the executor of the run's kind and store how it ended."""
    beat = RunBeat(run, board)
    try:
        _warn_of_other_code(run, beat)
        report = executor_of(run.version.automation.kind)(run, beat)
    except Exception as error:
        reason = explain(error)
        beat.log(reason, "error")
        beat.end()
        is_data_fault = isinstance(error, BusinessException)
        insist(
            lambda: fail_run(
                run.pk,
                beat.token,
                reason=reason,
                unit_in_hand=board.unit_in_hand,
                is_data_fault=is_data_fault,
            )
        )
    else:
        beat.end()
        insist(lambda: finish_run(run.pk, beat.token, _with_cause(report, board)))


def explain(error: BaseException) -> str:
    """Return what a person should read about an error that ended a run."""
    if isinstance(error, AutomationException | UnknownAutomationError):
        return text_of(error.message)
    return f"{type(error).__name__}: {text_of(error)}\n\n{trimmed_traceback(error)}"


def trimmed_traceback(error: BaseException) -> str:
    """Return the innermost frames of the traceback, as long as fits."""
    text = masked("".join(traceback.format_exception(error)).strip())
    return text if len(text) <= MAX_TRACEBACK else "…" + text[-MAX_TRACEBACK:]


def quietly(act: Callable[[], object]) -> bool:
    """Try a write that may wait for a later time; return whether it went through."""
    try:
        act()
    except (OperationalError, InterfaceError) as error:
        log.info("PostgreSQL is away: %s", error)
        connection.close()
        return False
    return True


def insist(act: Callable[[], Answer], *, patience_seconds: float = PATIENCE_SECONDS) -> Answer:
    """Repeat an idempotent write until PostgreSQL takes it; raise when patience is at its end."""
    pause, end = 0.1, monotonic() + patience_seconds
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError):
            connection.close()
            if monotonic() > end:
                raise
        threading.Event().wait(pause)
        pause = min(pause * 2, 2.0)


def _with_cause(report: ExitReport, board: Board) -> ExitReport:
    if not report.was_stopped or report.reason:
        return report
    return ExitReport(**{**vars(report), "reason": board.stop_cause.sentence()})


def _warn_of_other_code(run: Run, beat: RunBeat) -> None:
    """Say so when the code at hand is not the version that the run was made for."""
    if find_automation(run.version.function).fingerprint != run.version.fingerprint:
        text = _("The code on this machine is not the one of version %d; it runs all the same.")
        beat.log(text % run.version.number, "warning")
