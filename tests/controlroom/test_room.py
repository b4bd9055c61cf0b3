"""`up`: what it refuses to start on, what it survives, how it stops."""

import json
import os
import signal
import socket
import urllib.request

import psutil
import pytest
from django.conf import settings

from controlroom.children import wait_for
from controlroom.datadir import MARKER
from tests.rooms import READY, RunningRoom

NOBODY_LISTENS = "postgresql://me:secret@127.0.0.1:1/room"


def _left_running(data_dir):
    """Return processes that still work for this data directory."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "cwd"]):
        text = " ".join(process.info["cmdline"] or []) + (process.info["cwd"] or "")
        environ = process.info["environ"] or {}
        if str(data_dir) in text or environ.get("CONTROLROOM_DATA_DIR") == str(data_dir):
            found.append(process)
    return found


def _all_end(data_dir):
    """Say whether nothing stays: who is told of its parent's end by the kernel takes a moment."""
    return wait_for(lambda: not _left_running(data_dir), 10)


def _is_ready(room):
    try:
        with urllib.request.urlopen(f"{room.url}/readyz", timeout=2) as answer:
            return json.loads(answer.read())["status"] == "ok"
    except OSError:
        return False


@pytest.fixture
def quick_room(start_room):
    """Start a room without the demo: only the house is looked at here."""

    def start(*arguments, **options):
        return start_room("--empty", "--slots", "1", *arguments, **options)

    return start


@pytest.fixture(scope="module")
def lasting_room():
    """One room for the tests that hurt it and see it recover."""
    run = settings.SERVERS_OF_THIS_RUN
    data_dir = run.folder("rooms") / f"lasting-{os.getpid()}"
    room = RunningRoom(data_dir, "--empty", "--slots", "1").wait_until_ready()
    yield room
    room.stop()


def test_secrets_are_readable_by_their_owner_only(lasting_room):
    room = lasting_room

    for name in ("servers.json", "passwords.json", "secret-key"):
        assert (room.data_dir / name).stat().st_mode & 0o077 == 0, name
    commands = " ".join(" ".join(process.cmdline()) for process in room.processes())
    assert room.database_url.split(":")[2].split("@")[0] not in commands
    assert room.admin_password not in room.console
    assert room.query("SELECT username FROM accounts_user WHERE is_superuser") == [("admin",)]


def test_a_second_start_goes_on_where_the_first_one_stopped(quick_room):
    first = quick_room(env={"CONTROLROOM_ADMIN_PASSWORD": ""}).wait_until_ready()
    first.query("CREATE TABLE kept (n int)")
    assert "Sign in as “admin” with the password" in first.console
    assert first.stop(signal.SIGINT) == 0
    assert first.console.splitlines()[-1] == "Stopped; nothing is lost."
    assert _all_end(first.data_dir)

    second = quick_room(env={"CONTROLROOM_ADMIN_PASSWORD": ""}).wait_until_ready()

    assert second.query("SELECT count(*) FROM kept") == [(0,)]
    assert "Database: up to date" in second.console
    assert "password" not in second.console


def test_kill_9_of_everything_and_then_of_up_alone_loses_no_committed_row(quick_room):
    first = quick_room().wait_until_ready()
    first.query("CREATE TABLE kept (n int)")
    first.query("INSERT INTO kept SELECT generate_series(1, 1000)")
    for process in [psutil.Process(first.process.pid), *first.processes()]:
        process.kill()
    first.process.wait()

    second = quick_room().wait_until_ready()
    assert second.query("SELECT count(*) FROM kept") == [(1000,)]
    children = second.processes()
    second.process.kill()
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []

    third = quick_room(port=second.port).wait_until_ready()
    assert third.query("SELECT count(*) FROM kept") == [(1000,)]
    assert third.stop(signal.SIGTERM) == 0


def test_a_busy_port_is_one_sentence_and_nothing_starts(quick_room):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        room = quick_room(port=other.getsockname()[1])

        assert room.exit_code() == 1
    assert room.console.startswith(f"Port {room.port} on 127.0.0.1 cannot be used")
    assert len(room.console.splitlines()) == 1
    assert _all_end(room.data_dir)


def test_a_foreign_directory_is_left_alone(quick_room, servers):
    foreign = servers.folder("rooms") / f"foreign-{os.getpid()}"
    foreign.mkdir(parents=True)
    (foreign / "thesis.txt").write_text("three years of work")

    room = quick_room(data_dir=foreign)

    assert room.exit_code() == 1
    assert "is not empty and not a control room's data directory" in room.console
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(0, "was written by an older control room", id="older"),
        pytest.param(99, "was written by a newer control room", id="newer"),
    ],
)
def test_a_directory_of_another_format_is_refused(quick_room, servers, found, words):
    directory = servers.folder("rooms") / f"format-{found}-{os.getpid()}"
    directory.mkdir()
    (directory / MARKER).write_text(json.dumps({"format": found}))

    room = quick_room(data_dir=directory)

    assert room.exit_code() == 1
    assert words in room.console


def test_a_path_through_a_file_is_refused(quick_room, servers):
    blocker = servers.folder("rooms") / f"a-file-{os.getpid()}"
    blocker.write_text("")

    room = quick_room("--data-dir", str(blocker / "data"))

    assert room.exit_code() == 1
    assert "is a file, not a directory" in room.console


def test_a_second_up_in_one_directory_says_so(start_room, lasting_room):
    second = start_room(data_dir=lasting_room.data_dir, console_name="second")

    assert second.exit_code() == 1
    assert f"A control room already runs in {lasting_room.data_dir} (process" in second.console
    assert _is_ready(lasting_room)


def test_a_database_that_does_not_answer_is_one_sentence(quick_room):
    room = quick_room(env={"DATABASE_URL": NOBODY_LISTENS})

    assert room.exit_code() == 1
    assert "The database at 127.0.0.1:1 does not answer" in room.console
    assert "secret" not in room.console
    assert _all_end(room.data_dir)


def test_a_redis_that_does_not_answer_is_one_sentence(quick_room):
    room = quick_room(env={"REDIS_URL": "redis://:secret@127.0.0.1:1/0"})

    assert room.exit_code() == 1
    assert "Redis at 127.0.0.1:1 does not answer" in room.console
    assert "secret" not in room.console
    assert _all_end(room.data_dir)


def test_ctrl_c_while_starting_leaves_nothing_behind(quick_room):
    room = quick_room()
    room.wait_for_line("Servers:")

    room.stop()

    assert READY not in room.console
    assert _all_end(room.data_dir)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        pytest.param("controlroom.web", "web", id="web"),
        pytest.param("manage.py scheduler", "scheduler", id="scheduler"),
        pytest.param("manage.py worker", "worker", id="worker"),
        pytest.param("manage.py bot", "bots", id="bots"),
        pytest.param("valkey-server", "valkey", id="valkey"),
        pytest.param("bin/postgres", "postgres", id="postgres"),
    ],
)
def test_whatever_is_killed_starts_again(lasting_room, words, name):
    (victim, *_) = lasting_room.processes(words)

    victim.kill()

    lasting_room.wait_for_line(f"{name} stopped (killed by SIGKILL); starting it again in")
    lasting_room.wait_for_line(f"{name} runs again.")
    assert wait_for(lambda: _is_ready(lasting_room), 40), lasting_room.logs()
