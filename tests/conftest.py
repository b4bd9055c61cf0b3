"""Fixtures for all tests: real servers once per run, a fresh database, people, a running room."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import TransactionTestCase

from tests.databases import copy_template, make_template, put_back, use_database
from tests.resetting import Original
from tests.servers import TestServers
from tests.sharing import GroupScheduling, write_groups

pytest_plugins = ["tests.people", "tests.rooms", "tests.browsing"]


def pytest_configure(config: pytest.Config) -> None:
    """With xdist, start the servers before the workers ask for them."""
    if getattr(config.option, "numprocesses", None):
        servers_of_this_run().start()


def pytest_unconfigure(config: pytest.Config) -> None:
    servers_of_this_run().stop()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark who drives a browser, so that `-m "not browser"` leaves them out."""
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker("browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin, after the shuffling, with what takes long: at the end, others would have to wait."""
    items.sort(key=lambda item: not _takes_long(item))


def _takes_long(item: pytest.Item) -> bool:
    starts_a_room = "start_room" in getattr(item, "fixturenames", ())
    return starts_a_room or any(item.iter_markers("slow"))


def pytest_collection_finish(session: pytest.Session) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        write_groups(session.items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    return GroupScheduling(config, log)


def servers_of_this_run() -> TestServers:
    return settings.SERVERS_OF_THIS_RUN


@pytest.fixture(scope="session")
def servers() -> TestServers:
    """The PostgreSQL and Valkey of this run, started."""
    found = servers_of_this_run()
    found.start()
    return found


@pytest.fixture(scope="session")
def database_name() -> str:
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"


@pytest.fixture(scope="session")
def django_db_setup(
    servers: TestServers,
    database_name: str,
    django_test_environment: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Copy the migrated template; after a test with real commits, put the copy back as it was."""
    with django_db_blocker.unblock():
        make_template(servers.root / "template-lock")
        copy_template(database_name)
        use_database(database_name)
        with servers.as_superuser(database_name) as cursor:
            original = Original.read(cursor)

    def start_afresh(_case: TransactionTestCase) -> None:
        from apps.workflows.lifecycle.definitions import forget_definitions

        put_back(database_name, original, servers)
        # numbers start over, too
        forget_definitions()

    usual = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = start_afresh  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = usual  # type: ignore[method-assign]


@pytest.fixture
def redis(servers: TestServers) -> Iterator[Any]:
    """A client of this worker's own, emptied Valkey database."""
    from redis import Redis

    client = Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def process_env(db: None, servers: TestServers, tmp_path: Path) -> dict[str, str]:
    """The environment for a `manage.py` process that works on this test's database and Valkey.

    What it shall see must be committed: use `django_db(transaction=True)`.
    """
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "controlroom.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "PYTHONUNBUFFERED": "1",
    }
