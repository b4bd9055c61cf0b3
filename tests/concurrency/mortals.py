"""Processes that kill themselves at a statement: kill -9 wherever a test wants it."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, connections

from apps.bots.forking import fork


def die_at(n: int, work: Callable[[], None]) -> bool:
    """Do `work` in a process of its own, which is killed just before the n-th message that it sends
    to the database (a statement, or the end of a transaction); say whether it came to that."""
    connections.close_all()
    pid = fork()
    if pid == 0:
        status = 1
        try:
            connection.close()
            with killed_at(n):
                work()
            status = 0
        finally:
            os._exit(status)
    _pid, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the process failed otherwise than by being killed"
    return False


@contextmanager
def killed_at(n: int) -> Iterator[None]:
    """Kill this process just before its n-th message to the database."""
    left = [n]

    def counted(sent: Callable[..., Any]) -> Callable[..., Any]:
        def send(*args: Any, **given: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return sent(*args, **given)

        return send

    real = {
        (psycopg.Cursor, "execute"): psycopg.Cursor.execute,
        (psycopg.Cursor, "copy"): psycopg.Cursor.copy,
        (psycopg.Connection, "commit"): psycopg.Connection.commit,
    }
    for (owner, name), method in real.items():
        setattr(owner, name, counted(method))
    try:
        yield
    finally:
        for (owner, name), method in real.items():
            setattr(owner, name, method)
