"""Tells an outside check that all is well: when it hears nothing, it raises the alarm.

A dead control room can't say that it is dead. So somebody elsewhere waits for a call each minute,
and it is made only while rules are looked at and messages go out.
"""

from typing import Final

import httpx
import structlog
from django.conf import settings
from django.db import connection

from .lifecycle.looking import make_watch
from .standing import watch_problem

log = structlog.get_logger("controlroom.alerts")

TIMEOUT_SECONDS: Final = 10.0

# Whoever comes first calls; the others find that it is done
CLAIM: Final = """
update alerts_watch set pinged_at = clock_timestamp()
 where pinged_at is null or pinged_at < clock_timestamp() - make_interval(secs => %s)
returning 1
"""
FAILED: Final = """
update alerts_watch set pinged_at = null, ping_failed_at = clock_timestamp(), ping_error = %s
"""
WELL: Final = "update alerts_watch set ping_error = '' where ping_error <> ''"


def ping() -> int:
    """Call HEARTBEAT_URL if it is time and all is well; return 1 if it took the call.

    The address is a secret, and is never logged: whoever knows it can say that all is well.
    """
    if not settings.HEARTBEAT_URL or watch_problem():
        return 0
    make_watch()
    if not _changes(CLAIM, [settings.HEARTBEAT_SECONDS]):
        return 0
    try:
        answer = httpx.get(settings.HEARTBEAT_URL, timeout=TIMEOUT_SECONDS)
        error = "" if answer.is_success else f"HTTP {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        error = type(fault).__name__
    if error:
        log.warning("heartbeat_not_taken", error=error)
        _changes(FAILED, [error[:300]])
        return 0
    _changes(WELL, [])
    return 1


def _changes(sql: str, values: list[str | int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount > 0)
