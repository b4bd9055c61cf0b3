"""Runs the statements, and tells the world after the commit."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db import InterfaceError, OperationalError, connection

from apps.events.live import nudge

# A page shows one instance; beyond this many, open pages find the change by their own checks.
MAX_INSTANCE_TOPICS = 50


def run(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run `sql`, planned for these very values, and return its rows, if it gives any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
    return rows


def concerns_all(error: Exception) -> bool:
    """Say whether the database is in trouble (no connection, a deadlock), so that trying again will
    do; else a statement is at fault, as one that exceeds a limit of PostgreSQL (class 54)."""
    code = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, OperationalError | InterfaceError) and not code.startswith("54")


def dumped(value: object) -> str:
    """Return `value` as JSON text for PostgreSQL."""
    return orjson.dumps(value, default=_plain).decode()


def tell_stepped(workflow_ids: Iterable[int], instance_ids: Iterable[int]) -> None:
    """After the commit, tell open pages."""
    instances = list(instance_ids)
    topics = [f"workflow:{workflow_id}" for workflow_id in workflow_ids]
    if len(instances) <= MAX_INSTANCE_TOPICS:
        topics += [f"instance:{instance_id}" for instance_id in instances]
    if topics:
        nudge("overview", "workflows", *topics)


def _plain(value: object) -> object:
    """What Python keeps in other containers than JSON does."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(type(value).__name__)
