"""Nudges: tell open pages that a topic changed. They carry no data, and any of them may get lost.

The first nudge of a topic goes out at once, in the caller's thread; further ones within a tenth
of a second become one, sent by a thread at the end of it. Redis away: nothing goes out, nobody is
held up, and the live hub finds the changes by its own checks.
"""

import atexit
import json
import os
import threading
import time
from collections.abc import Iterable

import structlog

from apps.lib.after_commit import after_commit
from apps.lib.redis import REDIS_ERRORS, channel, connection, in_event_loop

log = structlog.get_logger("controlroom.live")

CHANNEL = "live"
# Each topic goes out at most ten times a second per process; pages are drawn less often.
QUIET_SECONDS = 0.1
# After an error Redis is left alone for a while: hot paths must not wait for it again and again.
REST_SECONDS = 2.0
MAX_TOPICS_PER_MESSAGE = 200
MAX_TOPICS_HELD = 5_000
IDLE_SECONDS = 10.0


def nudge(*topics: str) -> None:
    """Tell open pages that `topics` changed, once the current transaction has committed.

    Never raises, costs next to nothing when called often, and is safe in threads, in an event
    loop and after a fork.
    """
    if topics:
        after_commit(lambda: _sender.offer(topics))


def flush() -> None:
    """Send what is still held back; for processes that end without running exit handlers."""
    _sender.flush()


class Sender:
    """Holds the topics of this process that are to be sent, at most one message every so often."""

    def __init__(self) -> None:
        self.forget_everything()

    def forget_everything(self) -> None:
        """Start afresh, with neither thread nor lock: after a fork they are the parent's."""
        self._changed = threading.Condition()
        self._waiting: dict[str, None] = {}
        self._sent_at: dict[str, float] = {}
        self._resting_until = 0.0
        self._thread: threading.Thread | None = None

    def offer(self, topics: Iterable[str]) -> None:
        """Send the topics that have been quiet; keep the others for the thread. Never raises."""
        try:
            due = self._take_in(topics, may_send=not in_event_loop())
            if due:
                self._send(due)
        except Exception:
            log.exception("nudge_failed")

    def flush(self) -> None:
        with self._changed:
            due = list(self._waiting)
            self._waiting.clear()
        if due:
            self._send(due)

    def _take_in(self, topics: Iterable[str], *, may_send: bool) -> list[str]:
        """Return what to send now; leave the rest to the thread."""
        now = time.monotonic()
        with self._changed:
            due = []
            for topic in topics:
                if may_send and topic not in self._waiting and self._is_quiet(topic, now):
                    self._sent_at[topic] = now
                    due.append(topic)
                elif len(self._waiting) < MAX_TOPICS_HELD:
                    self._waiting[topic] = None
            if self._waiting:
                self._wake_thread()
        return due

    def _is_quiet(self, topic: str, now: float) -> bool:
        return now - self._sent_at.get(topic, -QUIET_SECONDS) >= QUIET_SECONDS

    def _wake_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="live-nudges", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        """Send what is due, until nothing has come for a while."""
        while True:
            with self._changed:
                if not self._waiting and not self._changed.wait(IDLE_SECONDS):
                    self._thread = None
                    return
            time.sleep(QUIET_SECONDS / 10)
            due = self._take_due()
            try:
                if due:
                    self._send(due)
            except Exception:
                log.exception("nudge_failed")

    def _take_due(self) -> list[str]:
        now = time.monotonic()
        with self._changed:
            due = [topic for topic in self._waiting if self._is_quiet(topic, now)]
            for topic in due:
                del self._waiting[topic]
                self._sent_at[topic] = now
            self._sent_at = {
                topic: at for topic, at in self._sent_at.items() if now - at < QUIET_SECONDS
            }
        return due

    def _send(self, topics: list[str]) -> None:
        now = time.monotonic()
        if now < self._resting_until:
            return
        try:
            for start in range(0, len(topics), MAX_TOPICS_PER_MESSAGE):
                some = topics[start : start + MAX_TOPICS_PER_MESSAGE]
                message = json.dumps({"topics": some}, separators=(",", ":"))
                connection().publish(channel(CHANNEL), message)
        except REDIS_ERRORS as error:
            self._resting_until = now + REST_SECONDS
            log.warning("nudge_not_sent", error=str(error))


_sender = Sender()
os.register_at_fork(after_in_child=lambda: _sender.forget_everything())
atexit.register(flush)
