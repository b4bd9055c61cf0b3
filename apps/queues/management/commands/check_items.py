"""Proves that every item stands in exactly one place, and that the counts agree."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from apps.queues.checks import item_faults


class Command(BaseCommand):
    help = (
        "Check that each item is in exactly one place and that the counters equal a recount."
        " Ends with exit code 1 and a table of faults if not."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        report = item_faults()
        if report.faults:
            self._show(report.faults)
            self.stdout.write(f"{len(report.faults)} faults in {report.n_items} items.")
            sys.exit(1)
        self.stdout.write(f"{report.n_items} items, each in exactly one place; counts agree.")

    def _show(self, faults: Iterable[tuple[str, str, str]]) -> None:
        for subject, what, found in [("what", "fault", "found"), *faults]:
            self.stdout.write(f"{subject:<24} {what:<28} {found}")
