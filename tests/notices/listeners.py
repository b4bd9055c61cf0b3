"""Real servers that take messages: a chat's, a push service's, a mail server's."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Listener:
    """Where it is, what it has heard, and what it answers."""

    port: int = 0
    status: int = 200
    heard: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def chat(self) -> str:
        return f"json://robot:topsecret@127.0.0.1:{self.port}/hooks/abcdefghijkl"

    @property
    def push(self) -> str:
        return f"http://127.0.0.1:{self.port}/push/abc"


@contextmanager
def http_listener() -> Iterator[Listener]:
    found = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_json = self.headers["Content-Type"] == "application/json"
            found.heard.append(json.loads(body) if is_json else body)
            found.headers.append(dict(self.headers))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with _served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        found.port = server.server_address[1]
        yield found


@contextmanager
def mail_listener() -> Iterator[Listener]:
    """Speaks as much SMTP as a client needs; refuses recipients called nobody@."""
    found = Listener()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().strip():
                self.wfile.write(self.answer(line))

        def answer(self, line: bytes) -> bytes:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                found.heard.append(b"".join(lines).decode())
            if verb == b"RCPT" and b"nobody@" in line:
                return b"550 no such person\r\n"
            return b"250 yes\r\n"

    with _served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as server:
        found.port = server.server_address[1]
        yield found


@contextmanager
def _served(server: Any) -> Iterator[Any]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
