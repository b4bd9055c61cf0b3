"""Asks the background worker, through RQ, to deliver the outbox. The sweeps are the guarantee."""

import time

import django_rq
import structlog

from apps.lib.redis import REDIS_ERRORS, connection

log = structlog.get_logger("controlroom.events")

JOB = "apps.events.tasks.deliver"
QUEUE = "background"
# Set while a delivery is queued and has not begun: one is enough for whatever was committed.
ASKED_KEY = "outbox:asked"
ASKED_SECONDS = 5
JOB_SECONDS = 60
# More wake nobody sooner; it bounds the queue while there is no worker
MAX_QUEUED = 20
# After an error Redis is left alone for a while.
REST_SECONDS = 2.0

_resting_until = 0.0


def ask_for_delivery() -> None:
    """Queue a delivery, unless one is queued already. Never raises."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    try:
        if connection().set(ASKED_KEY, "1", nx=True, ex=ASKED_SECONDS):
            queue = django_rq.get_queue(QUEUE, connection=connection(), commit_mode="auto")
            if connection().llen(queue.key) < MAX_QUEUED:
                queue.enqueue_call(JOB, ttl=JOB_SECONDS, result_ttl=0, failure_ttl=JOB_SECONDS)
    except REDIS_ERRORS as error:
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("delivery_not_asked_for", error=str(error))
    except Exception:
        log.exception("delivery_not_asked_for")


def delivery_begins() -> None:
    """Note it *before* rows are read: what is committed from now on asks again."""
    try:
        connection().delete(ASKED_KEY)
    except REDIS_ERRORS as error:
        log.warning("delivery_not_noted", error=str(error))
