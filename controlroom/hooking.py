"""Calls from outside systems: read with a limit of size and time, then answered like API calls.

What is too long or too slow is not read to its end, and is answered all the same: the view is told
what was wrong, so that the refusal is written down with the trigger that it was meant for.
"""

import asyncio

from django.conf import settings

from apps.triggers.hooks import FAULT, MAX_BODY_BYTES

from .handlers import ApiHandler
from .limits import Message, Receive, Scope, Send, announced_length

HOOKS_PREFIX = "/hooks/"


class HookHandler(ApiHandler):
    """As for API calls; bodies are bounded first."""

    urlconf = "apps.triggers.hook_urls"

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault, body = await _read(scope, receive)
        if fault == "left":
            return
        if fault:
            # the rest of what it sends is not waited for
            scope, send = {**scope, FAULT: fault}, _closing(send)
        await super().handle(scope, _replayed(body, receive, is_whole=not fault), send)


async def _read(scope: Scope, receive: Receive) -> tuple[str, bytes]:
    """Return what is wrong with the body ("": nothing), and the body if it is whole."""
    if announced_length(scope) > MAX_BODY_BYTES:
        return "too_large", b""
    body = bytearray()
    try:
        async with asyncio.timeout(settings.WEBHOOK_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return "left", b""
                body += message.get("body", b"")
                if len(body) > MAX_BODY_BYTES:
                    return "too_large", b""
                if not message.get("more_body", False):
                    return "", bytes(body)
    except TimeoutError:
        return "too_slow", b""


def _replayed(body: bytes, receive: Receive, *, is_whole: bool) -> Receive:
    """Give the body once more, in one piece; then what comes after it."""
    is_told = False

    async def again() -> Message:
        nonlocal is_told
        if not is_told:
            is_told = True
            return {"type": "http.request", "body": body, "more_body": False}
        if is_whole:
            return await receive()
        # nobody reads what was refused; the answer ends the connection
        return await asyncio.Event().wait()

    return again


def _closing(send: Send) -> Send:
    async def last_word(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return last_word
