"""Real bots for tests: processes of their own, as many as a test wants to kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from apps.accounts.models import Folder
from apps.bots.forking import fork
from apps.bots.lifecycle import create_run
from apps.bots.models import Automation, Run
from apps.bots.registration import register_bot, sign_off
from apps.bots.releases import default_pool, sync_automations
from apps.bots.supervisor import SlotSupervisor
from apps.bots.transport import ring_pool
from apps.lib.process import die_with_parent, new_session
from controlroom.database import database_settings
from controlroom.databases import apply_migrations
from controlroom.datadir import DataDir
from controlroom.embedded import free_port
from controlroom.postgres_server import Postgres, Tuning
from tests.bots import sample_automations

NOWHERE = "redis://127.0.0.1:1/0"


def eventually(condition: Callable[[], Any], *, seconds: float = 15) -> Any:
    """Return the first true answer of `condition`; fail when none comes."""
    end, pause = time.monotonic() + seconds, 0.005
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(pause)
        # who asks all the time takes the processor from those that it waits for
        pause = min(pause * 1.3, 0.05)
    return found


def sample(folder: Folder, name: str, **changes: Any) -> Automation:
    """Return a released automation of tests/bots/sample_automations.py."""
    (automation,) = sync_automations(folder, names={name})
    Automation.objects.filter(pk=automation.pk).update(**changes)
    automation.refresh_from_db()
    return automation


def make_run(automation: Automation, **run_input: Any) -> Run:
    version = automation.current_version
    assert version
    run = create_run(version, run_input=run_input)
    ring_pool(run)
    return run


def status_of(run: Run) -> str:
    run.refresh_from_db()
    return run.status


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.is_final


@contextmanager
def bot_command(env: dict[str, str], folder: Folder) -> Iterator[subprocess.Popen[bytes]]:
    """A running `manage.py bot`, as a person starts it; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "bot", "--name", "tester", "--folder", folder.key],
        cwd=settings.BASE_DIR,
        env={**env, "CONTROLROOM_ROLE": "bot", "AUTOMATION_MODULES": sample_automations.MODULE},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def bot_process(folder: Folder, *, slots: int = 1, **setting: Any) -> Iterator["ForkedBot"]:
    """A bot that is a fork of this process: as the command, without its second of imports."""
    parent = os.getpid()
    pid = fork()
    if pid == 0:
        code = 1
        try:
            die_with_parent(parent)
            code = be_a_bot(folder, slots, setting)
        finally:
            os._exit(code)
    bot = ForkedBot(pid)
    try:
        yield bot
    finally:
        bot.kill()
        bot.wait()


def be_a_bot(folder: Folder, slots: int, setting: dict[str, Any]) -> int:
    new_session()
    for name, value in setting.items():
        setattr(settings, name, value)
    bot = register_bot(default_pool(folder), name="tester", n_slots=slots)
    SlotSupervisor(bot).run()
    sign_off(bot)
    return 0


class ForkedBot:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None

    def send_signal(self, number: signal.Signals) -> None:
        if self.code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = 15) -> int:
        eventually(self._has_ended, seconds=timeout)
        assert self.code is not None
        return self.code

    def _has_ended(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None


def read_pid(path: Path) -> int:
    """Wait for a file that holds a process id, and return it."""
    return int(eventually(lambda: path.exists() and path.read_text()))


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in found.split()]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def postgres_of_its_own(folder: Path) -> Iterator[Postgres]:
    """A migrated PostgreSQL that the test may stop and start; Django works on it meanwhile."""
    folder.mkdir()
    server = Postgres(
        DataDir(folder), port=free_port(), tuning=Tuning(durable=True, shared_buffers_mb=32)
    )
    server.start()
    usual, usual_url = dict(connection.settings_dict), os.environ["DATABASE_URL"]
    connection.close()
    connection.settings_dict.update(database_settings(server.url, "command") | {"TEST": {}})
    os.environ["DATABASE_URL"] = server.url
    try:
        apply_migrations()
        yield server
    finally:
        connection.close()
        connection.settings_dict.update(usual)
        os.environ["DATABASE_URL"] = usual_url
        server.stop()
