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

from apps.accounts.models import Folder
from apps.bots.lifecycle import create_run
from apps.bots.models import Automation, Run
from apps.bots.releases import sync_automations
from apps.bots.transport import ring_pool
from tests.bots import sample_automations

NOWHERE = "redis://127.0.0.1:1/0"


def eventually(condition: Callable[[], Any], *, seconds: float = 15) -> Any:
    """Return the first true answer of `condition`; fail when none comes."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
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
def bot_process(
    env: dict[str, str], folder: Folder, *, slots: int = 1, **extra_env: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A running `manage.py bot`; killed, with what is left of it, at the end."""
    command = [sys.executable, "manage.py", "bot", "--slots", str(slots), "--name", "tester"]
    process = subprocess.Popen(
        [*command, "--folder", folder.key],
        cwd=settings.BASE_DIR,
        env={
            **env,
            "CONTROLROOM_ROLE": "bot",
            "AUTOMATION_MODULES": sample_automations.MODULE,
            **extra_env,
        },
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


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
