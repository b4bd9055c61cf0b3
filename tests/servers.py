"""The PostgreSQL and Valkey of a test run: started once, for all of its processes.

The first process (pytest itself, or its xdist controller) makes the directory, reserves the ports
and starts the servers; the workers find them through one environment variable.
"""

import atexit
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from controlroom.datadir import DataDir
from controlroom.embedded import HOST
from controlroom.postgres_server import Postgres, Tuning
from controlroom.unprivileged import first_closed, server_user
from controlroom.valkey_server import Valkey

VARIABLE = "CONTROLROOM_TEST_SERVERS"
PREFIX = "controlroom-tests-"


class TestServers:
    """Where the servers of this run are. They start at the first `start`, and end with the run."""

    __test__ = False

    def __init__(self) -> None:
        known = os.environ.get(VARIABLE)
        self.is_owner = known is None
        if known is None:
            self._reserved = [_reserve_port(), _reserve_port()]
            # Not below pytest's own temporary directory, where the servers' user may not go.
            self.root = root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_open_directory()))
            root.chmod(0o755)
            ports = [reserved.getsockname()[1] for reserved in self._reserved]
            os.environ[VARIABLE] = json.dumps({"root": str(root), "ports": ports})
            atexit.register(self.stop)
        else:
            self.root = Path(json.loads(known)["root"])
            ports = json.loads(known)["ports"]
        data_dir = DataDir(self.root / "data")
        tuning = Tuning(durable=False, may_create_databases=True, shared_buffers_mb=128)
        self.postgres = Postgres(data_dir, port=ports[0], tuning=tuning)
        self.valkey = Valkey(data_dir, port=ports[1])
        self._pid = os.getpid()
        self._started = not self.is_owner

    def start(self) -> None:
        if not self._started:
            self.postgres.start()
            self.valkey.start()
            self._started = True

    def stop(self) -> None:
        """End the servers and remove their files; only the process that made them does so."""
        if self.is_owner and os.getpid() == self._pid:
            self.postgres.stop()
            self.valkey.stop()
            shutil.rmtree(self.root, ignore_errors=True)

    @contextmanager
    def as_superuser(self, database: str) -> Iterator[psycopg.Cursor[Any]]:
        """Give a cursor of the servers' owner in `database`, in one transaction."""
        with psycopg.connect(**self.postgres.owner_login, dbname=database) as connection:
            yield connection.cursor()

    def folder(self, name: str) -> Path:
        """Return a directory of this run that the servers' user could reach, made if missing."""
        path = self.root / name
        path.mkdir(exist_ok=True)
        return path


def _open_directory() -> str | None:
    """Return a directory for temporary files that the servers' user may enter; None for the usual.

    As root, the servers run as somebody else, and TMPDIR may be private.
    """
    user = server_user(Path("/nowhere"))
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if first_closed(user, Path(candidate)) is None:
            return candidate
    return None


def _reserve_port() -> socket.socket:
    """Bind a free port without listening: no other process is given it, our server may take it."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind((HOST, 0))
    return reserved
