"""A viewer: one open page at the other end of a socket, and what it still has to get.

It holds a map of what changed, never a queue of what happened: however slow it is, it costs one
entry per fragment that it looks at.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from .fragments import Audience
from .panes import GONE, HtmlPane, Pane, dump, gone_op

PROTOCOL = 1
# A frame is closed before it grows beyond this; a larger fragment travels alone.
MAX_FRAME_CHARS = 256 * 1024
# A fragment is drawn at most four times a second; what is slow to draw follows in its own frame.
FRAME_SPACING_SECONDS = 0.1
TOO_SLOW = 1013

SendText = Callable[[str], Awaitable[None]]


class Viewer:
    def __init__(self, audience: Audience, *, person_topic: str = "") -> None:
        self.audience = audience
        self.person_topic = person_topic
        self.panes: dict[str, Pane] = {}
        self.have: dict[str, str] = {}  # hashes of what the page shows
        self.cursors: dict[str, str] = {}  # how far it is in what grows
        # fragment → what to send; None: whatever its pane's newest is then
        self.pending: dict[str, str | None] = {}
        self.unfinished: set[str] = set()  # data fragments that have more after what is pending
        self.is_paused = False
        # set when somebody may have signed this person out, or changed their rights
        self.is_in_doubt = asyncio.Event()
        self.ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._has_news = asyncio.Event()
        self._pong: object = None
        self._seq = 0

    def offer(self, pane: HtmlPane) -> None:
        self.pending[pane.fragment_id] = None

    def hand(self, fragment_id: str, op: str) -> None:
        """Hold `op` until it is sent."""
        self.pending[fragment_id] = op

    def hand_gone(self, fragment_id: str) -> bool:
        """Have the page told that there is no such fragment; return whether that is news."""
        is_news = self.have.get(fragment_id) != GONE
        if is_news:
            self.have[fragment_id] = GONE
            self.pending[fragment_id] = gone_op(fragment_id)
        return is_news

    def answer_ping(self, count: object) -> None:
        self._pong = count
        self.wake()

    def wake(self) -> None:
        """Have what is pending sent."""
        self._has_news.set()

    def end(self, code: int) -> None:
        """Have the socket closed with `code`; the first to say so is right."""
        if not self.ended.done():
            self.ended.set_result(code)

    async def pump(self, send: SendText, *, send_seconds: float, sent: Callable[[], None]) -> int:
        """Send what is pending, one frame at a time, for ever; return why to close the socket.

        Not with `wait_for`: before Python 3.12 it loses a cancellation that comes as `send` ends.
        """
        sent_at = 0.0
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            try:
                await self._send_pong(send, send_seconds)
                while self.pending and not self.is_paused:
                    await asyncio.sleep(sent_at + FRAME_SPACING_SECONDS - time.monotonic())
                    sent_at = time.monotonic()
                    frame = self.next_frame()
                    async with asyncio.timeout(send_seconds):
                        await send(frame)
                    await self._send_pong(send, send_seconds)
            except TimeoutError:
                return TOO_SLOW
            sent()

    def next_frame(self) -> str:
        """Take what is pending, as much as fits, as the text of a frame."""
        ops: list[str] = []
        size = 0
        while self.pending:
            fragment_id = next(iter(self.pending))
            op = self._newest(fragment_id)
            if ops and op and size + len(op) > MAX_FRAME_CHARS:
                break
            del self.pending[fragment_id]
            if op:
                ops.append(op)
                size += len(op)
        self._seq += 1
        stamp = time.time_ns() // 1_000_000
        head = f'{{"t":"f","v":{PROTOCOL},"seq":{self._seq},"ts":{stamp},"ops":['
        return f"{head}{','.join(ops)}]}}"

    def _newest(self, fragment_id: str) -> str:
        """Return the op to send for the fragment, or "" when nobody looks at it any more."""
        held = self.pending[fragment_id]
        if held is not None:
            return held
        pane = self.panes.get(fragment_id)
        newest = pane.shown.get(self.audience) if isinstance(pane, HtmlPane) else None
        if newest is None:
            return ""
        self.have[fragment_id] = newest.hash
        return newest.op

    async def _send_pong(self, send: SendText, send_seconds: float) -> None:
        if self._pong is not None:
            count, self._pong = self._pong, None
            async with asyncio.timeout(send_seconds):
                await send(dump({"t": "pong", "c": count}))
