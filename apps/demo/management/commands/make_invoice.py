"""Makes an invoice file, with its order in the books, to upload or to send."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Folder
from apps.demo.making import Fault
from apps.demo.trickle import make_one


class Command(BaseCommand):
    help = "Write a UBL invoice to FILE; what is wrong with it is up to you."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--fault", choices=[fault.value for fault in Fault])

    def handle(self, *args: Any, file: Path, fault: str | None, **options: Any) -> None:
        folder = Folder.objects.filter(demo_setting__isnull=False).first()
        if folder is None:
            raise CommandError("The demo is not loaded here. Load it with: manage.py load_demo")
        made = make_one(folder, fault=Fault(fault) if fault else None)
        file.write_bytes(made.xml)
        self.stdout.write(made.invoice.number)
