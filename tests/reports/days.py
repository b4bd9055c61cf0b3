"""A past made up for tests: what happens within `at(moment)` is moved to that moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from apps.accounts.models import Folder
from apps.events.bus import deliver_outbox
from apps.failures.upkeep import group_failures
from apps.lib.clock import database_now
from apps.queues.upkeep import fold_counters
from apps.reports.asking import Wanted, read
from apps.reports.figures import Asked
from apps.reports.lifecycle import record_span
from apps.reports.models import DayFigure, FigureMark
from apps.reports.questions import QUESTIONS
from apps.reports.shapes import Report

BERLIN = ZoneInfo("Europe/Berlin")

MOVED = (
    ("queues_counterdelta", "at"),
    ("events_event", "occurred_at"),
    ("queues_ended", "at"),
    ("queues_attempt", "ended_at"),
    ("inbox_usertask", "created_at"),
    ("inbox_usertask", "decided_at"),
    ("failures_ungrouped", "at"),
)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Have all that is done within happen at `moment`, folded and grouped then."""
    begun = database_now()
    yield
    while deliver_outbox():
        pass
    with connection.cursor() as cursor:
        for table, column in MOVED:
            cursor.execute(
                f"update {table} set {column} = %s where {column} >= %s", [moment, begun]
            )
    fold_counters()
    group_failures()


def record(since: date) -> None:
    """Write some days from `since` on, a week or more, as the scheduler does by and by."""
    begins = datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(hours=12)
    FigureMark.objects.all().delete()
    FigureMark.objects.create(id=1, upto=begins, since=since, zone=settings.ORGANISATION_TIME_ZONE)
    for _times in range(2):
        record_span()


def figures_of(day: date, **where: Any) -> dict[str, float]:
    """Return what is written of a day, summed by measure; what is 0 is left out."""
    found: dict[str, float] = {}
    for row in DayFigure.objects.filter(day=day, **where):
        found[row.measure] = found.get(row.measure, 0) + float(row.n)
    return {measure: n for measure, n in found.items() if n}


def report(key: str, folder: Folder, /, *, today: date | None = None, **said: str) -> Report:
    return QUESTIONS[key].answer(asked(folder, today=today, **said))


def asked(*folders: Folder, today: date | None = None, **said: str) -> Asked:
    names = {"first": "from", "last": "until"}
    wanted: Wanted
    wanted, problems = read(
        {names.get(name, name): value for name, value in said.items()},
        today=today or database_now().date(),
    )
    assert not problems, problems
    return Asked(wanted, frozenset(folder.pk for folder in folders))


def value_of(found: Report, key: str) -> float | None:
    (figure,) = [each for each in found.figures if each.key == key]
    return None if figure.value is None else float(figure.value)
