"""A few threads that do the live hub's database work, since an event loop must not wait for it."""

import asyncio
import heapq
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")
Done = Callable[[Any], None]

# Drawing is waiting for the database more than half of the time: with two threads 300 busy pages
# heard p95 1.2 s after an event, with four 0.9 s.
THREADS = 4
AT_ONCE = float("-inf")


@dataclass(order=True, slots=True)
class _Job:
    due: float
    number: int
    do: Callable[[], Any] = field(compare=False)
    done: Done = field(compare=False)


class Workshop:
    """Runs jobs in threads and hands their results, or exceptions, back in the event loop.

    What is due first goes first. A thread works until nothing is waiting, and gives its database
    connection back before it rests. Everything but `_work` happens in the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="live-hub")
        self._jobs: list[_Job] = []
        self._lock = threading.Lock()
        self._numbers = count()
        self._n_busy = 0

    def put(
        self, job: Callable[[], T], done: Callable[[T | Exception], None], *, patience: float = 0.0
    ) -> None:
        """Do `job`, and call `done`; for `patience` seconds, what is quicker may go first."""
        self._push(self._loop.time() + patience, job, done)

    def put_first(self, job: Callable[[], T], done: Callable[[T | Exception], None]) -> None:
        """Do `job`, ahead of what is waiting already, and call `done`."""
        self._push(AT_ONCE, job, done)

    async def run(self, job: Callable[[], T]) -> T:
        """Return what `job` returns, ahead of what is waiting already."""
        future: asyncio.Future[T] = self._loop.create_future()
        self.put_first(job, lambda result: settle(future, result))
        return await future

    def close(self) -> None:
        """Drop what is waiting; a job that is under way ends by itself."""
        self._drop()
        self._pool.shutdown(wait=False)

    def _push(self, due: float, job: Callable[[], Any], done: Done) -> None:
        with self._lock:
            heapq.heappush(self._jobs, _Job(due, next(self._numbers), job, done))
        self._set_to_work()

    def _set_to_work(self) -> None:
        if self._jobs and self._n_busy < THREADS:
            self._n_busy += 1
            self._pool.submit(self._work)

    def _work(self) -> None:
        try:
            while self._jobs:
                self._work_on_next()
        finally:
            # in the web process this gives the connection back to the pool
            connections.close_all()
            self._tell(self._rest)

    def _work_on_next(self) -> None:
        with self._lock:
            if not self._jobs:  # the other thread was quicker
                return
            job = heapq.heappop(self._jobs)
        try:
            result = job.do()
        except Exception as error:
            result = error
        self._tell(lambda: job.done(result))

    def _rest(self) -> None:
        self._n_busy -= 1
        self._set_to_work()

    def _tell(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop has ended, and everybody who waited with it
            self._drop()

    def _drop(self) -> None:
        with self._lock:
            self._jobs.clear()


def settle(future: "asyncio.Future[T]", result: T | Exception) -> None:
    """Hand the result to who waits for it, unless they have gone."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
