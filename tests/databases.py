"""Test databases: migrated once per run, copied once per process, put back after each test."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from controlroom.databases import apply_migrations
from tests.resetting import Original
from tests.servers import TestServers

TEMPLATE = "test_template"


def use_database(name: str) -> None:
    """Point Django, and every process that a test starts, at the database `name`."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict["NAME"] = name
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    os.environ["DATABASE_URL"] = f"{base}/{name}"


def make_template(lock_file: Path) -> None:
    """Migrate the template database, unless another process of this run already has."""
    with lock_file.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read():
            return
        with maintenance() as cursor:
            cursor.execute(f"CREATE DATABASE {TEMPLATE}")
        use_database(TEMPLATE)
        apply_migrations()
        connections["default"].close()
        lock.write("migrated")


def copy_template(name: str) -> None:
    """Make `name` anew as a copy of the template; whoever is still connected is thrown out."""
    connections["default"].close()
    with maintenance() as cursor:
        # not WITH (FORCE), which fails while autovacuum, a superuser's process, is at work there
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = %s and backend_type = 'client backend'",
            [name],
        )
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )


def put_back(name: str, original: Original, servers: TestServers) -> None:
    """Make `name` what the template is, the quick way where that will do."""
    connections["default"].close()
    with servers.as_superuser(name) as cursor:
        is_restored = original.restore(cursor)
    if not is_restored:
        copy_template(name)


@contextmanager
def maintenance() -> Iterator[psycopg.Cursor[Any]]:
    """Give a cursor on the server, outside of the test databases."""
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="controlroom",
        autocommit=True,
    ) as connection:
        yield connection.cursor()
