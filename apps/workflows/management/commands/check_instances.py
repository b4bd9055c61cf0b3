"""Proves that the rows of all instances fit together."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from apps.workflows.checks import instance_faults


class Command(BaseCommand):
    help = (
        "Check that tokens, scopes, subscriptions, items and incidents of all instances agree."
        " Ends with exit code 1 and a table of faults if not."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        report = instance_faults()
        if report.faults:
            self._show(report.faults)
            self.stdout.write(f"{len(report.faults)} faults in {report.n_instances} instances.")
            sys.exit(1)
        self.stdout.write(f"{report.n_instances} instances, all of a piece.")

    def _show(self, faults: Iterable[tuple[str, str, str]]) -> None:
        for subject, what, found in [("what", "fault", "found"), *faults]:
            self.stdout.write(f"{subject:<24} {what:<44} {found}")
