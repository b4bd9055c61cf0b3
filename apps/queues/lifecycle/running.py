"""Runs the statements over Django's connection, and tells the world after the commit."""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from django.db import connection

from apps.events.live import nudge
from apps.lib.doorbell import ring
from apps.queues.statements import HOT_SETTINGS

# A page shows one item; beyond this many, open pages find the change by their own checks.
MAX_ITEM_TOPICS = 50

_drains_all_day = False


def run(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run `sql`, planned for these very values, and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def run_hot(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run `sql`, prepared once per connection in a process that drains; see HOT_SETTINGS."""
    if not _drains_all_day:
        return run(sql, values)
    with connection.wrap_database_errors:
        rows: list[tuple[Any, ...]] = _hot_cursor().execute(sql, values, prepare=True).fetchall()
    return rows


def prepare_for_draining() -> None:
    """Let this process (a session's, not one that serves pages) keep prepared plans."""
    global _drains_all_day  # noqa: PLW0603 - a property of the process, set once at its start
    _drains_all_day = True


def tell_moved(
    queue_ids: Iterable[int], item_ids: Iterable[int] = (), *, refilled: Iterable[int] = ()
) -> None:
    """After the commit, tell open pages, and wake who waits for items of the `refilled` queues."""
    topics = [f"queue:{queue_id}" for queue_id in queue_ids]
    items = list(item_ids)
    if len(items) <= MAX_ITEM_TOPICS:
        topics += [f"item:{item_id}" for item_id in items]
    if topics:
        nudge("overview", "queues", *topics)
    woken = [f"queue:{queue_id}" for queue_id in refilled]
    for bell in [*woken, "scheduler"] if woken else []:
        ring(bell)


def _hot_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a cursor that binds on the server; Django's own never prepares."""
    connection.ensure_connection()
    server: Any = connection.connection
    if not getattr(server, "is_hot", False):
        server.prepare_threshold = 5
        psycopg.Cursor(server).execute(HOT_SETTINGS)
        server.is_hot = True
    return psycopg.Cursor(server)
