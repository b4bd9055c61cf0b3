"""`manage.py worker`: what need not be done within a request. Any number may run at once."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from apps.bots.transport import SafeWorker, allow_job
from apps.events.delivery import deliver_outbox
from apps.notices.upkeep import deliver as deliver_notices
from controlroom.heartbeats import EVERY_SECONDS, beat

log = structlog.get_logger("controlroom.worker")

QUEUE = "background"
JOBS = ["apps.events.tasks.deliver"]
LAST_NOTICE_SECONDS = 8


class Command(BaseCommand):
    help = "Deliver news and do background work, woken by Redis or by looking once a second."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for name in JOBS:
            allow_job(name)
        worker = BackgroundWorker(QUEUE)
        try:
            worker.work()
        finally:
            worker.finish_notices()


class BackgroundWorker(SafeWorker):
    """Between bells, and without Redis, it looks into the outbox by itself.

    Mail servers and chats may take long to answer: what people are told goes out in a thread.
    """

    _beat_at = float("-inf")
    _notices: threading.Thread | None = None
    _is_over = threading.Event()

    def turn(self) -> int:
        self._look_after_outbox()
        self._look_after_notices()
        answered: int = super().turn()
        return answered

    def _look_after_outbox(self) -> None:
        try:
            close_old_connections()
            if time.monotonic() - self._beat_at > EVERY_SECONDS:
                beat("worker")
                self._beat_at = time.monotonic()
            deliver_outbox()
        except (DatabaseError, InterfaceError) as error:
            log.warning("database away, trying again", error=str(error))
            connections.close_all()

    def _look_after_notices(self) -> None:
        """One thread at a time; a message that a dying process leaves behind is sent later."""
        if self._notices is None or not self._notices.is_alive():
            self._notices = threading.Thread(target=self._send, name="notices", daemon=True)
            self._notices.start()

    def finish_notices(self) -> None:
        """Let the message that is on its way arrive: cut off, it would be sent again."""
        self._is_over.set()
        if self._notices is not None:
            self._notices.join(LAST_NOTICE_SECONDS)

    def _send(self) -> None:
        _send_notices(self._is_over.is_set)


def _send_notices(is_over: Callable[[], bool]) -> None:
    try:
        deliver_notices(is_over)
    except Exception:
        log.exception("notices_not_sent")
    finally:
        connections.close_all()
