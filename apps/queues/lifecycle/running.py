"""Runs the statements over Django's connection, and tells the world after the commit."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

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


def change_hot(sql: str, values: Mapping[str, Any]) -> None:
    """The same for a statement that yields nothing."""
    if not _drains_all_day:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        return
    with connection.wrap_database_errors:
        _hot_cursor().execute(sql, values, prepare=True)


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


def array_text(values: Iterable[object]) -> str:
    """Return a PostgreSQL array of values that need no quoting; None becomes NULL.

    psycopg writes lists element by element in Python, which took a third of a session's time.
    """
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def quoted_array_text(texts: Iterable[str | None]) -> str:
    """The same for any text."""
    return array_text(
        None if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for text in texts
    )


class _SameMoment(TimestamptzLoader):
    """Reads each moment once: all items of a lease end at the same one."""

    def __init__(self, oid: int, context: Any = None) -> None:
        super().__init__(oid, context)
        self._seen: dict[bytes, datetime] = {}

    def load(self, data: Any) -> datetime:
        text = bytes(data)
        moment = self._seen.get(text)
        if moment is None:
            moment = self._seen[text] = super().load(data)
        return moment


def _hot_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return the connection's cursor that binds on the server; Django's own never prepares."""
    connection.ensure_connection()
    server: Any = connection.connection
    cursor: psycopg.Cursor[tuple[Any, ...]] | None = getattr(server, "hot_cursor", None)
    if cursor is None and connection.in_atomic_block:
        # a rollback would take the settings back and leave the mark
        return psycopg.Cursor(server)
    if cursor is None:
        server.prepare_threshold = 5
        server.hot_cursor = cursor = psycopg.Cursor(server)
        cursor.adapters.register_loader("timestamptz", _SameMoment)
        cursor.execute(HOT_SETTINGS)
    return cursor
