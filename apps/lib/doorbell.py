"""Doorbells: wake a process early. A ring may get lost; whoever waits looks by itself as well."""

import time

import structlog

from .after_commit import after_commit
from .redis import REDIS_ERRORS, connection, off_the_loop, waiting_connection

log = structlog.get_logger("controlroom.doorbell")

# A ring that nobody heard for this long is not worth hearing any more.
RING_SECONDS = 60
# Redis is asked in slices, so that a partition is noticed.
SLICE_SECONDS = 5.0


def ring(name: str) -> None:
    """Wake one waiter of `name` once the current transaction has committed; never raises.

    Rings don't add up: several before somebody listens are one. In an event loop a thread rings.
    """
    after_commit(lambda: off_the_loop(lambda: _push(name)))


def wait(name: str, timeout: float) -> bool:
    """Return True as soon as `name` is rung, False after `timeout` seconds.

    Without Redis it sleeps for `timeout`, so that the caller's loop becomes a poll.
    """
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        try:
            if _pop(name, min(left, SLICE_SECONDS)):
                return True
        except REDIS_ERRORS as error:
            log.warning("doorbell_unreachable", bell=name, error=str(error))
            time.sleep(max(0.0, deadline - time.monotonic()))
    return False


def _push(name: str) -> None:
    try:
        with connection().pipeline(transaction=True) as pipeline:
            pipeline.lpush(_key(name), "1")
            pipeline.ltrim(_key(name), 0, 0)
            pipeline.expire(_key(name), RING_SECONDS)
            pipeline.execute()
    except REDIS_ERRORS as error:
        log.warning("doorbell_not_rung", bell=name, error=str(error))


def _pop(name: str, seconds: float) -> bool:
    return waiting_connection(SLICE_SECONDS).blpop([_key(name)], timeout=seconds) is not None


def _key(name: str) -> str:
    return f"doorbell:{name}"
