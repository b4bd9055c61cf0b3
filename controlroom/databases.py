"""Ask the servers whether they answer, and bring the database up to date."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from .database import database_settings
from .datadir import StartError
from .quick_migrations import quick_migrations

MIGRATION_LOCK = 0x0C0117201
OLDEST_POSTGRES = 15


def use_servers(database_url: str, redis_url: str) -> None:
    """Point this process at the servers, which were not known when the settings were read."""
    settings.DATABASES["default"].update(database_settings(database_url, "command"))
    connections["default"].settings_dict.update(settings.DATABASES["default"])
    settings.REDIS_URL = redis_url


def check_database() -> None:
    """Raises StartError with a sentence when the database cannot be used."""
    where = _where(connection.settings_dict["HOST"], connection.settings_dict["PORT"])
    try:
        connection.ensure_connection()
        assert isinstance(connection.connection, psycopg.Connection)
        version = connection.connection.info.server_version // 10_000
    except DatabaseError as error:
        reason = str(error).strip().splitlines()
        raise StartError(
            f"The database at {where} does not answer: {reason[-1] if reason else 'no reason'}. "
            "Check DATABASE_URL, or leave it out to have one of its own."
        ) from None
    if version < OLDEST_POSTGRES:
        raise StartError(
            f"The database at {where} is PostgreSQL {version}; "
            f"version {OLDEST_POSTGRES} or newer is needed."
        )


def check_redis(url: str) -> None:
    """Raises StartError with a sentence when Redis does not answer."""
    parts = urlsplit(url)
    client = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        client.ping()
    except RedisError as error:
        where = _where(parts.hostname or parts.path, parts.port or "")
        raise StartError(
            f"Redis at {where} does not answer: {error}. "
            "Check REDIS_URL, or leave it out to have one of its own."
        ) from None
    finally:
        client.close()


def apply_migrations(checkpoint: Callable[[], None] = lambda: None) -> str:
    """Bring the database up to date and say in a few words what was done. Raises StartError.

    `checkpoint` is called between migrations and may raise: each is whole or has not begun, and the
    next start goes on.
    """
    try:
        with connection.cursor() as cursor:
            # Two control rooms that start on one database migrate one after the other.
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                return _apply(checkpoint)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    except DatabaseError as error:
        raise StartError(f"The database could not be brought up to date: {error}") from error


class _Migrate(MigrateCommand):
    def __init__(self, checkpoint: Callable[[], None]) -> None:
        super().__init__()
        self._checkpoint = checkpoint

    def migration_progress_callback(self, *_step: Any, **_more: Any) -> None:
        self._checkpoint()


def _apply(checkpoint: Callable[[], None]) -> str:
    executor = MigrationExecutor(connection)
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    ours = {app for app, _ in executor.loader.disk_migrations}
    newer = sorted(f"{app}.{name}" for app, name in unknown if app in ours)
    if newer:
        raise StartError(
            f"The database was made by a newer release (it has {newer[-1]}); start that one."
        )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return "up to date"
    is_empty = not executor.loader.applied_migrations
    with quick_migrations() if is_empty else nullcontext(), open(os.devnull, "w") as nowhere:
        call_command(_Migrate(checkpoint), verbosity=0, interactive=False, stdout=nowhere)
    return f"{len(plan)} migrations applied"


def _where(host: object, port: object) -> str:
    return f"{host}:{port}" if port else str(host)
