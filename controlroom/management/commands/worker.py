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
from apps.operations.upkeep import work as work_on_operations
from apps.queues.upkeep import read_uploads
from apps.webhooks.upkeep import deliver as deliver_webhooks
from controlroom.heartbeats import EVERY_SECONDS, beat

log = structlog.get_logger("controlroom.worker")

QUEUE = "background"
JOBS = ["apps.events.tasks.deliver"]
LAST_WORDS_SECONDS = 8


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
            worker.finish_beside()


class Beside:
    """Work that may take long, in a thread beside the worker's own; one at a time."""

    def __init__(self, name: str, work: Callable[[Callable[[], bool]], object]) -> None:
        self._name, self._work = name, work
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    def look(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def take_nothing_new(self) -> None:
        self._is_over.set()

    def finish(self, seconds: float) -> None:
        """Let what is in hand be finished, for so long."""
        if self._thread is not None:
            self._thread.join(max(0.0, seconds))

    def _run(self) -> None:
        try:
            self._work(self._is_over.is_set)
        except (DatabaseError, InterfaceError) as error:
            log.warning("database away, trying again", beside=self._name, error=str(error))
        except Exception:
            log.exception("work_beside_failed", beside=self._name)
        finally:
            connections.close_all()


class BackgroundWorker(SafeWorker):
    """Between bells, and without Redis, it looks into the outbox by itself.

    Mail servers, chats and receivers of webhooks may take long to answer, and operations have many
    targets: all go on in threads of their own.
    """

    _beat_at = float("-inf")

    def __init__(self, queue_name: str) -> None:
        super().__init__(queue_name)
        self._beside = [
            # a message that is on its way should arrive: cut off, it would be sent again
            Beside("notices", deliver_notices),
            Beside("operations", work_on_operations),
            Beside("uploads", read_uploads),
            Beside("webhooks", deliver_webhooks),
        ]

    def turn(self) -> int:
        self._look_after_outbox()
        for each in self._beside:
            each.look()
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

    def finish_beside(self) -> None:
        """Let all of it end, within LAST_WORDS_SECONDS together."""
        end = time.monotonic() + LAST_WORDS_SECONDS
        for each in self._beside:
            each.take_nothing_new()
        for each in self._beside:
            each.finish(end - time.monotonic())
