"""The embedded servers: durable, private, and as root run by somebody else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from controlroom.datadir import FREE_BYTES_NEEDED, DataDir, StartError
from controlroom.embedded import free_port
from controlroom.postgres_server import Postgres
from controlroom.unprivileged import ServerUser, first_closed, reachable_copy
from controlroom.valkey_server import Valkey

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def place(servers, request) -> Path:
    """A directory that the servers' user may pass, removed after the test."""
    path = servers.folder(f"embedded-{request.node.name[:40]}-{os.getpid()}".replace("[", "-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def data_dir(place) -> DataDir:
    return DataDir(place / "data")


@pytest.fixture
def postgres(data_dir):
    server = Postgres(data_dir, port=free_port())
    server.start()
    yield server
    server.stop()


def test_kill_9_keeps_every_acknowledged_row(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        for number in range(100):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])
    postgres.process.kill()
    postgres.process.wait()

    postgres.start()

    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (100,)


def test_it_is_durable_and_checks_its_pages(postgres):
    with psycopg.connect(postgres.url) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
        }

    assert set(shown.values()) == {"on"}


def test_nobody_gets_in_without_the_password(postgres):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url, password="guess")


def test_the_application_is_no_superuser(postgres):
    with psycopg.connect(postgres.url) as connection, pytest.raises(psycopg.Error):
        connection.execute("COPY (SELECT 1) TO PROGRAM 'true'")


def test_a_server_that_outlived_its_up_is_stopped_before_the_next_starts(data_dir, postgres):
    orphan = psutil.Process(postgres.process.pid)

    successor = Postgres(data_dir, port=free_port())
    successor.start()

    assert postgres.process.wait(5) == 0
    assert not orphan.is_running()
    with psycopg.connect(successor.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    successor.stop()


def test_a_number_that_went_to_another_process_does_not_hinder_the_start(data_dir, postgres):
    postgres.process.kill()
    postgres.process.wait()
    stale = data_dir.path / "postgres" / "data" / "postmaster.pid"
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join([str(os.getppid()), *lines[1:]]))

    postgres.start()

    assert postgres.process.poll() is None


def test_data_of_an_older_postgresql_is_refused(data_dir, postgres):
    postgres.stop()
    (data_dir.path / "postgres" / "data" / "PG_VERSION").write_text("14\n")

    with pytest.raises(StartError, match="is PostgreSQL 14's, this release brings PostgreSQL"):
        postgres.start()


def test_valkey_wants_its_password_and_never_evicts(data_dir):
    valkey = Valkey(data_dir, port=free_port())
    valkey.start()

    client = Redis.from_url(valkey.url)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with (
        Redis(port=valkey.port) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()
    client.close()
    valkey.stop()


@needs_root
def test_root_lets_somebody_else_run_the_servers_and_changes_no_parent(place, data_dir, postgres):
    before = place.stat()

    assert psutil.Process(postgres.process.pid).uids().real != 0
    assert (data_dir.path / "passwords.json").stat().st_uid == 0
    assert (place.stat().st_mode, place.stat().st_uid) == (before.st_mode, before.st_uid)


@needs_root
def test_a_closed_parent_is_one_sentence(place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(StartError, match=r"may not enter .*closed; set CONTROLROOM_DATA_DIR"):
        Postgres(DataDir(closed / "data"), port=free_port()).start()

    assert closed.stat().st_mode & 0o777 == 0o700


@needs_root
def test_programs_in_a_private_environment_are_copied_to_where_they_can_be_run(place):
    private = place / "private"
    (private / "bin").mkdir(parents=True)
    program = private / "bin" / "server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    private.chmod(0o700)
    nobody = ServerUser(uid=65534, gid=65534, name="nobody")

    found = reachable_copy(nobody, program, private, place / "copy")

    assert found == place / "copy" / "bin" / "server"
    assert first_closed(nobody, found.parent) is None
    assert found.stat().st_mode & 0o005 == 0o005


AS_SOMEBODY = """
import sys
from pathlib import Path
from controlroom.datadir import DataDir
from controlroom.embedded import free_port
from controlroom.postgres_server import Postgres
from controlroom.valkey_server import Valkey
data_dir = DataDir(Path(sys.argv[1]))
for server in (Postgres(data_dir, port=free_port()), Valkey(data_dir, port=free_port())):
    server.start()
    server.stop()
print("both started")
"""


@needs_root
def test_a_normal_user_runs_the_servers_himself(place, settings):
    nobody = ServerUser(uid=65534, gid=65534, name="nobody")
    python = _python_for(nobody)
    home = nobody.folder(place / "home")

    done = subprocess.run(
        [python, "-c", AS_SOMEBODY, str(home / "data")],
        capture_output=True,
        text=True,
        env={
            "PYTHONPATH": os.pathsep.join([str(settings.BASE_DIR), *sys.path[1:]]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.environ["PATH"],
        },
        cwd="/",
        check=False,
        **nobody.popen_options,
    )

    assert done.stdout.strip() == "both started", done.stderr
    assert (home / "data" / "postgres").stat().st_uid == nobody.uid


def _python_for(user: ServerUser) -> str:
    """Return a Python of our version that `user` may run, with our packages in reach."""
    for packages in (path for path in sys.path if "site-packages" in path):
        if first_closed(user, Path(packages)) is not None:
            pytest.skip("the packages are in a directory that other users may not enter")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        program = Path(candidate).resolve()
        if program.exists() and first_closed(user, program.parent) is None:
            return str(program)
    pytest.skip(f"other users may not run any {version} of this machine")


@needs_root
@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param("ro", "cannot be made: Read-only file system", id="unwritable"),
        pytest.param(
            f"size={FREE_BYTES_NEEDED // 2**20 - 1}m", "MB are free on the disk", id="full"
        ),
    ],
)
def test_a_disk_that_cannot_take_it_is_one_sentence(place, options, words):
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount a small disk")

    try:
        with pytest.raises(StartError, match=words):
            DataDir(disk / "data")
    finally:
        subprocess.run(["umount", disk], check=True)
