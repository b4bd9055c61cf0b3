"""A limit on request bodies that holds while they stream, before anything reads them."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from .answers import PROBLEM_JSON

# As loose as the libraries disagree about them
Scope = dict[str, Any]
Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyTooLongError(Exception):
    """More of the body has arrived than is allowed."""


class BodyLimit:
    """Answer 413 as soon as a body says or proves that it is too long, and close the connection.

    The rest of the body is not read: a client that sends 300 MB is told after the limit.
    """

    def __init__(self, application: Application, *, max_bytes: int) -> None:
        self.application = application
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif announced_length(scope) > self.max_bytes:
            await self._refuse(send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        too_long = answered = False

        async def counted_receive() -> Message:
            nonlocal received, too_long
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self.max_bytes:
                    too_long = True
                    raise BodyTooLongError
            return message

        async def watched_send(message: Message) -> None:
            nonlocal answered
            # Whatever the application makes of the interruption, the answer is ours.
            if too_long and not answered:
                return
            answered = True
            await send(message)

        with suppress(BodyTooLongError):
            await self.application(scope, counted_receive, watched_send)
        if too_long and not answered:
            await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        megabytes = self.max_bytes // (1024 * 1024)
        body = json.dumps(
            {
                "type": "urn:controlroom:too_large",
                "title": "Too large",
                "status": 413,
                "detail": f"The body is longer than {megabytes} MB; send it in parts.",
                "code": "too_large",
            }
        ).encode()
        headers = [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def announced_length(scope: Scope) -> int:
    """Return how long the body is by its header; 0 when that says nothing."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
