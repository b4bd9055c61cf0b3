"""The socket of an open page: reads what it looks at, writes what changed. It never does anything.

A plain ASGI application: Channels' consumers visit a shared thread for every message, and one
that is stuck in a write could not be ended.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apps.lib.json import Json
from apps.lib.tasks import end_all

from . import sessions
from .hub import RESTART, Hub, hub_of_this_loop
from .panes import dump
from .sessions import Person
from .viewers import PROTOCOL, TOO_SLOW, Viewer

log = structlog.get_logger("controlroom.live")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SIGN_IN, NO_RIGHT, NOT_UNDERSTOOD = 4401, 4403, 1008

MAX_FRAGMENTS = 60
MAX_MESSAGE_CHARS = 64 * 1024
MAX_HASH_LENGTH = 200
MAX_VIEWERS = 2_000
# Messages that a page may send at once, and per second in the long run
BURST, PER_SECOND = 40, 5.0
CLOSE_SECONDS = 2.0
DOUBT_SECONDS = 0.5


class NotUnderstoodError(ValueError):
    """The page said something that is not in the protocol."""


class LiveConsumer:
    """Talks to one page until either side has enough."""

    @classmethod
    def as_asgi(cls) -> Callable[[Message, Receive, Send], Awaitable[None]]:
        async def application(scope: Message, receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).serve()

        return application

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self._session_key: str | None = scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        self._receive = receive
        self._send = send

    async def serve(self) -> None:
        await self._receive()
        # accepted first in any case: a browser sees the code of an open socket's end only
        await self._send({"type": "websocket.accept"})
        try:
            code = await self._talk(hub_of_this_loop())
        except OSError:  # the other side is gone
            return
        if code is not None:
            await self._close(code)

    async def _talk(self, hub: Hub) -> int | None:
        """Return the code to close the socket with; None if it is closed already."""
        person = await self._who(hub)
        if isinstance(person, int):
            return person
        if len(hub.viewers) >= MAX_VIEWERS:
            return TOO_SLOW
        assert person.audience is not None
        viewer = Viewer(person.audience, person_topic=f"{sessions.TOPIC}{person.user_id}")
        hub.join(viewer)
        try:
            await self._send_text(_hello())
            return await self._until_one_ends(hub, viewer)
        finally:
            hub.leave(viewer)

    async def _until_one_ends(self, hub: Hub, viewer: Viewer) -> int | None:
        works: list[Coroutine[Any, Any, int | None]] = [
            self._read(hub, viewer),
            self._watch_session(hub, viewer),
            viewer.pump(
                self._send_text,
                send_seconds=hub.timing.send,
                sent=partial(hub.sent, viewer),
            ),
        ]
        ends: list[asyncio.Future[int | None]] = [viewer.ended, *map(asyncio.ensure_future, works)]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(ends)
        return next(end.result() for end in ends if end in done)

    # ---- what the page says

    async def _read(self, hub: Hub, viewer: Viewer) -> int | None:
        allowance = Allowance()
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return None
            try:
                allowance.take_one()
                _obey(hub, viewer, _parse(message))
            except NotUnderstoodError as error:
                log.warning("live_page_not_understood", reason=str(error))
                return NOT_UNDERSTOOD

    # ---- who the page is

    async def _watch_session(self, hub: Hub, viewer: Viewer) -> int:
        """Return why to close the socket, once the person may no longer see what it shows."""
        while True:
            await self._until_time_to_ask(hub, viewer)
            person = await self._who(hub)
            if isinstance(person, int):
                return person
            if person.audience is not None and person.audience != viewer.audience:
                hub.change_audience(viewer, person.audience)

    async def _until_time_to_ask(self, hub: Hub, viewer: Viewer) -> None:
        pause = hub.timing.session * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
        try:
            async with asyncio.timeout(pause):
                await viewer.is_in_doubt.wait()
        except TimeoutError:
            return
        viewer.is_in_doubt.clear()
        # signing out tells us first, and removes the session then
        await asyncio.sleep(min(DOUBT_SECONDS, pause))

    async def _who(self, hub: Hub) -> Person | int:
        """Return who is signed in and may see something, or the code to close with."""
        try:
            person = await hub.reception.who(self._session_key)
        except (DatabaseError, InterfaceError) as error:
            log.warning("live_session_not_checked", error=type(error).__name__)
            return RESTART
        if person is None:
            return SIGN_IN
        return NO_RIGHT if person.audience is None else person

    # ---- the wire

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        """Say goodbye, but don't wait long for somebody who does not read."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": code})
        except (TimeoutError, OSError, RuntimeError):
            return


class Allowance:
    """A bucket of messages that fills up again by and by."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at = time.monotonic()

    def take_one(self) -> None:
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND)
        self._at = now
        if self._left < 1:
            raise NotUnderstoodError("more messages than a page has reason to send")
        self._left -= 1


def _hello() -> str:
    now = time.time_ns() // 1_000_000
    return dump({"t": "hello", "v": PROTOCOL, "rel": settings.VERSION, "now": now})


def _parse(message: Message) -> dict[str, Json]:
    text = message.get("text")
    if text is None or len(text) > MAX_MESSAGE_CHARS:
        raise NotUnderstoodError("not text, or too much of it")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstoodError(str(error)) from None
    if not isinstance(said, dict):
        raise NotUnderstoodError("not an object")
    return said


def _obey(hub: Hub, viewer: Viewer, said: dict[str, Json]) -> None:
    match said:
        case {"t": "ping", "c": int() | float() as count}:
            viewer.answer_ping(count)
        case {"t": "sub", "v": 1, "f": list() as wanted}:
            hub.subscribe(viewer, _ids(wanted), _hashes(said.get("have", {})))
        case {"t": "pause"}:
            viewer.is_paused = True
        case {"t": "resume"}:
            hub.resume(viewer)
        case _:
            raise NotUnderstoodError(json.dumps(said)[:200])


def _ids(wanted: list[Json]) -> list[str]:
    if len(wanted) > MAX_FRAGMENTS:
        raise NotUnderstoodError(f"more than {MAX_FRAGMENTS} fragments")
    ids = [one for one in wanted if isinstance(one, str)]
    if len(ids) != len(wanted):
        raise NotUnderstoodError("a fragment's id is not text")
    return ids


def _hashes(have: Json) -> dict[str, str]:
    if not isinstance(have, dict) or len(have) > MAX_FRAGMENTS:
        raise NotUnderstoodError("have is not a map of hashes")
    return {
        known: value
        for known, value in have.items()
        if isinstance(value, str) and 0 < len(value) <= MAX_HASH_LENGTH
    }
