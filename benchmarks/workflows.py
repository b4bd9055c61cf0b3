"""Walks instances through workflows in a whole control room, and prints what that costs.

    .venv/bin/python benchmarks/workflows.py [--instances 5000] [--items 10000] [--waiting 100000]

It starts `manage.py up --empty` on a free port in a temporary directory: the background worker of
that room takes the steps, and this process plays the bots (it leases and finishes in batches, as a
session does). Measured are

- walks: instances of a workflow with five bots' steps, each durable before the next, per second;
- fan-out: a step over a list of 10 000 items, until the step after it has been reached;
- waiting: one step among 100 000 instances that wait, against one in an empty database (p95).

Afterwards `check_instances` must find nothing, and every instance must have ended once.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.drain import running_room  # noqa: E402

STEPS = 5
BATCH = 200
PATIENCE_SECONDS = 120.0
VARIABLES = {"invoice": "4711", "vendor": "Ahorn & Söhne", "amount": 1250.5, "lines": [1, 2, 3, 4]}
TARGETS = {"instances": 250, "steps": 1_000, "fan_out_seconds": 10.0, "slower": 2.0}


def main() -> int:
    wishes = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="controlroom-bench-") as folder:
        # the servers' own user must reach it
        Path(folder).chmod(0o755)
        with running_room(Path(folder) / "data", 1):
            place = first_folder()
            missed = [
                walks(place, wishes.instances),
                fan_out(place, wishes.items),
                waiting(place, wishes.waiting, wishes.samples),
            ]
            is_whole = check()
    for sentence in filter(None, missed):
        print(sentence)
    return 0 if is_whole else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=5_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--samples", type=int, default=200)
    return parser.parse_args()


# --- five steps


def walks(folder: Any, n: int) -> str:
    """Start `n` instances and play the bots of their five steps, until the last has ended."""
    workflow = deploy(folder, five_steps())
    queues = queues_of(folder, [f"step-{number}" for number in range(1, STEPS + 1)])
    warm = start(workflow, BATCH)
    drain(queues, until=lambda: ended(workflow) == len(warm))
    began = time.monotonic()
    start(workflow, n)
    started = time.monotonic() - began
    drain(queues, until=lambda: ended(workflow) == n + len(warm))
    took = time.monotonic() - began
    rate = n / took
    print(
        f"walks    {n:>9,} instances of {STEPS} steps in {took:6.1f} s: {rate:,.0f} instances/s,"
        f" {rate * STEPS:,.0f} steps/s; started within {started:.1f} s"
    )
    if rate < TARGETS["instances"] or rate * STEPS < TARGETS["steps"]:
        return f"below the target of {TARGETS['instances']} instances/s"
    return ""


def five_steps() -> bytes:
    from tests.workflows.models import process

    model = process("five_steps").start()
    for number in range(1, STEPS + 1):
        model.service(f"step_{number}", f"step-{number}")
    return model.end().xml()


# --- fan-out and fan-in


def fan_out(folder: Any, n: int) -> str:
    from tests.workflows.models import process

    model = (
        process("fan_out")
        .start()
        .service("each", "each-line")
        .each("lines", element_name="line", output="numbers", output_element="=number")
        .user("look")
        .end()
    )
    workflow = deploy(folder, model.xml())
    queues = queues_of(folder, ["each-line"])
    began = time.monotonic()
    (instance_id,) = start(workflow, 1, {"lines": list(range(n))})
    out = time.monotonic() - began
    drain(queues, until=lambda: stands_at(instance_id, "look"))
    took = time.monotonic() - began
    print(f"fan-out  {n:>9,} items out in {out:.2f} s, out and in in {took:.2f} s")
    if took > TARGETS["fan_out_seconds"]:
        return f"slower than the target of {TARGETS['fan_out_seconds']} s"
    return ""


def stands_at(instance_id: int, node: str) -> bool:
    from apps.workflows.models import Token

    return Token.objects.filter(instance_id=instance_id, node=node).exists()


# --- a step among many that wait


def waiting(folder: Any, n: int, samples: int) -> str:
    """Compare single steps before and after `n` instances have come to wait."""
    from tests.workflows.models import process, timer

    model = (
        process("waits")
        .start()
        .receive("answer", "answer", "=invoice")
        .boundary("answer", "late", timer(duration="P30D"))
        .end("too_late")
        .at("answer")
        .service("go_on", "go-on")
        .end()
    )
    workflow = deploy(folder, model.xml())
    before = [undisturbed_step(workflow) for _sample in range(samples)]
    began = time.monotonic()
    start(workflow, n)
    print(f"waiting  {n:>9,} instances made to wait in {time.monotonic() - began:.1f} s")
    after = [undisturbed_step(workflow) for _sample in range(samples)]
    slower = p95(after) / p95(before)
    print(
        f"         a step takes {median(before):.1f} ms in an empty database (p95"
        f" {p95(before):.1f}), {median(after):.1f} ms among them (p95 {p95(after):.1f}):"
        f" {slower:.2f} times as long"
    )
    if slower > TARGETS["slower"]:
        return f"more than {TARGETS['slower']} times as long"
    return ""


def undisturbed_step(workflow: Any) -> float:
    """Return the quickest of three: what else the machine does meanwhile is not of interest."""
    return min(one_step(workflow) for _try in range(3))


def one_step(workflow: Any) -> float:
    """Return the milliseconds of one step: a message has come, an item goes into a queue."""
    from apps.lib.clock import database_now
    from apps.workflows import lifecycle
    from apps.workflows.engine.events import Triggered
    from apps.workflows.models import Subscription

    (instance_id,) = start(workflow, 1)
    heard = Subscription.objects.get(instance_id=instance_id, kind="message")
    event = Triggered(at=database_now(), subscription=heard.number, variables={"answer": "yes"})
    began = time.monotonic()
    assert lifecycle.step([lifecycle.Happening(instance_id, event)])
    return (time.monotonic() - began) * 1000


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


# --- what all need


def first_folder() -> Any:
    from apps.accounts.models import Folder

    return Folder.objects.order_by("pk")[0]


def deploy(folder: Any, xml: bytes) -> Any:
    from apps.lib.actors import SYSTEM
    from apps.workflows import lifecycle

    return lifecycle.deploy(folder, xml, by=SYSTEM, source="code").workflow


def queues_of(folder: Any, keys: Sequence[str]) -> list[int]:
    from apps.queues.models import WorkQueue

    found = {queue.key: queue.pk for queue in WorkQueue.objects.filter(folder=folder)}
    return [found[key] for key in keys]


def start(workflow: Any, n: int, variables: dict[str, Any] | None = None) -> list[int]:
    from apps.lib.actors import SYSTEM
    from apps.workflows import lifecycle

    given = variables or VARIABLES
    ids: list[int] = []
    for at in range(0, n, BATCH):
        some = [given] * min(BATCH, n - at)
        ids += lifecycle.start_instances(workflow, some, by=SYSTEM)
    return ids


def drain(queues: Sequence[int], *, until: Callable[[], bool]) -> None:
    """Work off whatever comes into these queues, as a bot with a session for each."""
    from apps.queues.lifecycle import Result, finish_and_lease, prepare_for_draining
    from apps.queues.models import Attempt

    prepare_for_draining()
    held: dict[int, list[Any]] = {queue_id: [] for queue_id in queues}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        moved = 0
        for queue_id in queues:
            results = [
                Result(item.id, item.token, Attempt.Outcome.SUCCESSFUL, output={"number": item.id})
                for item in held[queue_id]
            ]
            _done, held[queue_id] = finish_and_lease(results, queue_id=queue_id, n=BATCH, bot="b")
            moved += len(results) + len(held[queue_id])
        if not moved:
            if until():
                return
            if time.monotonic() > deadline:
                raise SystemExit("the instances did not get on")
            time.sleep(0.002)


def ended(workflow: Any) -> int:
    from apps.workflows.models import WorkflowInstance

    return int(WorkflowInstance.objects.filter(workflow=workflow, status="completed").count())


def check() -> bool:
    from apps.workflows.checks import instance_faults

    report = instance_faults()
    print(f"check    {report.n_instances:>9,} instances, {len(report.faults)} faults")
    for fault in report.faults[:5]:
        print("        ", *fault)
    return not report.faults


if __name__ == "__main__":
    sys.exit(main())
