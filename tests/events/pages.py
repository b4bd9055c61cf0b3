"""Open pages: the browser's end of a live connection, spoken to without a server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections
from django.test import Client

from apps.accounts.models import User
from apps.events import hub as hubs
from apps.events.consumers import LiveConsumer
from apps.events.hub import Hub, Timing

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
# Checks by themselves are off, unless a test is about them.
BY_NUDGES_ONLY = Timing(
    tick=0.02, settle=0.05, check=600, check_without_redis=600, send=5, session=600
)


def session_of(person: User) -> str:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    key: str = client.session.session_key
    return key


def run(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(scenario, PATIENCE_SECONDS))


async def in_thread(job: Callable[[], T]) -> T:
    """Do what needs the database, as another process would: with a connection of its own."""

    def work() -> T:
        try:
            return job()
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; the test's patience is the limit."""
    while not condition():
        await asyncio.sleep(0.005)


@asynccontextmanager
async def running_hub(
    timing: Timing = BY_NUDGES_ONLY, *, with_redis: bool = True
) -> AsyncIterator[Hub]:
    hub = hubs._hubs[asyncio.get_running_loop()] = Hub(timing)
    if with_redis:
        await until(lambda: hub.listener.is_connected)
    try:
        yield hub
    finally:
        await hubs.stop_hub()
        await until(lambda: hub._workshop._n_busy == 0)


async def settled(hub: Hub) -> None:
    """Return when nothing is left to render."""
    await until(lambda: not hub._dirty and hub._n_rendering == 0)


class Page:
    def __init__(self, session_key: str | None) -> None:
        self.closed_with: int | None = None
        self.frames: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self._session_key = session_key
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def open(self) -> "Page":
        cookies = {settings.SESSION_COOKIE_NAME: self._session_key} if self._session_key else {}
        scope = {"type": "websocket", "cookies": cookies}
        application = LiveConsumer.as_asgi()
        self._task = asyncio.create_task(application(scope, self._to_server.get, self._take))
        self._to_server.put_nowait({"type": "websocket.connect"})
        return self

    async def subscribe(self, *fragments: str, have: dict[str, str] | None = None) -> None:
        self.say({"t": "sub", "v": 1, "f": list(fragments), "have": have or {}})

    def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self, sort: str = "f") -> dict[str, Any]:
        """Return the next message of this sort."""
        while True:
            message = await self._from_server.get()
            if message["t"] == sort:
                return message

    async def next_op(self) -> dict[str, Any]:
        """Return the only op of the next frame."""
        [op] = (await self.hear())["ops"]
        return op

    def heard_nothing(self) -> bool:
        return self._from_server.empty()

    async def close(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.ended()

    async def ended(self) -> int | None:
        """Return the code that the server closed with, once it has let go of the socket."""
        await self._task
        return self.closed_with

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await self.reads.wait()
            self._from_server.put_nowait(json.loads(message["text"]))
        elif message["type"] == "websocket.close":
            self.closed_with = message["code"]


async def all_see(hub: Hub, pages: "list[Page]", fragment: str) -> None:
    """Return when all pages have got the fragment, and nothing more of it is to come."""
    for page in pages:
        await page.subscribe(fragment)
    await asyncio.gather(*(page.hear() for page in pages))
    await settled(hub)


@asynccontextmanager
async def open_pages(*sessions: str) -> AsyncIterator[list[Page]]:
    pages = [await Page(session).open() for session in sessions]
    try:
        yield pages
    finally:
        for page in pages:
            page.reads.set()
            await page.close()
