"""The micro-batcher: single calls of many bots share statements, and each is answered after commit.

It runs the lifecycle's own hot statements on a connection of the event loop. What needs a second
look (failures, results that were refused) is not for here: the caller hands it to the lifecycle.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from apps.events.bus import ring
from apps.lib.gathering import Gatherer

from .lifecycle.finishing import result_arrays
from .lifecycle.leasing import is_limited, note_limited, paused
from .lifecycle.room import asking, read_room
from .lifecycle.running import array_text, tell_moved
from .lifecycle.values import Hold, Result
from .models import Attempt
from .statements import FINISH_AND_LEASE, HOT_SETTINGS, LOCK_ROOM, RENEW, SPEND, ask_room

MAX_WEIGHT = 1_000  # results and wanted items in one statement
NO_QUEUE = 0

Connection = AsyncConnection[Any]
Key = tuple[int, UUID]
Row = tuple[Any, ...]

HELD_IN = """
select l.item_id, q.folder_id from queues_lease l join queues_workqueue q on q.id = l.queue_id
 where l.item_id = any (%(ids)s::bigint[])
"""
FIND_QUEUE = "select id from queues_workqueue where folder_id = %(folder)s and key = %(key)s"


@dataclass(frozen=True, slots=True)
class Want:
    """Up to `n` items of the queue with this key, for `bot`; 0 seconds: what the queue says.

    `capabilities`: what the bot says it can do, beside what is known of it.
    """

    queue: str
    n: int
    bot: str
    seconds: int = 0
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leased:
    """A leased item; its payload is JSON text that goes out as it is."""

    id: int
    reference: str
    payload: str
    attempt: int
    token: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """Results (successes and releases) to hand in, and what is wanted then."""

    folder_id: int
    results: tuple[Result, ...] = ()
    want: Want | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    folder_id: int
    held: tuple[Key, ...]
    seconds: int | None = None


Call = Exchange | Renewal


@dataclass(slots=True)
class Answer:
    """What became of a call.

    `done`: what took effect (results, or renewals); `foreign`: leases of other folders, left
    alone; `queue_id`: the queue that was leased from, None when there is no such queue; `hold`:
    why nothing may be leased from it.
    """

    done: set[Key] = field(default_factory=set)
    foreign: set[Key] = field(default_factory=set)
    leased: list[Leased] = field(default_factory=list)
    hold: Hold | None = None
    queue_id: int | None = None


async def exchange(call: Exchange) -> Answer:
    """Hand in results and lease, together with whoever else does so now.

    Cancelled: what was leased meanwhile is given back.
    """
    return await batcher.ask(call)


async def renew(call: Renewal) -> Answer:
    return await batcher.ask(call)


def _split(calls: Sequence[Call]) -> list[list[int]]:
    """Put calls that lease from one queue together; those that only hand in go with the first."""
    parts: dict[tuple[int, str], list[int]] = {}
    others = []
    for index, call in enumerate(calls):
        if isinstance(call, Exchange) and call.want is not None:
            parts.setdefault((call.folder_id, call.want.queue), []).append(index)
        else:
            others.append(index)
    first, *more = list(parts.values()) or [[]]
    return [[*others, *first], *more]


async def _step(connection: Connection, calls: Sequence[Call]) -> Sequence[Answer]:
    """Carry out calls that lease from one queue at most.

    Leasing comes last: whatever fails before it, nobody holds an item without knowing.
    """
    answers = [Answer() for _ in calls]
    await _mark_foreign(connection, calls, answers)
    pairs = list(zip(calls, answers, strict=True))
    await _renew_all(connection, pairs)
    exchanges = [(call, answer) for call, answer in pairs if isinstance(call, Exchange)]
    if exchanges:
        await _Round(connection, exchanges).run()
    return answers


async def _mark_foreign(
    connection: Connection, calls: Sequence[Call], answers: Sequence[Answer]
) -> None:
    """Find the leases that are not of the folder in which the caller may act."""
    asked = [_keys_of(call) for call in calls]
    ids = {item_id for keys in asked for item_id, _token in keys}
    if not ids:
        return
    folders: dict[int, int] = dict(await _rows(connection, HELD_IN, {"ids": array_text(ids)}))
    for call, keys, answer in zip(calls, asked, answers, strict=True):
        own = call.folder_id
        answer.foreign = {key for key in keys if folders.get(key[0], own) != own}


async def _renew_all(connection: Connection, pairs: Sequence[tuple[Call, Answer]]) -> None:
    """Renew the leases of all calls, one statement for each duration that is asked for."""
    by_seconds: dict[int | None, list[tuple[Answer, list[Key]]]] = {}
    for call, answer in pairs:
        if isinstance(call, Renewal):
            own = [key for key in call.held if key not in answer.foreign]
            by_seconds.setdefault(call.seconds, []).append((answer, own))
    for seconds, some in by_seconds.items():
        keys = list({key for _answer, own in some for key in own})
        rows = await _rows(connection, RENEW, {**_ids(keys), "seconds": seconds})
        renewed = set(rows)
        for answer, own in some:
            answer.done = {key for key in own if key in renewed}


class _Round:
    """One gathering of exchanges."""

    def __init__(
        self, connection: Connection, exchanges: Sequence[tuple[Exchange, Answer]]
    ) -> None:
        self.connection, self.exchanges = connection, list(exchanges)
        self.results: dict[int, Result] = {}

    async def run(self) -> None:
        wants = [(call.want, answer) for call, answer in self.exchanges if call.want is not None]
        queue_id = await self._find_queue()
        if queue_id == NO_QUEUE:
            # who wants something that does not exist gets nothing done
            self.exchanges = [each for each in self.exchanges if each[0].want is None]
            wants = []
        self._collect_results()
        must_lock = is_limited(queue_id)
        if self.results or (wants and not must_lock):
            report = await self._run(queue_id, [] if must_lock else wants, self.results.values())
            self._note_finished(report)
            must_lock = must_lock or report["is_limited"]
        if must_lock and wants:
            await self._lease_locked(queue_id, wants)

    async def _lease_locked(self, queue_id: int, wants: list[tuple[Want, Answer]]) -> None:
        """Lease with everybody else held off whom the same limits bind."""
        asked = _of_wants([want for want, _answer in wants]) | {"queue_id": queue_id}
        async with self.connection.transaction():
            locked = await _rows(self.connection, LOCK_ROOM, {"queue_id": queue_id})
            room = read_room(await _rows(self.connection, ask_room(), asking(asked)), locked)
            note_limited(queue_id, room)
            if not room.is_capable:
                return
            counts = room.fitted(asked["counts"])
            if any(counts):
                await self._run(queue_id, wants, [], counts=counts)
                n = sum(len(answer.leased) for _want, answer in wants)
                if n and room.has_rates:
                    await _rows(self.connection, SPEND, {"queue_id": queue_id, "n": n})
            for index, (_want, answer) in enumerate(wants):
                answer.hold = None if counts[index] else room.hold_of(index)

    def _collect_results(self) -> None:
        """Take one result of each item: the statement's report is by item, not by lease.

        The lifecycle tells what became of the others: sent twice, or of a lease that was lost.
        """
        for call, answer in self.exchanges:
            for result in call.results:
                if (result.id, result.token) not in answer.foreign:
                    self.results.setdefault(result.id, result)

    async def _find_queue(self) -> int:
        """Return the queue that all these calls lease from, and note it in their answers."""
        wanting = [(call, call.want, answer) for call, answer in self.exchanges if call.want]
        if not wanting:
            return NO_QUEUE
        call, want, _answer = wanting[0]
        values = {"folder": call.folder_id, "key": want.queue}
        rows = await _rows(self.connection, FIND_QUEUE, values)
        queue_id: int | None = rows[0][0] if rows else None
        for _call, _want, answer in wanting:
            answer.queue_id = queue_id
        return queue_id or NO_QUEUE

    async def _run(
        self,
        queue_id: int,
        wants: list[tuple[Want, Answer]],
        results: Iterable[Result],
        *,
        counts: list[int] | None = None,
    ) -> dict[str, Any]:
        """Run the statement, deal out what it leased, and return its report.

        `counts`: what the wants get at most, as was found out under locks.
        """
        values = {**result_arrays(list(results)), **_of_wants([want for want, _answer in wants])}
        values |= {"queue_id": queue_id, "is_locked": counts is not None}
        values |= {"counts": counts} if counts else {}
        first, *leased = await _rows(self.connection, FINISH_AND_LEASE, values)
        report: dict[str, Any] = orjson.loads(first[3])
        for row in sorted(leased, key=lambda row: (row[7], row[8])):
            wants[row[7] - 1][1].leased.append(_leased(row))
        for _want, answer in wants:
            answer.hold = paused(report["paused"])
        queues = {*report["queues"], *([queue_id] if leased else [])}
        _tell(queues, [*report["finished"], *(row[0] for row in leased)], report["refilled"])
        if report["has_told"]:
            ring()
        return report

    def _note_finished(self, report: dict[str, Any]) -> None:
        finished = set(report["finished"])
        for call, answer in self.exchanges:
            answer.done = {
                (result.id, result.token)
                for result in call.results
                # the very object: an equal result of somebody else is looked up
                if result.id in finished and self.results.get(result.id) is result
            }


async def _release(connection: Connection, answers: Iterable[Answer]) -> None:
    """Give back what was leased for somebody who has gone away."""
    released = tuple(
        Result(item.id, item.token, Attempt.Outcome.RELEASED)
        for answer in answers
        for item in answer.leased
    )
    if released:
        # whose folder it is does not matter: these leases were ours
        call = Exchange(folder_id=0, results=released)
        await _Round(connection, [(call, Answer())]).run()


def _tell(queue_ids: set[int], item_ids: list[int], refilled: list[int]) -> None:
    """Tell pages and bots; Redis may take its time, and the event loop must not wait for it."""
    if refilled:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, lambda: tell_moved(queue_ids, item_ids, refilled=refilled))
    elif queue_ids:
        tell_moved(queue_ids, item_ids)


async def _prepare(connection: Connection) -> None:
    await connection.execute(HOT_SETTINGS)


async def _rows(connection: Connection, sql: str, values: dict[str, Any]) -> list[Row]:
    cursor = await connection.execute(sql, values, prepare=True)
    return await cursor.fetchall() if cursor.description else []


def _of_wants(wants: Sequence[Want]) -> dict[str, Any]:
    return {
        "wanted_by": [want.bot for want in wants],
        "run_ids": [None for _ in wants],
        "counts": [want.n for want in wants],
        "seconds": [want.seconds for want in wants],
        "capabilities": [list(want.capabilities) for want in wants],
    }


def _ids(keys: Sequence[Key]) -> dict[str, str]:
    return {
        "ids": array_text(item_id for item_id, _token in keys),
        "tokens": array_text(token for _item_id, token in keys),
    }


def _keys_of(call: Call) -> list[Key]:
    if isinstance(call, Renewal):
        return list(call.held)
    return [(result.id, result.token) for result in call.results]


def _leased(row: Row) -> Leased:
    item_id, token, reference, payload, attempt, expires_at = row[:6]
    return Leased(item_id, reference, payload, attempt, token, expires_at)


def _weight(call: Call) -> int:
    if isinstance(call, Renewal):
        return len(call.held)
    return len(call.results) + (call.want.n if call.want else 0)


batcher: Gatherer[Call, Answer] = Gatherer(
    "batcher",
    _step,
    split=_split,
    abandon=_release,
    prepare=_prepare,
    weight=_weight,
    max_weight=MAX_WEIGHT,
)
