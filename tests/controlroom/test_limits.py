"""A body that is too long is refused while it streams."""

import http.client
import json
import socket

import pytest

from controlroom.limits import BodyLimit
from tests.rooms import RunningRoom

MEGABYTE = 1024 * 1024
HUGE = 300 * MEGABYTE


def test_an_announced_300_mb_body_is_refused_before_any_of_it_is_sent(running_room: RunningRoom):
    connection = http.client.HTTPConnection("127.0.0.1", running_room.port, timeout=20)
    connection.putrequest("POST", "/api/v1/queues/any/items/batch")
    connection.putheader("Content-Length", str(HUGE))
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 413
    assert answer.getheader("Content-Type") == "application/problem+json"
    assert json.loads(answer.read())["detail"] == "The body is longer than 32 MB; send it in parts."
    connection.close()


@pytest.mark.parametrize("address", ["/api/v1/queues/any/items/batch", "/sign-in/"])
def test_a_streamed_300_mb_body_is_refused_after_32_mb(running_room: RunningRoom, address):
    chunk = b"100000\r\n" + b"x" * MEGABYTE + b"\r\n"
    head = f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = 0

    with socket.create_connection(("127.0.0.1", running_room.port), timeout=20) as client:
        client.sendall(head.encode())
        try:
            while sent < HUGE:
                client.sendall(chunk)
                sent += MEGABYTE
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused: nobody reads the rest
        answer = client.recv(4096)

    assert answer.startswith(b"HTTP/1.1 413")
    assert sent < 64 * MEGABYTE


def test_the_room_is_well_after_refusing(running_room: RunningRoom):
    connection = http.client.HTTPConnection("127.0.0.1", running_room.port, timeout=20)
    connection.request("GET", "/readyz")

    assert connection.getresponse().status == 200
    connection.close()


async def _collect(application, chunks):
    """Run an ASGI application on a request of these chunks; return what it sends."""
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await application({"type": "http", "headers": []}, receive, send)
    return sent, len(messages)


def _reading(on_error=None):
    async def application(scope, receive, send):
        try:
            while (await receive())["more_body"]:
                pass
        except Exception:
            if on_error is None:
                raise
        await send({"type": "http.response.start", "status": 200, "headers": []})

    return application


@pytest.mark.parametrize(
    "application",
    [
        pytest.param(_reading(), id="that lets the interruption through"),
        pytest.param(_reading(on_error="swallow"), id="that swallows the interruption"),
    ],
)
def test_the_answer_is_413_whatever_the_application_makes_of_it(application):
    import asyncio

    limited = BodyLimit(application, max_bytes=10)

    sent, left = asyncio.run(_collect(limited, [b"12345", b"123456", b"never read"]))

    assert [message.get("status") for message in sent] == [413, None]
    assert left == 1


def test_a_body_at_the_limit_passes():
    import asyncio

    sent, _ = asyncio.run(_collect(BodyLimit(_reading(), max_bytes=10), [b"12345", b"12345"]))

    assert sent[0]["status"] == 200
