"""SpiffWorkflow through the same five steps: its state saved as JSON text, a commit for each step.

    python benchmarks/peers/spiff.py DSN INSTANCES

Run by benchmarks/engines.py in an environment that has SpiffWorkflow and psycopg. Prints one JSON
object: instances per second when each step loads and saves the instance, as any worker must that
did not do the step before, and when it stays in memory and is only saved.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

STEPS = 5
VARIABLES = {"invoice": "4711", "vendor": "Ahorn & Söhne", "amount": 1250.5, "lines": [1, 2, 3, 4]}

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"
                  targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="five" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f0</bpmn:outgoing></bpmn:startEvent>
    {tasks}
    <bpmn:endEvent id="end"><bpmn:incoming>f{n}</bpmn:incoming></bpmn:endEvent>
    {flows}
  </bpmn:process>
</bpmn:definitions>"""


def main() -> None:
    dsn, instances = sys.argv[1], int(sys.argv[2])
    spec = read_spec()
    serializer = BpmnWorkflowSerializer()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table if not exists spiff (id int primary key, state text)")
        connection.execute("truncate spiff")
        loading = timed(instances, lambda n: walk(connection, serializer, spec, n, loads=True))
        connection.execute("truncate spiff")
        sticky = timed(instances, lambda n: walk(connection, serializer, spec, n, loads=False))
    print(json.dumps({"load and save": loading, "save only": sticky}))


def read_spec() -> Any:
    tasks = "".join(
        f'<bpmn:manualTask id="t{n}"><bpmn:incoming>f{n - 1}</bpmn:incoming>'
        f"<bpmn:outgoing>f{n}</bpmn:outgoing></bpmn:manualTask>"
        for n in range(1, STEPS + 1)
    )
    places = ["start", *(f"t{n}" for n in range(1, STEPS + 1)), "end"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{places[n]}" targetRef="{places[n + 1]}"/>'
        for n in range(STEPS + 1)
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "five.bpmn"
        file.write_text(MODEL.format(tasks=tasks, flows=flows, n=STEPS), encoding="utf-8")
        parser = BpmnParser()
        parser.add_bpmn_file(str(file))
        return parser.get_spec("five")


def walk(
    connection: psycopg.Connection[Any],
    serializer: BpmnWorkflowSerializer,
    spec: Any,
    number: int,
    *,
    loads: bool,
) -> None:
    workflow = BpmnWorkflow(spec)
    workflow.do_engine_steps()
    workflow.data.update(VARIABLES)
    connection.execute(
        "insert into spiff values (%s, %s)", (number, serializer.serialize_json(workflow))
    )
    for _ in range(STEPS):
        if loads:
            row = connection.execute("select state from spiff where id = %s", (number,)).fetchone()
            workflow = serializer.deserialize_json(row[0])
        task = workflow.get_next_task(state=TaskState.READY, manual=True)
        task.data["result"] = number
        task.run()
        workflow.do_engine_steps()
        connection.execute(
            "update spiff set state = %s where id = %s",
            (serializer.serialize_json(workflow), number),
        )
    assert workflow.is_completed()


def timed(instances: int, walk_one: Callable[[int], None]) -> float:
    began = time.monotonic()
    for number in range(instances):
        walk_one(number)
    return instances / (time.monotonic() - began)


if __name__ == "__main__":
    main()
