"""Small models of Camunda 7's engine tests, whose names say what each shows, as a second opinion
on what BPMN means. Those that can't be converted are left to the tests of the converter."""

from functools import lru_cache
from pathlib import Path

import pytest
from django.conf import settings

from apps.workflows.bpmn import ModelError, compile_model, convert_camunda7, read_model
from apps.workflows.engine import World
from apps.workflows.graph import Graph
from tests.workflows.engine.driving import OUTSIDE, chances, happen
from tests.workflows.engine.rehearsing import Checked

MODELS = Path(settings.BASE_DIR).parent / "shared" / "models" / "camunda7"
needs_models = pytest.mark.skipif(
    not MODELS.is_dir(), reason="the models of Camunda 7 are not beside this repository"
)

# name of the file (its beginning) · variables · what people decide and how many hours pass ·
# where tokens wait then, "" for nowhere
CASES = [
    ("InclusiveGatewayTest.testPartialMerging", {"input": 2}, "", "fullInclusiveGw partialTask"),
    ("InclusiveGatewayTest.testPartialMerging", {"input": 2}, "partialTask", "theTask"),
    ("InclusiveGatewayTest.testPartialMerging", {"input": 2}, "partialTask theTask", ""),
    ("InclusiveGatewayTest.testLooping", {}, "", "inclusiveGw3 task1 task2"),
    ("InclusiveGatewayTest.testLooping", {}, "task2", "inclusiveGw4 task1"),
    ("InclusiveGatewayTest.testSplitMergeSplit", {"input": 1}, "theTask1 theTask2", "theTask3"),
    ("InclusiveGatewayTest.testSplitMergeSplit", {"input": 2}, "theTask2", "theTask3"),
    ("InclusiveGatewayTest.testJoinAfterNestedScopes", {}, "task",
     "inclusiveJoin innersubprocess innersubprocessTask subprocess"),
    ("InclusiveGatewayTest.testJoinAfterNestedScopes", {}, "task innersubprocessTask",
     "taskAfterJoin"),
    ("InclusiveGatewayTest.testJoinAfterParallelMulti", {}, "task innerTask innerTask",
     "taskAfterJoin"),
    ("InclusiveGatewayTest.testJoinAfterSequentialMulti", {}, "innerTask innerTask task",
     "taskAfterJoin"),
    ("InclusiveGatewayTest.testParentActivation", {}, "first_check first_check_2 second_check",
     "second_check_2"),
    ("ParallelGatewayTest.testUnbalancedForkJoin", {}, "task1 task2", "task3 task4"),
    ("ParallelGatewayTest.testUnbalancedForkJoin", {}, "task3 task1 task2 task4", ""),
    ("ParallelGatewayTest.testUnstructuredConcurrencyTwoForks", {}, "", ""),
    ("ParallelGatewayTest.testUnstructuredConcurrencyTwoJoins", {}, "", ""),
    ("ParallelGatewayTest.testCompletingJoinInSubProcess", {}, "", ""),
    ("ParallelGatewayTest.testNestedForksFollowedByEndEvents", {}, "", ""),
    ("ErrorEventSubProcessTest.testErrorCodeTakesPrecedence", {}, "",
     "eventSubProcess2 subprocess taskAfterErrorCatch2"),
    ("ErrorEventSubProcessTest.testEventSubprocessTakesPrecedence", {}, "",
     "eventSubProcess subprocess taskAfterErrorCatch"),
    ("ErrorEventSubProcessTest.testThrownAnErrorInEventSubprocessInSubprocess.", {}, "+1h",
     "UserTask_afterCatch"),
    ("BoundaryErrorEventTest.testConcurrentExecutionsInterrupted", {}, "", "taskAfterErrorCatch"),
    ("BoundaryErrorEventTest.testDeeplyNestedErrorThrown.", {"input": 1}, "taskInSubprocess", ""),
    ("BoundaryErrorEventTest.testDeeplyNestedErrorThrown.", {"input": 2}, "taskInSubprocess",
     "taskAfterCatch"),
    ("BoundaryTimerEventTest.testTimerOnNestingOfSubprocesses", {}, "+1h +1h", "taskAfterCatch"),
    ("BoundaryTimerNonInterruptingEventTest.testJoin", {}, "+1h Main_Task",
     "Escalation_Task ParallelGateway"),
    ("BoundaryTimerNonInterruptingEventTest.testJoin", {}, "+1h Main_Task Escalation_Task", ""),
    ("BoundaryTimerNonInterruptingEventTest.testTimerOnConcurrentSub", {},
     "sub1task1 sub1task2 +1h sub2task1 sub2task2", "timerFiredTask"),
    ("BoundaryTimerNonInterruptingEventTest.testTimerOnConcurrentSub", {},
     "sub1task1 sub1task2 +1h timerFiredTask sub2task1 sub2task2", ""),
    ("BoundaryTimerNonInterruptingEventTest.testTimerOnMiUserTask", {}, "+1h",
     "firstTask firstTask firstTask firstTask firstTask firstTask secondTask"),
    ("MultiInstanceTest.testNestedParallelSubProcessWithTimer", {}, "subProcessTask1 +1h",
     "nesting1 nesting2 nesting3 taskAfterTimer"),
    ("MultiInstanceTest.testNestedParallelSubProcessWithTimer", {}, "+1h taskAfterTimer", ""),
    ("MultiInstanceTest.testSequentialSubProcessEndEvent", {}, "subProcessTask1 " * 3,
     "miSubProcess miSubProcess subProcessTask1"),
    ("MultiInstanceTest.testSequentialSubProcessEndEvent", {}, "subProcessTask1 " * 4, ""),
    ("MultiInstanceTest.testParallelSubProcessCompletion", {}, "subProcessTask1 subProcessTask2",
     ""),
    ("StartTimerEventTest.testNonInterruptingTimeCycleInEvent", {}, "+1h",
     "subProcess " * 12 + "userTask " + "userTask2 " * 12),
    ("InterruptingEventSubProcessTest.testTimeCycle", {}, "+1h", "eventSubProcessTask subProcess"),
    ("InterruptingEventSubProcessTest.testTimeCycle", {}, "+1h eventSubProcessTask", ""),
    ("SubProcessTest.testTwoNestedSubProcessesInParallelWithTimer", {}, "subProcessATask +2h",
     "taskAfterTimer"),
    ("SubProcessTest.testTwoNestedSubProcessesInParallelWithTimer", {},
     "subProcessATask subProcessBTask", "taskAfterSubProcess"),
    ("UncontrolledFlowTest.testSubProcessTwoOutgoingFlowsEndProcess", {}, "innerTask", ""),
]  # fmt: skip


