"""Passes of a loop: what each adds to the counts of the loop's body, and when it was the last."""

from dataclasses import replace

from apps.lib.json import Json, JsonObject
from apps.workflows.graph import MultiInstance, Node, StandardLoop

from .expressions import NOTHING, is_true, value
from .state import Facts, Scope, Token
from .step import Step


def end_pass(step: Step, token: Token, body: Scope, seen: JsonObject) -> None:
    """Count a pass that is done; `seen` are its results. Raises StepError, and counts nothing."""
    loop = step.graph.nodes[body.node].loop
    counts: Facts = {**body.counts, "done": count(body, "done") + 1}
    if isinstance(loop, MultiInstance):
        if loop.output_collection:
            counts["results"] = _with_result(body, token, _output(step, loop, token, seen))
        if loop.completion is not None:
            numbers = _numbers(body, counts)
            counts["is_over"] = is_true(step, loop.completion, token, {**numbers, **seen})
    elif isinstance(loop, StandardLoop):
        counts["is_over"] = not goes_again(step, loop, token, done=counts["done"], seen=seen)
    step.scopes.add(replace(body, counts=counts))
    step.looks[body.number] = None


def without_output(node: Node, given: JsonObject) -> JsonObject:
    """Return the results of a pass without those that the loop's output collection takes up."""
    loop = node.loop
    if not isinstance(loop, MultiInstance) or loop.output_element is None:
        return given
    taken = loop.output_element.reads
    return {name: found for name, found in given.items() if name not in taken}


def fail_pass(step: Step, body: Scope) -> None:
    """Count a pass that failed and is tolerated; its result stays null."""
    failed = count(body, "failed") + 1
    step.scopes.add(replace(body, counts={**body.counts, "failed": failed}))
    step.looks[body.number] = None


def tolerates_one_more(step: Step, body: Scope) -> bool:
    """Tell whether one more pass may fail."""
    loop = step.graph.nodes[body.node].loop
    return isinstance(loop, MultiInstance) and is_tolerated(
        loop, failed=count(body, "failed") + 1, total=count(body, "total")
    )


def is_tolerated(loop: MultiInstance, *, failed: int, total: int) -> bool:
    # a share of 0.29 of 100 is 29, though its product as a float is a little less
    return failed <= round(loop.tolerate * total, 6)


def goes_again(
    step: Step, loop: StandardLoop, place: Token, *, done: int, seen: JsonObject = NOTHING
) -> bool:
    """Tell whether a standard loop makes another pass after `done` ones, of which the last one
    gave `seen`. Raises StepError."""
    if loop.maximum is not None and done >= loop.maximum:
        return False
    return loop.condition is None or is_true(
        step, loop.condition, place, {**seen, "loopCounter": done}
    )


def ended(body: Scope) -> int:
    return count(body, "done") + count(body, "failed")


def count(body: Scope, name: str) -> int:
    """Return one of the counts of a loop's body: total, started, done, failed."""
    found: int = body.counts.get(name, 0)
    return found


def _output(step: Step, loop: MultiInstance, token: Token, seen: JsonObject) -> Json:
    if loop.output_element is None:
        return seen
    return value(step, loop.output_element, token, seen)


def _with_result(body: Scope, token: Token, output: Json) -> list[Json]:
    index: int = token.facts["index"]
    made = list(body.counts.get("results", ()))
    made.extend([None] * (index + 1 - len(made)))
    made[index] = output
    return made


def _numbers(body: Scope, counts: Facts) -> JsonObject:
    """Return the numbers that a completion condition reads, by Camunda's names and BPMN's."""
    total, done = counts["total"], counts["done"]
    active = count(body, "started") - count(body, "failed") - count(body, "done") - 1
    return {
        "numberOfInstances": total, "nrOfInstances": total,
        "numberOfCompletedInstances": done, "nrOfCompletedInstances": done,
        "numberOfActiveInstances": active, "nrOfActiveInstances": active,
        "numberOfTerminatedInstances": 0,
    }  # fmt: skip
