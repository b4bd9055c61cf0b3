"""`manage.py worker`: what need not be done within a request. Any number may run at once."""

import time
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from apps.bots.transport import SafeWorker, allow_job
from apps.events.delivery import deliver_outbox
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
    """Between bells, and without Redis, it looks into the outbox by itself."""

    _beat_at = float("-inf")

    def turn(self) -> int:
        self._look_after_outbox()
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
