"""The live hub: one per web process. Renders what changed once, and hands it to all who look.

A nudge marks panes dirty; four times a second the dirty ones are rendered in threads, each once
however many pages show it. Nothing depends on a nudge: every pane is looked at again after some
seconds, more often while Redis is away. Everything here runs in the event loop, but the rendering.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import structlog
from django.db import DatabaseError, InterfaceError, connection

from apps.lib.lifespan import on_shutdown
from apps.lib.tasks import end_all

from . import sessions
from .fragments import Audience
from .listener import Listener
from .panes import DataPane, Pane, pane_for
from .viewers import Viewer
from .workshop import Workshop

log = structlog.get_logger("controlroom.live")

T = TypeVar("T")

RESTART = 1012
# A pane rests for so many times what rendering it took: none occupies more than half a thread.
REST_FACTOR = 1.0
# While there is more to render than the threads can do, what is quick goes before what is slow:
# a number at the top must not wait for the long lists of others. Each waits in proportion to what
# it costs, so that no list is put off for ever.
PATIENCE_FACTOR = 20.0
# Checks without a nudge may take this part of one thread; with very many panes they come later.
CHECKS_SHARE = 0.25


@dataclass(frozen=True)
class Timing:
    """All in seconds."""

    tick: float = 0.25
    settle: float = 0.05  # what is rendered within it goes out in one frame
    check: float = 7.0
    check_without_redis: float = 1.0
    send: float = 5.0
    session: float = 30.0
    database_grace: float = 5.0


class Hub:
    def __init__(self, timing: Timing | None = None) -> None:
        self.timing = timing or Timing()
        self.viewers: set[Viewer] = set()
        self.panes: dict[str, Pane] = {}  # by the fragment
        self.listener = Listener(on_topics=self.topics_changed, on_connected=self.check_all)
        self._by_topic: defaultdict[str, set[Pane]] = defaultdict(set)
        self._dirty: dict[Pane, None] = {}
        self._told: set[Viewer] = set()
        self._n_rendering = 0
        self._flush_timer: asyncio.TimerHandle | None = None
        # since when the database owes us an answer
        self._unanswered_since: float | None = None
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._workshop = Workshop(self._loop)
        self.reception = sessions.Reception(self._workshop)
        self._tasks = [self._start(self._run()), self._start(self.listener.run())]

    # ---- viewers

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        self._told.discard(viewer)
        for fragment_id in list(viewer.panes):
            self._look_away(viewer, fragment_id)

    def subscribe(self, viewer: Viewer, fragment_ids: Iterable[str], have: dict[str, str]) -> None:
        """Make `fragment_ids` all that the viewer looks at; `have`: the hashes of what it shows."""
        wanted = dict.fromkeys(fragment_ids)
        for fragment_id in [known for known in viewer.panes if known not in wanted]:
            self._look_away(viewer, fragment_id)
        viewer.have = {known: have[known] for known in wanted if known in have}
        viewer.pending = {known: op for known, op in viewer.pending.items() if known in wanted}
        for fragment_id in wanted:
            self._look_at(viewer, fragment_id)
        self._flush()

    def change_audience(self, viewer: Viewer, audience: Audience) -> None:
        """The person's rights or language changed: from now on they see what these show."""
        fragment_ids, have = list(viewer.panes), {**viewer.have, **viewer.cursors}
        self.subscribe(viewer, [], {})
        viewer.audience = audience
        self.subscribe(viewer, fragment_ids, have)

    def resume(self, viewer: Viewer) -> None:
        viewer.is_paused = False
        self._mark(viewer.panes.values())
        viewer.wake()

    def sent(self, viewer: Viewer) -> None:
        """Go on with what has more than fitted into what was sent."""
        unfinished, viewer.unfinished = viewer.unfinished, set()
        self._mark(viewer.panes[known] for known in unfinished if known in viewer.panes)

    # ---- news

    def topics_changed(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._mark(self._by_topic.get(topic, ()))
            if topic.startswith(sessions.TOPIC):
                for viewer in self.viewers:
                    if viewer.person_topic == topic:
                        viewer.is_in_doubt.set()

    def check_all(self) -> None:
        self._mark(self.panes.values())

    async def stop(self) -> None:
        """Close all sockets as for a restart, and end."""
        for viewer in self.viewers:
            viewer.end(RESTART)
        await end_all(self._tasks)
        self._workshop.close()

    # ---- who looks at what

    def _look_at(self, viewer: Viewer, fragment_id: str) -> None:
        pane = self.panes.get(fragment_id) or pane_for(fragment_id)
        if pane is None:
            if viewer.hand_gone(fragment_id):
                self._told.add(viewer)
            return
        if fragment_id not in self.panes:
            self.panes[fragment_id] = pane
            for topic in pane.topics:
                self._by_topic[topic].add(pane)
        pane.viewers.add(viewer)
        viewer.panes[fragment_id] = pane
        if isinstance(pane, DataPane) and fragment_id in viewer.have:
            viewer.cursors[fragment_id] = viewer.have[fragment_id]
        self._mark([pane])

    def _look_away(self, viewer: Viewer, fragment_id: str) -> None:
        pane = viewer.panes.pop(fragment_id)
        for per_fragment in (viewer.pending, viewer.have, viewer.cursors):
            per_fragment.pop(fragment_id, None)
        pane.viewers.discard(viewer)
        if not pane.viewers:
            self._forget(pane)

    def _forget(self, pane: Pane) -> None:
        del self.panes[pane.fragment_id]
        self._dirty.pop(pane, None)
        for topic in pane.topics:
            self._by_topic[topic].discard(pane)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    # ---- rendering

    def _mark(self, panes: Iterable[Pane]) -> None:
        self._dirty.update(dict.fromkeys(panes))
        if self._dirty:
            self._wake.set()

    async def _run(self) -> None:
        ticked_at = 0.0
        while True:
            await self._until_something_is_due()
            await asyncio.sleep(ticked_at + self.timing.tick - self._loop.time())
            ticked_at = self._loop.time()
            self._wake.clear()
            try:
                self._mark_overdue(ticked_at)
                for pane in list(self._dirty):
                    self._begin(pane, ticked_at)
                await self._leave_if_database_is_away(ticked_at)
            except Exception:
                log.exception("live_tick_failed")

    async def _until_something_is_due(self) -> None:
        """Wait for a nudge; while somebody looks, for no longer than the next check may be off."""
        pause = min(self._check_seconds() / 4, 1.0) if self.panes else None
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            return

    def _check_seconds(self) -> float:
        timing = self.timing
        usual = timing.check if self.listener.is_connected else timing.check_without_redis
        total_cost = sum(pane.cost_seconds for pane in self.panes.values())
        return max(usual, total_cost / CHECKS_SHARE)

    def _mark_overdue(self, now: float) -> None:
        oldest = now - self._check_seconds()
        for pane in self.panes.values():
            if pane.looked_at <= oldest and not pane.is_busy and pane.is_watched():
                self._dirty[pane] = None

    def _begin(self, pane: Pane, now: float) -> None:
        if pane.is_busy:
            return  # stays dirty: what is being rendered may be old already
        if now < pane.not_before:
            self._loop.call_at(pane.not_before, self._wake.set)
            return
        del self._dirty[pane]
        job = pane.job() if pane.is_watched() else None
        if job is not None:
            pane.is_busy = True
            self._n_rendering += 1
            if self._unanswered_since is None:
                self._unanswered_since = now
            self._workshop.put(
                partial(_timed, pane, job),
                partial(self._end, pane),
                patience=PATIENCE_FACTOR * pane.cost_seconds,
            )

    def _end(self, pane: Pane, result: tuple[Any, float] | Exception) -> None:
        now = self._loop.time()
        pane.is_busy = False
        pane.looked_at = now
        self._n_rendering -= 1
        if isinstance(result, Exception):
            self._note_failure(pane, result)
        else:
            self._unanswered_since = None
            pane.cost_seconds = result[1]
            pane.not_before = now + REST_FACTOR * pane.cost_seconds
            self._told.update(pane.take(result[0]) if pane.viewers else ())
        if pane in self._dirty:
            self._wake.set()
        self._flush_when_settled()

    def _flush_when_settled(self) -> None:
        """Send together what is rendered together, but wait for slow panes only so long."""
        if self._n_rendering == 0:
            self._flush()
        elif self._told and self._flush_timer is None:
            self._flush_timer = self._loop.call_later(self.timing.settle, self._flush)

    def _flush(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        told, self._told = self._told, set()
        for viewer in told:
            viewer.wake()

    # ---- trouble

    def _note_failure(self, pane: Pane, error: Exception) -> None:
        if not isinstance(error, DatabaseError | InterfaceError):
            self._unanswered_since = None
        log.error("fragment_not_rendered", fragment=pane.fragment_id, exc_info=error)
        pane.not_before = self._loop.time() + self.timing.check_without_redis

    async def _leave_if_database_is_away(self, now: float) -> None:
        """A page must not look live when nobody knows what is true: then all sockets close."""
        since, grace = self._unanswered_since, self.timing.database_grace
        if since is None or now - since < grace:
            return
        self._unanswered_since = None
        try:
            # all threads may be stuck
            async with asyncio.timeout(grace):
                answers = await self._workshop.run(_database_answers)
        except TimeoutError:
            answers = False
        if not answers:
            log.error("live_pages_closed", reason="the database does not answer")
            for viewer in self.viewers:
                viewer.end(RESTART)

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self._loop.create_task(work, name="live-hub")


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub_of_this_loop() -> Hub:
    """Return the hub of the running event loop; it starts with the first socket."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


@on_shutdown
async def stop_hub() -> None:
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.stop()


def _timed(pane: Pane, job: Callable[[], T]) -> tuple[T | None, float]:
    """Return the job's result and cost; None when meanwhile everybody looked away for good."""
    begun = time.perf_counter()
    result = job() if pane.viewers else None
    return result, time.perf_counter() - begun


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (DatabaseError, InterfaceError):
        return False
    return True
