"""Runs functions at the same time, each in a thread with a database connection of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Barrier, Event
from time import monotonic
from typing import TypeVar

import psycopg
from django.db import connections

T = TypeVar("T")

# Whoever waits longer than this waits for somebody who will never come.
PATIENCE_SECONDS = 120


def race(*runners: Callable[[], T]) -> list[T]:
    """Start all `runners` at once and return what they return; the first error is raised."""
    start = Barrier(len(runners))

    def run(runner: Callable[[], T]) -> T:
        start.wait(PATIENCE_SECONDS)
        try:
            return runner()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(runners)) as pool:
        futures = [pool.submit(run, runner) for runner in runners]
        return [future.result(PATIENCE_SECONDS) for future in futures]


def race_same(n: int, runner: Callable[[int], T]) -> list[T]:
    """Run `runner(0)` to `runner(n - 1)` at once."""

    def numbered(number: int) -> Callable[[], T]:
        return lambda: runner(number)

    return race(*[numbered(number) for number in range(n)])


def flat(lists: Sequence[Sequence[T]]) -> list[T]:
    return [each for some in lists for each in some]


@contextmanager
def holding(sql: str, values: Sequence[object]) -> Iterator[Callable[[], None]]:
    """Run `sql` in a transaction of another connection; call what is given to roll it back."""
    with closing(_another_connection()) as other:
        other.execute(sql, values)
        yield other.rollback


def until_waiting(n: int) -> None:
    """Return when `n` sessions of the database wait for locks."""
    _until(
        "select count(*) >= %s from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'",
        [n],
    )


def until_expired(item_id: int) -> None:
    """Return when the item's lease has run out, by the clock of the database."""
    _until("select expires_at < clock_timestamp() from queues_lease where item_id = %s", [item_id])


def _until(question: str, values: Sequence[object]) -> None:
    """Ask until the answer is yes, in transactions of their own: each sees the latest."""
    deadline, pause = monotonic() + PATIENCE_SECONDS, Event()
    with closing(_another_connection(autocommit=True)) as other:
        while monotonic() < deadline:
            row = other.execute(question, values).fetchone()
            if row and row[0]:
                return
            pause.wait(0.01)
    raise TimeoutError(question)


def _another_connection(*, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    settings = connections["default"].settings_dict
    return psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
        autocommit=autocommit,
    )
