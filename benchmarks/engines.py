"""Walks instances through five durable steps here, with SpiffWorkflow and with DBOS, in one run.

    make peers && .venv/bin/python benchmarks/engines.py [--instances 1000] [--rounds 3]

All three write to the same PostgreSQL database, each into tables of its own, one after the other in
interleaved rounds; the medians are compared. Ours is a whole control room (`manage.py up`): the
instances go through its queues, outbox and worker, with full history. SpiffWorkflow and DBOS
(benchmarks/peers) run without any of that, in an environment of their own (`make peers`); without
it, this says so and measures only ours.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402
from benchmarks.workflows import (  # noqa: E402
    STEPS,
    check,
    deploy,
    drain,
    ended,
    first_folder,
    five_steps,
    queues_of,
    start,
)

PEERS = ROOT / ".peers" / "bin" / "python"
THREADS = 8
PATIENCE_SECONDS = 300
OURS = "control room"


def main() -> int:
    wishes = parse_arguments()
    rates: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1):
            walk = Walks()
            for _round in range(wishes.rounds):
                rates[OURS].append(walk(wishes.instances))
                for name, rate in peers(max(1, wishes.instances // 10)):
                    rates[name].append(rate)
            is_whole = check()
    show({name: statistics.median(found) for name, found in rates.items()})
    return 0 if is_whole else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=1_000, help="the others walk a tenth")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


class Walks:
    """Our instances of five steps; call it with how many, for how many there were a second."""

    def __init__(self) -> None:
        folder = first_folder()
        self.workflow = deploy(folder, five_steps())
        self.queues = queues_of(folder, [f"step-{number}" for number in range(1, STEPS + 1)])
        self.n_walked = 0
        self(100)

    def __call__(self, n: int) -> float:
        began = time.monotonic()
        start(self.workflow, n)
        self.n_walked += n
        drain(self.queues, until=lambda: ended(self.workflow) == self.n_walked)
        return n / (time.monotonic() - began)


def peers(n: int) -> list[tuple[str, float]]:
    """Return what the others reach, by name; nothing if they are not installed."""
    if not PEERS.exists():
        return []
    spiff = run("spiff.py", database(), str(n))
    dbos = run("dbos_steps.py", database(), str(n), str(THREADS))
    return [
        *((f"SpiffWorkflow, {how}", rate) for how, rate in spiff.items()),
        *((f"DBOS, {how}", rate) for how, rate in dbos.items()),
    ]


def run(script: str, *arguments: str) -> dict[str, float]:
    command = [str(PEERS), str(ROOT / "benchmarks" / "peers" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    if done.returncode:
        raise SystemExit(f"{script} failed: {done.stderr[-1000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def database() -> str:
    """Return the address of the room's database; the others make tables of their own there."""
    from django.db import connection

    values: dict[str, Any] = connection.settings_dict
    user = f"{values['USER']}:{values['PASSWORD']}"
    return f"postgresql://{user}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def show(rates: dict[str, float]) -> None:
    ours = rates[OURS]
    for name, rate in rates.items():
        ratio = "" if name == OURS else f"   ours is {ours / rate:5.1f} times as fast"
        print(f"{name:<32} {rate:8,.1f} instances/s {rate * STEPS:9,.0f} steps/s{ratio}")
    if len(rates) == 1:
        print("The others are not installed, so there is nothing to compare with: make peers.")


if __name__ == "__main__":
    sys.exit(main())