@needs_models
@pytest.mark.parametrize(("name", "variables", "script", "places"), CASES)
def test_models_wait_where_camunda_waits(name, variables, script, places):
    (path,) = MODELS.rglob(f"{name}*")
    (graph,) = compiled(path)
    run = Checked(graph)
    run.start(variables)

    for word in script.split():
        if word.startswith("+"):
            run.pass_time(hours=int(word[1:-1]))
        else:
            run.decide(word)

    assert run.places == sorted(places.split())


@needs_models
def test_whatever_can_be_compiled_runs_until_it_ends_or_waits():
    """Checked after each step: nothing is lost, and nothing happens twice."""
    ran = 0
    for path in sorted(MODELS.rglob("*.bpmn*")):
        graphs = compiled(path)
        for graph in graphs:
            run_for_a_while(graph, graphs)
        ran += bool(graphs)
    assert ran > 200  # of 359; the tests of the converter list what stands against the others


def run_for_a_while(graph: Graph, graphs: tuple[Graph, ...]) -> None:
    run = Checked(graph, others={each.key: each for each in graphs}, world=World(max_moves=50))
    run.start({})
    for _ in range(30):
        if run.status != "running":
            break
        reasons = {row.waits_for for row in run.state.tokens.values()}
        assert reasons & OUTSIDE or reasons == {"join"}
        able = chances(run)
        if not able:
            break
        happen(run, able[len(run.history) % len(able)])


@lru_cache
def compiled(path: Path) -> tuple[Graph, ...]:
    try:
        return compile_model(convert_camunda7(read_model(path.read_bytes())).model).graphs
    except ModelError:
        return ()
