"""Keeps the processes of a control room alive, and stops them in order.

Whatever dies is started again: at once the first time, then ever more slowly, and each time the
console says so.
"""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from .children import kill_session, last_line, send_signal, wait_for
from .datadir import StartError

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 30.0  # who lived this long starts with the first pause again
MAX_LOG_BYTES = 20 * 1024 * 1024


class Console:
    """Short lines for the person at the terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, line: str) -> None:
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            pass  # the terminal is gone; the control room goes on


@dataclass
class Service:
    """A process that shall be alive: how to start it, how to ask it to stop, what it says."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log_file: Path
    stop_signal: signal.Signals = signal.SIGTERM
    patience_seconds: float = 4.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0  # monotonic
    restart_at: float | None = None
    deaths: int = 0
    deaths_in_a_row: int = field(default=0)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pause_seconds(self) -> float:
        """Return how long to wait before the next start."""
        return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (self.deaths_in_a_row - 1))


class Supervisor:
    """Starts services and watches them; `stop` ends them group by group, in the order given."""

    def __init__(self, console: Console) -> None:
        self.services: list[Service] = []
        self._console = console

    def start(self, service: Service) -> None:
        """Start and watch `service`. Raises StartError when it cannot be started at all."""
        _launch(service)
        self.services.append(service)

    def watch(self) -> None:
        """Look once: note who died, start again whose pause is over, keep the logs short."""
        for service in self.services:
            if service.restart_at is not None:
                self._start_again(service)
            elif not service.is_alive:
                self._note_death(service)
            elif service.deaths_in_a_row and _age(service) > STEADY_SECONDS:
                service.deaths_in_a_row = 0
            shorten_log(service.log_file)

    def stop(self, groups: list[list[str]], *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask the services of each group together, wait, then kill; `hurry` ends the waiting."""
        for names in groups:
            group = [service for service in self.services if service.name in names]
            for service in group:
                service.restart_at = None
                if service.process is not None:
                    send_signal(service.process, service.stop_signal)
            for service in group:
                self._await_end(service, hurry)
        self.services.clear()

    def _await_end(self, service: Service, hurry: Callable[[], bool]) -> None:
        process = service.process
        if process is None:
            return
        wait_for(lambda: process.poll() is not None or hurry(), service.patience_seconds)
        if process.poll() is None:
            self._console.say(f"{service.name} did not stop in time and was killed.")
            kill_session(process)

    def _note_death(self, service: Service) -> None:
        assert service.process is not None
        how = describe_exit(service.process.returncode)
        kill_session(service.process)  # what it started must not outlive it
        service.deaths += 1
        service.deaths_in_a_row += 1
        service.restart_at = time.monotonic() + service.pause_seconds
        self._console.say(
            f"{service.name} stopped ({how}); starting it again in {service.pause_seconds:g} s. "
            f"Log: {service.log_file}"
        )

    def _start_again(self, service: Service) -> None:
        assert service.restart_at is not None
        if time.monotonic() < service.restart_at:
            return
        try:
            _launch(service)
        except (StartError, OSError) as error:
            service.deaths_in_a_row += 1
            service.restart_at = time.monotonic() + service.pause_seconds
            self._console.say(f"{error} Trying again in {service.pause_seconds:g} s.")
        else:
            self._console.say(f"{service.name} runs again.")


def _launch(service: Service) -> None:
    service.process = service.start()
    service.started_at = time.monotonic()
    service.restart_at = None


def _age(service: Service) -> float:
    return time.monotonic() - service.started_at


def describe_exit(code: int) -> str:
    """Return how a process ended, in words: “exit code 1”, “killed by SIGKILL”."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def why_it_died(service: Service) -> str:
    """Return the sentence for a service that does not come up."""
    code = service.process.returncode if service.process is not None else None
    how = describe_exit(code) if code is not None else "no answer"
    words = last_line(service.log_file)
    return f"{service.name} does not start ({how}): {words or 'it gave no reason'}"


def shorten_log(path: Path) -> None:
    """Keep at most two files of MAX_LOG_BYTES; writers append, so cutting at zero is safe."""
    try:
        if path.stat().st_size > MAX_LOG_BYTES:
            path.with_suffix(".old.log").write_bytes(path.read_bytes())
            with path.open("r+b") as log:
                log.truncate(0)
    except FileNotFoundError:
        pass
