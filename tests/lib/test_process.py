"""Child processes: they die with their parent and don't hear its Ctrl-C."""

import os
import select
import signal
import subprocess
import sys

import pytest

from apps.lib.process import die_with_parent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a promise of Linux's kernel")

PARENT = """
import os, sys
from apps.lib.process import die_with_parent, new_session
read, write = os.pipe()
parent = os.getpid()
if os.fork() == 0:
    new_session()
    assert die_with_parent(parent)
    os.write(write, b"%d" % os.getpid())
    import signal
    signal.pause()
print(os.read(read, 20).decode(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent(settings):
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=settings.BASE_DIR,
    )
    yield process
    process.kill()
    process.communicate()


def test_a_child_dies_when_its_parent_is_killed(parent):
    child = int(parent.stdout.readline())
    watch = os.pidfd_open(child)

    parent.kill()
    parent.wait()

    is_ended, _, _ = select.select([watch], [], [], 20)
    os.close(watch)
    assert is_ended


def test_a_child_is_in_a_session_of_its_own(parent):
    child = int(parent.stdout.readline())

    assert os.getsid(child) == child
    assert os.getsid(child) != os.getsid(parent.pid)


def test_a_child_whose_parent_has_gone_already_ends_at_once():
    child = os.fork()
    if child == 0:
        die_with_parent(parent_pid=1_999_999)
        os._exit(0)

    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
