"""Takes UBL files into the demo's queue."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Folder
from apps.demo.intake import take_in
from apps.lib.actors import SYSTEM
from apps.lib.errors import DomainError


class Command(BaseCommand):
    help = "Take in UBL 2.1 invoices and credit notes from files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        folder = Folder.objects.filter(demo_setting__isnull=False).first()
        if folder is None:
            raise CommandError("The demo is not loaded here. Load it with: manage.py load_demo")
        n_refused = 0
        for path in files:
            try:
                instance = take_in(folder, path.read_bytes(), name=path.name, by=SYSTEM)
            except (OSError, DomainError) as error:
                n_refused += 1
                self.stderr.write(f"{path.name}: {error}")
            else:
                self.stdout.write(f"{path.name}: instance {instance.pk}")
        if n_refused:
            raise CommandError(f"{n_refused} of {len(files)} files were refused.")
