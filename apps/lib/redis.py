"""The process's connections to Redis or Valkey; every caller must be able to do without."""

import asyncio
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import redis.asyncio
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

CONNECT_SECONDS = 0.5
# A Redis that hangs holds up a caller for this long at most.
ANSWER_SECONDS = 1.0

# What a caller of Redis catches: its own errors, and those of the network below.
REDIS_ERRORS = (RedisError, OSError)


def connection() -> Redis:
    """Return the shared client of this process; it connects at the first command.

    Threads may share it, and a forked child gets connections of its own. Answers are bytes.
    """
    return _client(settings.REDIS_URL, ANSWER_SECONDS)


def waiting_connection(longest_wait_seconds: float) -> Redis:
    """Return a client for commands that block for up to `longest_wait_seconds`."""
    return _client(settings.REDIS_URL, longest_wait_seconds + ANSWER_SECONDS)


def async_connection() -> redis.asyncio.Redis:
    """Return a new client for an event loop; close it when done."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_keepalive=True,
        retry=redis.asyncio.retry.Retry(NoBackoff(), 0),
    )


def channel(name: str) -> str:
    """Return the name of a publish/subscribe channel: unlike keys, they span all databases."""
    number = urlsplit(settings.REDIS_URL).path.strip("/")
    return f"{name}:{number}" if number not in {"", "0"} else name


def in_event_loop() -> bool:
    """An event loop must not wait for the network."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def off_the_loop(job: Callable[[], None]) -> None:
    """Do `job`, which must not raise, here; called in an event loop: soon, in a thread."""
    if in_event_loop():
        asyncio.get_running_loop().run_in_executor(None, job)
    else:
        job()


@cache
def _client(url: str, answer_seconds: float) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=answer_seconds,
        socket_keepalive=True,
        # one attempt: whoever rings has other things to do
        retry=Retry(NoBackoff(), 0),
    )
