"""The one subscription of a web process to the nudges of all processes."""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import structlog

from apps.lib.redis import REDIS_ERRORS, async_connection, channel

from .live import CHANNEL

log = structlog.get_logger("controlroom.live")

FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 8.0
PING_SECONDS = 5.0
# A server that answers no ping for so long is away, whatever TCP believes.
DEAF_SECONDS = 12.0
MAX_MESSAGE_BYTES = 256 * 1024


class Listener:
    """Hears nudges, and comes back by itself when Redis was away."""

    def __init__(
        self, *, on_topics: Callable[[list[str]], None], on_connected: Callable[[], None]
    ) -> None:
        self.is_connected = False
        self._on_topics = on_topics
        self._on_connected = on_connected

    async def run(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                await self._listen()
            except (*REDIS_ERRORS, TimeoutError) as error:
                if self.is_connected:
                    delay = FIRST_DELAY_SECONDS
                log.warning("nudges_not_heard", error=str(error), retry_seconds=delay)
            except Exception:
                log.exception("nudges_not_heard")
            self.is_connected = False
            await asyncio.sleep(delay * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
            delay = min(delay * 2, LONGEST_DELAY_SECONDS)

    async def _listen(self) -> None:
        """Hand on what is heard, until the connection fails."""
        async with aclosing(async_connection()) as redis, redis.pubsub() as subscription:
            async with asyncio.timeout(DEAF_SECONDS):
                await subscription.subscribe(channel(CHANNEL))
            self.is_connected = True
            self._on_connected()
            heard_at = asyncio.get_running_loop().time()
            while True:
                message = await subscription.get_message(timeout=PING_SECONDS)
                now = asyncio.get_running_loop().time()
                if message is not None:
                    heard_at = now
                    self._hear(message)
                elif now - heard_at > DEAF_SECONDS:
                    raise TimeoutError("no answer to pings")
                else:
                    async with asyncio.timeout(PING_SECONDS):
                        await subscription.ping()

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] != "message" or len(message["data"]) > MAX_MESSAGE_BYTES:
            return
        try:
            said = json.loads(message["data"])["topics"]
            topics = [topic for topic in said if isinstance(topic, str)]
        except (ValueError, TypeError, KeyError):
            log.warning("nudge_not_understood")
        else:
            self._on_topics(topics)
