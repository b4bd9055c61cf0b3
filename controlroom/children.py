"""Starting processes that have a session of their own and do not outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def start_child(
    command: list[str], *, on_parent_death: signal.Signals, **options: Any
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session; the kernel sends it a signal when we are gone."""
    return subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=_tie_to_parent(on_parent_death),
        stdin=subprocess.DEVNULL,
        **options,
    )


def stop_child(
    process: subprocess.Popen[bytes],
    *,
    first: signal.Signals = signal.SIGTERM,
    patience_seconds: float = 5.0,
) -> bool:
    """Ask, wait, then kill the whole session; return whether asking was enough."""
    send_signal(process, first)
    if wait_for(lambda: process.poll() is not None, patience_seconds):
        return True
    kill_session(process)
    return False


def send_signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and whatever it left behind in its process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:
        process.kill()
    process.wait()


def wait_for(condition: Callable[[], bool], seconds: float, *, every: float = 0.02) -> bool:
    """Return True as soon as `condition` holds, False when `seconds` have passed."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def last_line(path: Path, *, containing: tuple[str, ...] = ("",)) -> str:
    """Return the last line of the log at `path` with one of the words, or ""."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        if line.strip() and any(word in line for word in containing):
            return line.strip()
    return ""


def _tie_to_parent(number: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie
