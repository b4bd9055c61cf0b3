"""`manage.py up`: a whole control room with one command."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from controlroom.datadir import StartError
from controlroom.room import Room, Wishes
from controlroom.supervisor import Console


class Command(BaseCommand):
    help = "Start everything: servers, web, scheduler, worker and bots; Ctrl-C stops it in order."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--data-dir", help="where everything is kept (.data)")
        parser.add_argument("--slots", type=int, default=2, help="how many runs at a time")
        parser.add_argument("--empty", action="store_true", help="load no demo into a new database")

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = Wishes(
            host=options["host"],
            port=options["port"],
            data_dir=Path(settings.DATA_DIR),
            slots=options["slots"],
            empty=options["empty"],
        )
        try:
            Room(wishes, Console(sys.stdout)).run()
        except StartError as refusal:
            self.stderr.write(str(refusal))
            sys.exit(1)
