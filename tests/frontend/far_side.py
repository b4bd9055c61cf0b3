"""The other end of live.js for tests: a server that speaks its protocol and fails on demand."""

import asyncio
import json
import socket
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from django.template import engines

from controlroom.assets import asset_at

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
POLICY += "connect-src 'self'"
PAGE = "{% extends 'base.html' %}{% block main %}<h1>Page</h1>{{ body|safe }}{% endblock %}"
RESTART = 1012

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class SignedIn:
    """As much of a person as the shell shows."""

    is_authenticated = True
    name = "Ada"
    theme = "light"

    def get_username(self) -> str:
        return "ada"


class FarSide:
    """Serves one page, its static files, its fragments and its sockets."""

    def __init__(self) -> None:
        self.body = ""
        self.fragments: dict[str, str] = {}
        self.heard: list[dict[str, Any]] = []
        self.is_refusing = False
        self.is_frozen = False
        self.release = "1"
        self._sockets: set[Send] = set()
        self._sequence: defaultdict[Send, int] = defaultdict(int)
        self._loop: asyncio.AbstractEventLoop
        self._listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(self._answer, interface="asgi3", lifespan="off", log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._listener.close()

    # ---- what a test makes happen

    def push(self, *ops: dict[str, Any], skip: int = 0) -> None:
        """Send a frame with `ops` to every open page; `skip` loses so many frames before it."""
        self._do(self._push(ops, skip))

    def change(self, fragment: str, html: str) -> None:
        """Make `html` what the fragment holds, and tell the open pages."""
        self.fragments[fragment] = html
        self.push({"k": "html", "f": fragment, "hash": str(hash(html)), "html": html})

    def end_all(self, code: int) -> None:
        self._do(self._end_all(code))

    def subscriptions(self) -> list[dict[str, Any]]:
        return [said for said in self.heard if said["t"] == "sub"]

    # ---- server

    def _serve(self) -> None:
        asyncio.run(self._serve_in_loop())

    async def _serve_in_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._listener])

    def _do(self, work: Any) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(timeout=10)

    async def _push(self, ops: tuple[dict[str, Any], ...], skip: int) -> None:
        for send in list(self._sockets):
            self._sequence[send] += 1 + skip
            frame = {"t": "f", "v": 1, "seq": self._sequence[send], "ts": 0, "ops": ops}
            await _send_text(send, frame)

    async def _end_all(self, code: int) -> None:
        for send in list(self._sockets):
            self._sockets.discard(send)
            await send({"type": "websocket.close", "code": code})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._talk(receive, send)
        else:
            status, content_type, body = self._find(scope["path"], scope["query_string"])
            headers = [
                (b"content-type", content_type.encode()),
                (b"content-security-policy", POLICY.encode()),
            ]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _talk(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.is_refusing:
            await send({"type": "websocket.close", "code": RESTART})
            return
        await send({"type": "websocket.accept"})
        await _send_text(send, {"t": "hello", "v": 1, "rel": self.release, "now": 0})
        self._sockets.add(send)
        while (message := await receive())["type"] != "websocket.disconnect":
            said = json.loads(message["text"])
            self.heard.append(said)
            if said["t"] == "ping" and not self.is_frozen:
                await _send_text(send, {"t": "pong", "c": said["c"]})
        self._sockets.discard(send)

    def _find(self, path: str, query: bytes) -> tuple[int, str, bytes]:
        if path == "/":
            template = engines["django"].from_string(PAGE)
            return (
                200,
                "text/html",
                template.render({"body": self.body, "user": SignedIn()}).encode(),
            )
        if path == "/live/fragment/":
            fragment = parse_qs(query.decode())["f"][0]
            return 200, "text/html", self.fragments[fragment].encode()
        found, _is_current = asset_at(path)
        return (200, found.media_type, found.content) if found else (404, "text/plain", b"")


async def _send_text(send: Send, message: dict[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(message)})
