"""The loop that runs the entries of cron.py, whatever happens to the servers meanwhile."""

import threading
import time

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from apps.lib import doorbell

from .cron import FAILURES, FILES, MAIL, PINGS, PROMPT, RETENTION, TIDYING, Entry
from .heartbeats import EVERY_SECONDS, beat

log = structlog.get_logger("controlroom.scheduler")

BELL = "scheduler"
LONGEST_WAIT_SECONDS = 0.5  # so that a stop is noticed soon
SLOW_SECONDS = 2.0
REMIND_SECONDS = 60.0
STOP_SECONDS = 3.0


def beat_as_scheduler() -> None:
    beat("scheduler")


class Lane:
    """Runs entries one after the other, each when it is due; a failing one fails alone."""

    def __init__(self, entries: list[Entry], stop: threading.Event) -> None:
        self._entries = entries
        self._stop = stop
        self._due_at = dict.fromkeys(entries, 0.0)
        self._failing: dict[Entry, float] = {}  # when each was last written about

    def turn(self, *, is_rung: bool = False) -> None:
        """Run what is due (and what the bell is for), until asked to stop."""
        for entry in self._entries:
            if self._stop.is_set():
                return
            if self._due_at[entry] <= time.monotonic() or (is_rung and entry.on_bell):
                self._due_at[entry] = time.monotonic() + entry.every_seconds
                self._run(entry)

    @property
    def seconds_until_due(self) -> float:
        return max(0.0, min(self._due_at.values(), default=60.0) - time.monotonic())

    def _run(self, entry: Entry) -> None:
        begun = time.monotonic()
        try:
            close_old_connections()
            entry()
        except Exception as error:
            self._note_failure(entry, error)
        else:
            self._note_success(entry, time.monotonic() - begun)

    def _note_failure(self, entry: Entry, error: Exception) -> None:
        """Log the first failure in full, then a line a minute; drop a broken connection."""
        if isinstance(error, (DatabaseError, InterfaceError)):
            connections.close_all()
        now = time.monotonic()
        if entry not in self._failing:
            log.exception("entry failed", entry=entry.name)
        elif now - self._failing[entry] > REMIND_SECONDS:
            log.warning("entry still fails", entry=entry.name, error=str(error))
        else:
            return
        self._failing[entry] = now

    def _note_success(self, entry: Entry, seconds: float) -> None:
        if self._failing.pop(entry, None) is not None:
            log.info("entry works again", entry=entry.name)
        if seconds > SLOW_SECONDS:
            log.warning("slow entry", entry=entry.name, seconds=round(seconds, 1))


def run_scheduler(stop: threading.Event) -> None:
    """Run until `stop` is set; then end after the entry that is under way."""
    heartbeat = Entry(f"{__name__}.beat_as_scheduler", EVERY_SECONDS)
    prompt = Lane([heartbeat, *PROMPT], stop)
    lanes = (TIDYING, FAILURES, RETENTION, FILES, MAIL, PINGS)
    beside = [_beside(entries, stop) for entries in lanes]
    is_rung = False
    while not stop.is_set():
        prompt.turn(is_rung=is_rung)
        wait = min(prompt.seconds_until_due, LONGEST_WAIT_SECONDS)
        is_rung = wait > 0 and doorbell.wait(BELL, wait)
    deadline = time.monotonic() + STOP_SECONDS
    for lane in beside:
        lane.join(max(0.0, deadline - time.monotonic()))


def _beside(entries: list[Entry], stop: threading.Event) -> threading.Thread:
    """Run a lane in a thread of its own: what takes long there holds up nobody else."""
    lane = threading.Thread(target=_run_beside, args=[Lane(entries, stop), stop], daemon=True)
    lane.start()
    return lane


def _run_beside(lane: Lane, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            lane.turn()
            stop.wait(lane.seconds_until_due)
    finally:
        connections.close_all()
