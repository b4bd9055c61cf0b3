"""Calls of many, gathered into few statements.

While a statement is in flight, the next calls collect; then they go together in one. Nobody is
answered before the commit. There is one task and one connection for each event loop, made when the
first call comes and let go after a quiet time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from .async_database import CONNECTION_ERRORS, close, connect
from .lifespan import on_shutdown

log = structlog.get_logger("controlroom.gathering")

IDLE_SECONDS = 60.0
# Gone after a second try: two transactions that stood in each other's way
FLEETING_ERRORS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

Connection = AsyncConnection[TupleRow]
CallT = TypeVar("CallT")
AnswerT = TypeVar("AnswerT")


class GoneError(Exception):
    """The database can't be reached; the cause says more."""


class Gatherer(Generic[CallT, AnswerT]):
    """Runs `step` on all calls that have come since the last one.

    `step(connection, calls)` returns one answer, or one exception, per call. If it fails as a
    whole, each call gets a step of its own, so that one bad call can't fail its neighbours; so a
    step must have done nothing when it raises. `abandon(connection, answers)` gets the answers
    that nobody waits for any more; `prepare(connection)` sees each new connection first. A step
    gets calls of up to `max_weight` together, or one that is heavier by itself; `split(calls)`
    says which of them (by index) go into one step.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[Connection, Sequence[CallT]], Awaitable[Sequence[AnswerT | Exception]]],
        *,
        abandon: Callable[[Connection, Sequence[AnswerT]], Awaitable[None]] | None = None,
        prepare: Callable[[Connection], Awaitable[None]] | None = None,
        split: Callable[[Sequence[CallT]], Sequence[Sequence[int]]] | None = None,
        weight: Callable[[CallT], int] = lambda _call: 1,
        max_weight: int = 1_000,
    ) -> None:
        self.name, self.step, self.abandon, self.prepare = name, step, abandon, prepare
        self.split, self.weight, self.max_weight = split, weight, max_weight
        on_shutdown(self.stop)
        self._rounds: WeakKeyDictionary[asyncio.AbstractEventLoop, _Round[CallT, AnswerT]] = (
            WeakKeyDictionary()
        )

    async def ask(self, call: CallT) -> AnswerT:
        """Return the answer to `call` once it is committed.

        Cancelled while it waits: the call is dropped, or its answer abandoned.
        """
        return await self._round().ask(call)

    async def stop(self) -> None:
        """Answer what has been asked on this loop, then close the connection."""
        found = self._rounds.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.stop()

    def _round(self) -> "_Round[CallT, AnswerT]":
        loop = asyncio.get_running_loop()
        found = self._rounds.get(loop)
        if found is None or found.is_over:
            found = self._rounds[loop] = _Round(self)
        return found


@dataclass
class _Waiting(Generic[CallT, AnswerT]):
    call: CallT
    answer: "asyncio.Future[AnswerT]"


@dataclass(eq=False)
class _Round(Generic[CallT, AnswerT]):
    """The gatherer on one event loop."""

    owner: Gatherer[CallT, AnswerT]
    waiting: list[_Waiting[CallT, AnswerT]] = field(default_factory=list)
    orphans: list[AnswerT] = field(default_factory=list)
    connection: Connection | None = None
    is_over: bool = False

    def __post_init__(self) -> None:
        self.bell = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=self.owner.name)

    async def ask(self, call: CallT) -> AnswerT:
        answer: asyncio.Future[AnswerT] = asyncio.get_running_loop().create_future()
        self.waiting.append(_Waiting(call, answer))
        self.bell.set()
        try:
            return await answer
        except asyncio.CancelledError:
            # cancelled between the answer and its reading
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                self.orphans.append(answer.result())
                self.bell.set()
            raise

    async def stop(self) -> None:
        self.is_over = True
        self.bell.set()
        await self.task

    async def _run(self) -> None:
        taken: list[_Waiting[CallT, AnswerT]] = []
        try:
            while await self._something_came():
                # let everybody who is ready to call join
                await asyncio.sleep(0)
                taken = self._take()
                for some in self._split(taken):
                    await self._answer(some)
                await self._abandon_orphans()
        finally:
            self.is_over = True
            for each in (*taken, *self.waiting):
                each.answer.cancel()
            await close(self.connection)

    async def _something_came(self) -> bool:
        """Wait for something to do; False when there will be nothing: stopped, or long quiet."""
        if not (self.waiting or self.orphans or self.is_over):
            self.bell.clear()
            try:
                await asyncio.wait_for(self.bell.wait(), IDLE_SECONDS)
            except TimeoutError:
                self.is_over = True
        return bool(self.waiting or self.orphans)

    def _take(self) -> list[_Waiting[CallT, AnswerT]]:
        n, total = 0, 0
        for each in self.waiting:
            total += self.owner.weight(each.call)
            if n and total > self.owner.max_weight:
                break
            n += 1
        taken, self.waiting = self.waiting[:n], self.waiting[n:]
        return [each for each in taken if not each.answer.done()]

    def _split(
        self, taken: list[_Waiting[CallT, AnswerT]]
    ) -> Iterable[list[_Waiting[CallT, AnswerT]]]:
        if self.owner.split is None:
            return [taken]
        parts = self.owner.split([each.call for each in taken])
        return [[taken[index] for index in part] for part in parts]

    async def _answer(self, taken: list[_Waiting[CallT, AnswerT]]) -> None:
        if not taken:
            return
        answers: Sequence[AnswerT | Exception]
        try:
            answers = await self._step([each.call for each in taken])
        except Exception as error:
            if len(taken) > 1 and not isinstance(error, GoneError):
                log.warning("gathered_step_failed", name=self.owner.name, error=str(error))
                for each in taken:
                    await self._answer([each])
                return
            cause = error.__cause__ if isinstance(error, GoneError) else error
            answers = [cause if isinstance(cause, Exception) else error] * len(taken)
        self._hand_out(taken, answers)

    async def _step(self, calls: list[CallT]) -> Sequence[AnswerT | Exception]:
        """Run the step; once more if it failed for a reason that a second try cures."""
        for is_last in (False, True):
            connection = await self._connected(is_last=is_last)
            if connection is None:
                continue
            try:
                return await self.owner.step(connection, calls)
            except FLEETING_ERRORS:
                if is_last:
                    raise
            except CONNECTION_ERRORS as error:
                if not connection.broken:
                    raise
                await self._disconnect()
                if is_last:
                    raise GoneError from error
        raise AssertionError("unreachable")

    async def _connected(self, *, is_last: bool) -> Connection | None:
        if self.connection is None or self.connection.closed:
            try:
                self.connection = await connect(f"controlroom-{self.owner.name}")
                if self.owner.prepare is not None:
                    await self.owner.prepare(self.connection)
            except CONNECTION_ERRORS as error:
                if is_last:
                    raise GoneError from error
                return None
        return self.connection

    async def _disconnect(self) -> None:
        gone, self.connection = self.connection, None
        await close(gone)

    def _hand_out(
        self, taken: list[_Waiting[CallT, AnswerT]], answers: Sequence[AnswerT | Exception]
    ) -> None:
        for each, answer in zip(taken, answers, strict=True):
            if each.answer.done():
                if not isinstance(answer, Exception):
                    self.orphans.append(answer)
            elif isinstance(answer, Exception):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)

    async def _abandon_orphans(self) -> None:
        orphans, self.orphans = self.orphans, []
        if not orphans or self.owner.abandon is None:
            return
        try:
            connection = await self._connected(is_last=True)
            assert connection is not None
            await self.owner.abandon(connection, orphans)
        except Exception:
            # what they hold comes back when its lease runs out
            log.exception("answers_not_abandoned", name=self.owner.name)
