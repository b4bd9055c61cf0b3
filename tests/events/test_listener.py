"""The subscription to nudges, with a Redis that goes, freezes and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest

from apps.events import listener as listeners
from apps.events import live
from apps.events.listener import Listener
from apps.lib.tasks import end_all
from tests.events.pages import in_thread, run, until


class Wire:
    """Between us and the real Redis; it can be cut, and freeze."""

    def __init__(self, redis_url: str) -> None:
        self.target = urlsplit(redis_url)
        self.flows = asyncio.Event()
        self.flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        return self.target._replace(
            netloc=f"{self.target.netloc.rpartition(':')[0]}:{self._port}"
        ).geturl()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self.target.hostname, self.target.port)
        self._writers |= {writer, there[1]}
        await asyncio.gather(self._pour(reader, there[1]), self._pour(there[0], writer))

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


class Heard:
    def __init__(self) -> None:
        self.topics: list[str] = []
        self.n_connected = 0

    def connected(self) -> None:
        self.n_connected += 1


@asynccontextmanager
async def listening(settings) -> AsyncIterator[tuple[Wire, Listener, Heard]]:
    wire, heard = Wire(settings.REDIS_URL), Heard()
    await wire.mend()
    settings.REDIS_URL = wire.url
    listener = Listener(on_topics=heard.topics.extend, on_connected=heard.connected)
    task = asyncio.create_task(listener.run())
    await until(lambda: listener.is_connected)
    try:
        yield wire, listener, heard
    finally:
        wire.flows.set()
        await end_all([task])
        await wire.cut()


@pytest.fixture(autouse=True)
def _own_redis(redis):
    """A Valkey is running."""


def test_nudges_are_heard_whatever_else_is_said_on_the_channel(settings, redis):
    async def scenario():
        async with listening(settings) as (_, _, heard):
            for said in (
                b"no json",
                b"[]",
                b'{"topics": 3}',
                b"x" * 300_000,
                b'{"topics": [1, "a"]}',
            ):
                await in_thread(lambda said=said: redis.publish(live.channel(live.CHANNEL), said))
            await in_thread(lambda: live.nudge("queue:7"))
            await until(lambda: "queue:7" in heard.topics)
            return heard.topics

    assert run(scenario()) == ["a", "queue:7"]


def test_after_redis_was_away_nudges_are_heard_again_and_everything_is_checked(settings):
    async def scenario():
        async with listening(settings) as (wire, listener, heard):
            await wire.cut()
            await until(lambda: not listener.is_connected)
            await wire.mend()
            await until(lambda: listener.is_connected)
            await in_thread(lambda: live.nudge("queue:7"))
            await until(lambda: "queue:7" in heard.topics)
            return heard.n_connected

    assert run(scenario()) == 2


def test_a_frozen_redis_is_noticed_and_left(settings, monkeypatch):
    monkeypatch.setattr(listeners, "PING_SECONDS", 0.05)
    monkeypatch.setattr(listeners, "DEAF_SECONDS", 0.2)

    async def scenario():
        async with listening(settings) as (wire, listener, heard):
            wire.flows.clear()
            await until(lambda: not listener.is_connected)
            wire.flows.set()
            await until(lambda: listener.is_connected)
            return heard.n_connected

    assert run(scenario()) >= 2
