"""Loads the demo: accounts payable with a month of sample history."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts.models import Folder
from apps.demo.history import DAYS, load_history
from apps.demo.set_up import set_up_demo
from apps.demo.starts import start_first_round
from apps.demo.switching import switch_trickle
from apps.lib.actors import SYSTEM


class Command(BaseCommand):
    help = "Load the demo process into the first folder. What is there already stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help="days of sample history")
        parser.add_argument(
            "--quiet-trickle", action="store_true", help="no new invoices by itself"
        )

    def handle(self, *args: Any, days: int, quiet_trickle: bool, **options: Any) -> None:
        folder = Folder.objects.order_by("pk").first()
        if folder is None:
            folder = Folder.objects.create(key="main", title="Main")
        queue = set_up_demo(folder)
        if quiet_trickle:
            switch_trickle(folder, is_on=False, by=SYSTEM)
        else:
            start_first_round(folder)
        n_items = load_history(queue, days=days)
        self.stdout.write(f"Demo loaded: {n_items} sample items over {days} days.")
