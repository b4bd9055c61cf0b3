"""`manage.py scheduler`: whatever runs by itself. Any number may run at once."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from controlroom.scheduler import run_scheduler


class Command(BaseCommand):
    help = "Run everything periodic (see controlroom/cron.py) until stopped."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        run_scheduler(stop)
