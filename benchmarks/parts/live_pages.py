"""Very many open pages in one process: sockets that behave as static/js/live.js does.

Run by benchmarks/live.py, which writes one line of JSON to it (`Wishes`) and then words: `measure`
and `stop`. It answers with one line of JSON each: how many pages are open, and what was heard.
Times are seconds since 1970 by this machine's clock, as those of the process that makes events.
"""

import asyncio
import json
import random
import re
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

RESTART = 1012
RESTART_SPREAD_SECONDS = 5.0
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, JITTER = 0.5, 15.0, 0.3
OPEN_SECONDS = 30.0
CONNECTS_AT_ONCE = 50
# The first number of the strip on a queue's page: how many items wait
WAITING = re.compile(r'strip-value">([\d,.\u202f\xa0]+)')


@dataclass
class Page:
    """One open page: what it looks at, and when it heard what."""

    port: int
    cookie: str
    fragments: dict[str, str]  # id → the hash that the page came with
    is_open: bool = False
    n_frames: int = 0
    n_bytes: int = 0
    # when the socket was lost, and when the page was live again
    lost_at: float | None = None
    live_at: float | None = None
    # (fragment, how many items wait, when heard)
    counts: list[tuple[str, int, float]] = field(default_factory=list)

    async def live(self, gate: asyncio.Semaphore) -> None:
        failures = 0
        while True:
            try:
                async with gate:
                    socket = await self._open()
                failures = 0
                code = await self._listen(socket)
            except (OSError, TimeoutError, WebSocketException):
                code = None
            self._lose()
            await asyncio.sleep(_pause(code, failures))
            failures += 1

    async def _open(self) -> ClientConnection:
        address = f"ws://127.0.0.1:{self.port}/ws/live/"
        return await connect(
            address,
            additional_headers={"Cookie": self.cookie},
            origin=f"http://127.0.0.1:{self.port}",
            open_timeout=OPEN_SECONDS,
            compression=None,
            max_size=2**24,
            proxy=None,
        )

    async def _listen(self, socket: ClientConnection) -> int | None:
        async with socket:
            have = self.fragments
            await socket.send(json.dumps({"t": "sub", "v": 1, "f": list(have), "have": have}))
            try:
                async for text in socket:
                    self._hear(text)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None
            return socket.close_code

    def _hear(self, text: Any) -> None:
        now = time.time()
        self.n_bytes += len(text)
        message = json.loads(text)
        if message["t"] == "hello":
            self.is_open = True
            if self.lost_at is not None:
                self.live_at = now
        elif message["t"] == "f":
            self.n_frames += 1
            for op in message["ops"]:
                self._take(op, now)

    def _take(self, op: dict[str, Any], now: float) -> None:
        if op["k"] != "html":
            return
        self.fragments[op["f"]] = op["hash"]
        if op["f"].startswith("queue.header:"):
            found = WAITING.search(op["html"])
            if found:
                self.counts.append((op["f"], int(re.sub(r"\D", "", found[1])), now))

    def _lose(self) -> None:
        if self.is_open:
            self.is_open = False
            self.lost_at, self.live_at = time.time(), None


def _pause(code: int | None, failures: int) -> float:
    if code == RESTART:
        return random.uniform(0, RESTART_SPREAD_SECONDS)
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**failures)
    return delay * random.uniform(1 - JITTER, 1 + JITTER)


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_work())


async def _work() -> None:
    words = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(words), sys.stdin
    )
    wishes = json.loads(await words.readline())
    pages = [
        Page(wishes["port"], kind["cookie"], dict(kind["fragments"]))
        for kind in wishes["kinds"]
        for _n in range(kind["count"])
    ]
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
    tasks = [asyncio.create_task(page.live(gate)) for page in pages]
    while (word := (await words.readline()).strip()) and word != b"stop":
        _tell(pages)
        if word == b"forget":
            _forget(pages)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _tell(pages: Iterable[Page]) -> None:
    pages = list(pages)
    told = {
        "open": sum(page.is_open for page in pages),
        "frames": sum(page.n_frames for page in pages),
        "bytes": sum(page.n_bytes for page in pages),
        "counts": [page.counts for page in pages if page.counts],
        "reconnects": [(page.lost_at, page.live_at) for page in pages if page.lost_at],
    }
    print(json.dumps(told), flush=True)


def _forget(pages: Iterable[Page]) -> None:
    for page in pages:
        page.n_frames = page.n_bytes = 0
        page.counts.clear()
        page.lost_at = page.live_at = None


if __name__ == "__main__":
    main()
