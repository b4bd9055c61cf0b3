"""A few threads that do the live hub's database work, since an event loop must not wait for it."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")
Done = Callable[[Any], None]

THREADS = 2


class Workshop:
    """Runs jobs in threads and hands their results, or exceptions, back in the event loop.

    A thread works until nothing is waiting, and gives its database connection back before it
    rests. Everything but `_work` happens in the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="live-hub")
        self._jobs: deque[tuple[Callable[[], Any], Done]] = deque()
        self._n_busy = 0

    def put(self, job: Callable[[], T], done: Callable[[T | Exception], None]) -> None:
        self._jobs.append((job, done))
        self._set_to_work()

    async def run(self, job: Callable[[], T]) -> T:
        """Return what `job` returns, ahead of what is waiting already."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.appendleft((job, lambda result: _settle(future, result)))
        self._set_to_work()
        return await future

    def close(self) -> None:
        """Drop what is waiting; a job that is under way ends by itself."""
        self._jobs.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

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
        try:
            job, done = self._jobs.popleft()
        except IndexError:  # the other thread was quicker
            return
        try:
            result = job()
        except Exception as error:
            result = error
        self._tell(lambda: done(result))

    def _rest(self) -> None:
        self._n_busy -= 1
        self._set_to_work()

    def _tell(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop has ended, and everybody who waited with it
            self._jobs.clear()


def _settle(future: "asyncio.Future[T]", result: T | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
