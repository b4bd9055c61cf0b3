"""Is the control room well? What each part says, and how old that is."""

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from redis import Redis
from redis.exceptions import RedisError

from apps.bots.models import Bot

from .heartbeats import last_beat_seconds, youngest_seconds

log = structlog.get_logger("controlroom.health")

STALE_SECONDS = 30
REDIS_TIMEOUT_SECONDS = 1.0


@dataclass(frozen=True)
class Part:
    """One part's state: `ok`, `degraded` (the control room works on without it) or `down`."""

    state: str
    reason: str = ""
    seconds: float | None = None  # since its last heartbeat


def check_parts() -> dict[str, Part]:
    """Return every part's state; only the database can be `down`."""
    database = check_database()
    if database.state != "ok":
        return {"database": database}
    return {
        "database": database,
        "redis": check_redis(),
        "scheduler": check_heartbeat("scheduler"),
        "worker": check_heartbeat("worker"),
        "bots": check_bots(),
    }


def check_database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database away", error=str(error))
        return Part("down", "The database does not answer.")
    return Part("ok")


def check_redis() -> Part:
    client = Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
    )
    try:
        client.ping()
    except RedisError:
        return Part("degraded", "Redis does not answer: work goes on, started by polling.")
    finally:
        client.close()
    return Part("ok")


def check_heartbeat(name: str) -> Part:
    return _judge(name, last_beat_seconds(name))


def check_bots() -> Part:
    return _judge("bot", youngest_seconds(Bot.objects.all(), "heartbeat_at"))


def _judge(name: str, seconds: float | None) -> Part:
    if seconds is None:
        return Part("degraded", f"No {name} has run yet.")
    if seconds > STALE_SECONDS:
        return Part("degraded", f"No {name} has answered for {round(seconds)} s.", seconds)
    return Part("ok", seconds=seconds)
