"""`manage.py worker`: what need not be done within a request. Any number may run at once."""

import threading
import time
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


class Command(BaseCommand):
    help = "Deliver news and do background work, woken by Redis or by looking once a second."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for name in JOBS:
            allow_job(name)
        BackgroundWorker(QUEUE).work()


class BackgroundWorker(SafeWorker):
    """Between bells, and without Redis, it looks into the outbox by itself.

    Mail servers and chats may take long to answer: what people are told goes out in a thread.
    """

    _beat_at = float("-inf")
    _notices: threading.Thread | None = None

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
            self._notices = threading.Thread(target=_send_notices, name="notices", daemon=True)
            self._notices.start()


def _send_notices() -> None:
    try:
        deliver_notices()
    except Exception:
        log.exception("notices_not_sent")
    finally:
        connections.close_all()
