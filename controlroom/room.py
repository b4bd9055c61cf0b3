"""A whole control room: servers, database, processes; started in order and stopped in order."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.core.management import get_commands

from . import first_start
from .children import last_line, start_child
from .databases import apply_migrations, check_database, check_redis, use_servers
from .datadir import DataDir, StartError
from .embedded import Server, free_port, known_port
from .postgres_server import Postgres
from .servers import Servers, known_servers, remember_servers
from .supervisor import Console, Service, Supervisor, why_it_died
from .valkey_server import Valkey

READY_SECONDS = 90.0
DEATHS_BEFORE_GIVING_UP = 3
WATCH_SECONDS = 0.1
STOP_GROUPS = [["bots"], ["web", "scheduler", "worker"], ["valkey", "postgres"]]


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked
    """Somebody asked for the end while the control room was still starting."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command line asks for."""

    host: str
    port: int
    data_dir: Path
    slots: int
    empty: bool


class Room:
    """`run` starts everything, watches it, and returns after an ordered stop."""

    def __init__(self, wishes: Wishes, console: Console) -> None:
        self.wishes = wishes
        self._say = console.say
        self._supervisor = Supervisor(console)
        # from the very start of this process, imports included
        self._begun = psutil.Process().create_time()
        self._stop_requests = 0
        self._listener: socket.socket | None = None
        self._port = wishes.port
        self._data_dir: DataDir | None = None

    def run(self) -> None:
        """Raises StartError, after stopping whatever had been started."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            signal.signal(signal.SIGHUP, self._note_stop)
        try:
            self._start()
            self._watch()
        except Stopped:
            pass
        finally:
            self._stop()

    def _start(self) -> None:
        """Each step may refuse; nothing of an earlier step then stays behind."""
        wishes = self.wishes
        self._data_dir = data_dir = DataDir(wishes.data_dir)
        data_dir.lock()
        self._listener = listen(wishes.host, wishes.port)
        self._port = int(self._listener.getsockname()[1])
        self._start_servers(data_dir)
        self._checkpoint()
        self._say(f"Database: {apply_migrations(self._checkpoint)}")
        if not os.environ.get("CONTROLROOM_VAULT_KEYS"):
            data_dir.ensure_vault_key()
        self._prepare_first_start()
        self._start_processes(data_dir)
        self._wait_until_ready()
        took = time.time() - self._begun
        self._say(f"Control room ready at {self._address()} (took {took:.1f} s)")

    def _start_servers(self, data_dir: DataDir) -> None:
        """Start the servers that no variable names, and find out whether the others answer."""
        database_url = os.environ.get("DATABASE_URL", "").strip()
        redis_url = os.environ.get("REDIS_URL", "").strip()
        before = known_servers(data_dir.path)
        embedded: list[Server] = []
        if not database_url:
            embedded.append(Postgres(data_dir, port=free_port(known_port(before.database_url))))
        if not redis_url:
            embedded.append(Valkey(data_dir, port=free_port(known_port(before.redis_url))))
        urls = {server.name: server.url for server in embedded}
        remember_servers(data_dir.path, Servers(urls.get("postgres", ""), urls.get("valkey", "")))
        use_servers(database_url or urls["postgres"], redis_url or urls["valkey"])
        for server in embedded:
            self._supervisor.start(_as_service(server))
        check_database()
        check_redis(redis_url or urls["valkey"])
        mine = ", ".join(server.title for server in embedded) or "none, all given by settings"
        self._say(f"Servers: {mine}")

    def _prepare_first_start(self) -> None:
        password = first_start.create_admin()
        if password is not None:
            self._say(f"Sign in as “{first_start.ADMIN}” with the password {password}")
            self._say("(shown this once; CONTROLROOM_ADMIN_PASSWORD would have set it)")
        self._checkpoint()
        if not first_start.is_demo_pending():
            return
        if not self.wishes.empty and settings.DEMO_ENABLED and "load_demo" in get_commands():
            self._say("Loading the demo…")
            self._run_command("load_demo", *([] if settings.DEMO_TRICKLE else ["--quiet-trickle"]))
        first_start.note_demo_done()

    def _run_command(self, name: str, *arguments: str) -> None:
        """Run a management command to its end; a stop request ends it, too."""
        assert self._data_dir is not None
        log_file = self._log_file(name)
        with log_file.open("ab") as log:
            process = start_child(
                [sys.executable, "manage.py", name, *arguments],
                on_parent_death=signal.SIGKILL,
                stdout=log,
                stderr=log,
                cwd=settings.BASE_DIR,
                env=self._environment("command"),
            )
        try:
            while process.poll() is None:
                self._checkpoint()
                self._supervisor.watch()
                time.sleep(WATCH_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise StartError(f"“{name}” failed: {last_line(log_file)} (log: {log_file})")

    def _start_processes(self, data_dir: DataDir) -> None:
        assert self._listener is not None
        if not os.environ.get("SECRET_KEY"):
            data_dir.secret_key()
        listener = self._listener.fileno()
        python = [sys.executable]
        web = [*python, "-m", "controlroom.web", "--fd", str(listener)]
        self._start_process("web", "web", web, pass_fds=(listener,))
        self._start_process("scheduler", "scheduler", [*python, "manage.py", "scheduler"])
        self._start_process("worker", "worker", [*python, "manage.py", "worker"])
        if self.wishes.slots:
            bots = ["bot", "--pool", "default", "--slots", str(self.wishes.slots)]
            self._start_process("bots", "bot", [*python, "manage.py", *bots])

    def _start_process(self, name: str, role: str, command: list[str], **options: Any) -> None:
        environment = self._environment(role)
        log_file = self._log_file(name)

        def start() -> subprocess.Popen[bytes]:
            with log_file.open("ab") as log:
                return start_child(
                    command,
                    on_parent_death=signal.SIGKILL,
                    stdout=log,
                    stderr=log,
                    cwd=settings.BASE_DIR,
                    env=environment,
                    **options,
                )

        self._supervisor.start(Service(name, start, log_file))

    def _environment(self, role: str) -> dict[str, str]:
        loopback = "true" if is_loopback(self.wishes.host) else "false"
        return {
            **os.environ,
            "CONTROLROOM_ROLE": role,
            "CONTROLROOM_DATA_DIR": str(self.wishes.data_dir),
            "CONTROLROOM_LOOPBACK": loopback,
            "PYTHONUNBUFFERED": "1",
        }

    def _log_file(self, name: str) -> Path:
        assert self._data_dir is not None
        return self._data_dir.folder("logs") / f"{name}.log"

    def _wait_until_ready(self) -> None:
        """Wait for all parts to answer; give up when one keeps dying. Raises StartError."""
        end = time.monotonic() + READY_SECONDS
        missing = ["web"]
        while missing:
            self._checkpoint()
            self._supervisor.watch()
            for service in self._supervisor.services:
                if service.deaths >= DEATHS_BEFORE_GIVING_UP:
                    raise StartError(f"{why_it_died(service)} (log: {service.log_file})")
            if time.monotonic() > end:
                logs = self._log_file("web").parent
                raise StartError(f"No answer from {', '.join(missing)} (logs: {logs}).")
            time.sleep(WATCH_SECONDS)
            missing = self._missing_parts()

    def _missing_parts(self) -> list[str]:
        """Return which parts have not answered since they were started."""
        parts = self._ask_readiness()
        if parts is None:
            return ["web"]
        started = {service.name: service.started_at for service in self._supervisor.services}
        missing = [] if parts["redis"]["state"] == "ok" else ["redis"]
        for name in ("scheduler", "worker", "bots"):
            seconds = parts[name]["seconds"]
            age = time.monotonic() - started[name] if name in started else None
            if age is not None and (seconds is None or seconds > age):
                missing.append(name)
        return missing

    def _ask_readiness(self) -> dict[str, Any] | None:
        host = self.wishes.host if self.wishes.host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
        connection = http.client.HTTPConnection(host, self._port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            parts = json.loads(connection.getresponse().read())["parts"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return None
        finally:
            connection.close()
        return parts if isinstance(parts, dict) and "redis" in parts else None

    def _watch(self) -> None:
        while True:
            self._checkpoint()
            self._supervisor.watch()
            time.sleep(WATCH_SECONDS)

    def _checkpoint(self) -> None:
        if self._stop_requests:
            raise Stopped

    def _note_stop(self, number: int, frame: object) -> None:
        self._stop_requests += 1

    def _stop(self) -> None:
        if self._supervisor.services:
            self._say("Stopping: bots first, servers last…")
            self._supervisor.stop(STOP_GROUPS, hurry=lambda: self._stop_requests > 1)
            self._say("Stopped; nothing is lost.")
        if self._listener is not None:
            self._listener.close()
        if self._data_dir is not None:
            self._data_dir.unlock()

    def _address(self) -> str:
        host = self.wishes.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; the web process inherits it, so that a restart refuses nobody."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise StartError(
            f"Port {port} on {host} cannot be used ({getattr(error, 'strerror', error)}); "
            "stop what listens there or choose another with --port (PORT=8123 make up)."
        ) from None
    return listener


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _as_service(server: Server) -> Service:
    def start() -> subprocess.Popen[bytes]:
        server.start()
        assert server.process is not None
        return server.process

    return Service(server.name, start, server.log_file, server.stop_signal, server.patience_seconds)
