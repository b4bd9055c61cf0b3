"""Runs functions at the same time, each in a thread with a database connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

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
