"""Systems that are told by webhooks, well and badly behaved, over real sockets."""

import http.server
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from apps.lib.secrecy import Secret
from apps.webhooks import snippets


@dataclass
class Receiver:
    """Where it listens, what it heard, and what it answers; `answers` come first, one each."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    answers: list[int] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    # calls wait for it
    go_on: threading.Event = field(default_factory=threading.Event)
    # how many are in hand now, and were at most
    busy: int = 0
    most_busy: int = 0
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.go_on.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    def ids(self) -> list[str]:
        return [each["webhook-id"] for each in self.heads]

    def wait_for(self, n: int, seconds: float = 30) -> None:
        """Return once `n` calls have arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.heard) >= n, seconds)


class Handler(http.server.BaseHTTPRequestHandler):
    """Notes a call, and answers when its receiver may go on."""

    server: "Server"

    def do_POST(self) -> None:
        found = self.server.found
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with found.arrived:
            found.heard.append(body)
            found.heads.append({name.lower(): text for name, text in self.headers.items()})
            found.busy += 1
            found.most_busy = max(found.most_busy, found.busy)
            status = found.answers.pop(0) if found.answers else found.status
            found.arrived.notify_all()
        found.go_on.wait(30)
        with found.arrived:
            found.busy -= 1
        with suppress(OSError):  # whoever called has gone
            self.answer(status)

    def answer(self, status: int) -> None:
        self.send_response(status)
        for name, text in self.server.found.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(self.server.found.body)))
        self.end_headers()
        self.wfile.write(self.server.found.body)

    def log_message(self, *_arguments: Any) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, found: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.found = found


@contextmanager
def receiver(**said: Any) -> Iterator[Receiver]:
    found = Receiver(**said)
    server = Server(found)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        found.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def is_genuine(secret: Secret, head: dict[str, str], body: bytes) -> bool:
    """Ask the very code that people copy from the page."""
    names: dict[str, Any] = {}
    with patch.dict(os.environ, WEBHOOK_SECRET=secret.reveal()):
        exec(snippets.PYTHON, names)
        return bool(names["is_genuine"](head, body))


@contextmanager
def raw_receiver(*pieces: bytes, drip_seconds: float = 0) -> Iterator[int]:
    """Yield the port of one that answers each call with these bytes as they are, one piece after
    the other; with `drip_seconds` byte by byte, for ever after the last."""
    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65_536)
                    for piece in pieces:
                        connection.sendall(piece)
                    while drip_seconds and not is_over.wait(drip_seconds):
                        connection.sendall(b"x")
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        is_over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
