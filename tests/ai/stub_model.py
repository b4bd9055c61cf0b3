"""A stub by name: a local HTTP server that speaks the chat protocol with scripted answers.

It is no model and knows nothing. A test says beforehand what each call is answered with:

    stub_model.says({"values": {"total": 12}, "confidence": {"total": 0.9}})
    stub_model.fails(500)
"""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Scripted:
    """What one call is answered with."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    # the answer waits until this is set
    gate: threading.Event | None = None

    def open(self) -> None:
        """Let an answer go that was held back."""
        assert self.gate
        self.gate.set()


@dataclass
class Call:
    """What a caller sent."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.body["messages"]

    @property
    def text(self) -> str:
        return json.dumps(self.messages, ensure_ascii=False)


class StubModel:
    """The server, its script, and what it was asked."""

    def __init__(self) -> None:
        self.script: deque[Scripted] = deque()
        self.calls: list[Call] = []
        self.asked = threading.Condition()
        self._held: list[Scripted] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        for held in self._held:
            held.open()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def n_left(self) -> int:
        return len(self.script)

    def says(self, answer: Any, *, usage: Any = (100, 20), **choice: Any) -> None:
        """Answer the next call with text, or with an object as JSON text."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.sends({"role": "assistant", "content": text}, usage=usage, **choice)

    def calls_tools(
        self, *calls: tuple[str, Any], content: str = "", usage: Any = (100, 20)
    ) -> None:
        """Answer the next call with calls of tools: names and arguments."""
        made = [
            {
                "id": f"call-{len(self.calls) + len(self.script)}-{index}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for index, (name, given) in enumerate(calls)
        ]
        self.sends({"role": "assistant", "content": content, "tool_calls": made}, usage=usage)

    def sends(self, message: dict[str, Any], *, usage: Any = (100, 20), **choice: Any) -> None:
        body: dict[str, Any] = {
            "choices": [{"message": message, "finish_reason": "stop", **choice}]
        }
        if usage is not None:
            body["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
        self.answers(json.dumps(body).encode())

    def answers(
        self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.script.append(Scripted(status=status, body=body, headers=headers or {}))

    def fails(self, status: int = 500, message: str = "out of order") -> None:
        self.answers(json.dumps({"error": {"message": message}}).encode(), status=status)

    def hangs(self) -> Scripted:
        """Hold the next answer back until what this returns is opened; fill its body before."""
        held = Scripted(gate=threading.Event())
        self.script.append(held)
        self._held.append(held)
        return held

    def wait_for_call(self, n: int = 1) -> None:
        """Wait until the stub was asked `n` times."""
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.calls) >= n, timeout=20)


def _handler_of(stub: StubModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with stub.asked:
                stub.calls.append(Call(self.path, dict(self.headers), json.loads(body)))
                scripted = stub.script.popleft() if stub.script else _unscripted()
                stub.asked.notify_all()
            if scripted.gate:
                scripted.gate.wait(30)
            try:
                self._send(scripted)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller has hung up

        def _send(self, scripted: Scripted) -> None:
            self.send_response(scripted.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(scripted.body)))
            for name, value in scripted.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(scripted.body)

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler


def _unscripted() -> Scripted:
    body = json.dumps({"error": {"message": "the test has scripted no answer for this call"}})
    return Scripted(status=500, body=body.encode())
