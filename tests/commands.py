"""Management commands of a running room, without a start of Python and Django for each.

A helper process has everything imported. For each command it forks, and the fork does what
`manage.py` would do, on connections of its own; it starts as fresh as a new process.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import asdict, dataclass
from typing import IO

from django.conf import settings

SECONDS = 120


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Commands:
    """The helper of one room: started by the first command, with the room's environment."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = {**env, "DJANGO_SETTINGS_MODULE": "controlroom.settings"}
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> Done:
        process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        print(json.dumps(arguments), file=process.stdin, flush=True)
        return Done(**json.loads(process.stdout.readline()))

    def stop(self) -> None:
        """End the helper, which sees that nobody will ask any more."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=settings.BASE_DIR,
            env=self._env,
        )
        return self._process


def serve() -> None:
    """Do one command after the other, until nobody can ask any more."""
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
            process = os.fork()
            if not process:
                _become(json.loads(line), stdout, stderr)
            _, status = os.waitpid(process, 0)
            done = Done(os.waitstatus_to_exitcode(status), _said(stdout), _said(stderr))
        sys.stdout.write(json.dumps(asdict(done)) + "\n")
        sys.stdout.flush()


def _become(arguments: list[str], stdout: IO[str], stderr: IO[str]) -> None:
    """Be the command; never returns."""
    from django.core.management import execute_from_command_line

    code = 0
    signal.alarm(SECONDS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    try:
        execute_from_command_line(["manage.py", *arguments])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _said(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


if __name__ == "__main__":
    import django

    django.setup()
    serve()
