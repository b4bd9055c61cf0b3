"""Bots that wait for items of an empty queue, without a thread and without asking all the time.

One task for each event loop looks, with one statement for all queues that somebody waits for, when
a nudge says that such a queue changed, and once a second in any case.
"""

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import structlog

from apps.events.listener import Listener
from apps.lib.gathering import Connection, Gatherer
from apps.lib.lifespan import on_closing

from .statements import room_of_queue

log = structlog.get_logger("controlroom.queues")

LOOK_SECONDS = 1.0
# Nudges come in bursts; whoever looks after the first sees what the others were about
SETTLE_SECONDS = 0.02


def filled() -> str:
    """Which of the queues `ids` have something that may be leased now."""
    return f"""
select q.id from queues_workqueue q
 cross join lateral ({room_of_queue()}) r
 where q.id = any (%(ids)s::bigint[]) and q.paused_at is null and (r.n is null or r.n > 0)
   and exists (select from queues_ready r
                where r.queue_id = q.id
                  and (r.expires_at is null or r.expires_at > statement_timestamp()))
"""  # noqa: S608


async def wait_for_items(queue_id: int, seconds: float) -> bool:
    """Return True as soon as the queue may have something to lease.

    False after `seconds`, or when the process is about to end: then don't wait again.
    """
    return await _waiters_of_loop().wait(queue_id, seconds)


class _Waiters:
    """Who waits on one event loop."""

    def __init__(self) -> None:
        self.by_queue: dict[int, set[asyncio.Future[bool]]] = {}
        self.bell = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def wait(self, queue_id: int, seconds: float) -> bool:
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.by_queue.setdefault(queue_id, set()).add(waiter)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._look_after(), name="waiting-bots")
        try:
            return await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            return False
        finally:
            self._forget(queue_id, waiter)

    def _forget(self, queue_id: int, waiter: asyncio.Future[bool]) -> None:
        waiters = self.by_queue.get(queue_id, set())
        waiters.discard(waiter)
        if not waiters:
            self.by_queue.pop(queue_id, None)

    async def _look_after(self) -> None:
        """Look for items until nobody waits any more."""
        listener = Listener(on_topics=self._hear, on_connected=self.bell.set)
        listening = asyncio.create_task(listener.run(), name="waiting-bots-listener")
        try:
            while self.by_queue:
                await self._rest()
                await self._look()
        finally:
            # who comes from now on starts a task of their own
            self.task = None
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _look(self) -> None:
        try:
            filled = await _filled.ask(frozenset(self.by_queue))
        except Exception as error:
            log.warning("waiting_bots_not_looked_after", error=str(error))
        else:
            for queue_id in filled:
                self._wake(queue_id)

    async def _rest(self) -> None:
        self.bell.clear()
        try:
            await asyncio.wait_for(self.bell.wait(), LOOK_SECONDS)
            await asyncio.sleep(SETTLE_SECONDS)
        except TimeoutError:
            pass

    def _hear(self, topics: list[str]) -> None:
        if any(f"queue:{queue_id}" in topics for queue_id in self.by_queue):
            self.bell.set()

    def _wake(self, queue_id: int, *, has_work: bool = True) -> None:
        for waiter in self.by_queue.get(queue_id, ()):
            if not waiter.done():
                waiter.set_result(has_work)

    def send_home(self) -> None:
        for queue_id in self.by_queue:
            self._wake(queue_id, has_work=False)


async def _look(connection: Connection, asked: Sequence[frozenset[int]]) -> Sequence[set[int]]:
    ids = list(frozenset[int]().union(*asked))
    cursor = await connection.execute(filled(), {"ids": ids}, prepare=True)
    found = {queue_id for (queue_id,) in await cursor.fetchall()}
    return [found & each for each in asked]


_filled: Gatherer[frozenset[int], set[int]] = Gatherer("waiting", _look)
_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiters] = WeakKeyDictionary()


def send_home() -> None:
    """Have all who wait on this event loop answer now: the process is about to end."""
    if (waiters := _of_loops.get(asyncio.get_running_loop())) is not None:
        waiters.send_home()


on_closing(send_home)


def _waiters_of_loop() -> _Waiters:
    loop = asyncio.get_running_loop()
    found = _of_loops.get(loop)
    if found is None:
        found = _of_loops[loop] = _Waiters()
    return found
