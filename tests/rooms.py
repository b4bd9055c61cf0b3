"""Whole control rooms, started by `manage.py up` as a person would."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from controlroom.children import kill_session, start_child, wait_for
from controlroom.embedded import free_port
from controlroom.servers import known_servers
from tests.commands import Commands
from tests.servers import TestServers

ADMIN_PASSWORD = "open sesame, dear room"  # noqa: S105
READY = "Control room ready at"
READY_SECONDS = 240  # half a minute on an idle machine; only a room that hangs takes longer
STOP_SECONDS = 60
# What would point a room at this run's test servers, or at the person's own; and Python may keep
# what it compiles, as a dozen processes follow one another
NOT_INHERITED = re.compile(
    "DATABASE_URL|REDIS_URL|SECRET_KEY|CONTROLROOM_.*|DJANGO_SETTINGS_MODULE|PORT|EMPTY|LOG_LEVEL"
    "|PYTHONDONTWRITEBYTECODE"
)


class RunningRoom:
    """One `up`: where it is, what it has said, and handles to use, hurt and stop it."""

    def __init__(
        self,
        data_dir: Path,
        *arguments: str,
        env: dict[str, str] | None = None,
        port: int | None = None,
        console_name: str = "",
        popen_options: dict[str, Any] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_password = ADMIN_PASSWORD
        self.env = {
            **{name: value for name, value in os.environ.items() if not _is_ours(name)},
            "CONTROLROOM_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "CONTROLROOM_TRICKLE": "false",
            "CONTROLROOM_FLOOD": "100",
            "CONTROLROOM_DATA_DIR": str(data_dir),
            **(env or {}),
        }
        self._commands = Commands(self.env)
        self._log = data_dir.parent / f"{console_name or data_dir.name}.console"
        command = [sys.executable, "manage.py", "up", "--port", str(self.port), *arguments]
        with self._log.open("wb") as log:
            self.process = start_child(
                command,
                on_parent_death=signal.SIGINT,
                stdout=log,
                stderr=log,
                cwd=settings.BASE_DIR,
                env=self.env,
                **(popen_options or {}),
            )

    @property
    def console(self) -> str:
        return self._log.read_text()

    @property
    def database_url(self) -> str:
        return known_servers(self.data_dir).database_url

    @property
    def redis_url(self) -> str:
        return known_servers(self.data_dir).redis_url

    def wait_until_ready(self) -> "RunningRoom":
        wait_for(lambda: READY in self.console or self.process.poll() is not None, READY_SECONDS)
        if READY not in self.console:
            kill_session(self.process)
            pytest.fail(f"the room did not get ready:\n{self.console}\n{self.logs()}")
        return self

    def wait_for_line(self, words: str, seconds: float = 30) -> None:
        found = wait_for(lambda: words in self.console, seconds)
        assert found, f"{words!r} was never said:\n{self.console}"

    def exit_code(self, seconds: float = READY_SECONDS) -> int:
        """Wait for the end by itself, and return the exit code."""
        return self.process.wait(seconds)

    def stop(self, number: signal.Signals = signal.SIGINT, seconds: float = STOP_SECONDS) -> int:
        """Ask for the end as Ctrl-C does, and return the exit code."""
        self._commands.stop()
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_session(self.process)
            raise

    def processes(self, words: str = "") -> list[psutil.Process]:
        """Return the living descendants whose command line contains `words`."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if words in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def manage(self, *arguments: str) -> str:
        """Run a management command in this room and return what it prints."""
        done = self._commands.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the room's database directly."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def logs(self, lines: int = 8) -> str:
        """Return the last lines of every log of the room."""
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-lines:])
            for log in sorted((self.data_dir / "logs").glob("*.log"))
        )


def _is_ours(name: str) -> bool:
    return NOT_INHERITED.fullmatch(name) is not None


@pytest.fixture(scope="session")
def running_room() -> Iterator[RunningRoom]:
    """One whole control room with the demo, quiet (no trickle), for all tests that use it."""
    run: TestServers = settings.SERVERS_OF_THIS_RUN
    room = RunningRoom(run.folder("rooms") / "shared").wait_until_ready()
    yield room
    room.stop()


@pytest.fixture
def start_room(request: pytest.FixtureRequest) -> Iterator[Callable[..., RunningRoom]]:
    """`start_room("--empty", env={…})`: a room of the test's own; stopped after it.

    Each test has one data directory, so a second call finds what the first one left.
    """
    run: TestServers = settings.SERVERS_OF_THIS_RUN
    name = re.sub(r"\W+", "-", request.node.name)[:60]
    data_dir = run.folder("rooms") / f"{name}-{os.getpid()}"
    rooms: list[RunningRoom] = []

    def start(*arguments: str, data_dir: Path = data_dir, **options: Any) -> RunningRoom:
        rooms.append(RunningRoom(data_dir, *arguments, **options))
        return rooms[-1]

    yield start
    for room in rooms:
        if room.process.poll() is None:
            room.stop()
