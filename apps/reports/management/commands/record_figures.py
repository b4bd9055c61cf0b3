"""Adds up the figures of reports again, after history was put in or put right."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.reports.lifecycle import record_again, record_figures
from apps.reports.models import FigureMark
from apps.reports.periods import FIRST_DAY, LAST_DAY


class Command(BaseCommand):
    help = (
        "Writes the figures of reports anew, from a day on. What their sources have dropped by "
        "then (old history, old minutes) is lost to them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", required=True, help="a day, such as 2026-10-01")

    def handle(self, *_arguments: Any, since: str, **_options: Any) -> None:
        record_again(_day(since))
        n_days = 0
        while n := record_figures():
            n_days += n
            mark = FigureMark.objects.get(id=1)
            self.stdout.write(f"{n_days} days, up to {mark.upto:%Y-%m-%d %H:%M}")
            if n == 1:  # today alone: all others are there
                break


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day, such as 2026-10-01.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CommandError(f"{text} is too long ago or too far ahead.")
    return day
