"""Conditional events: they happen when their condition turns true by a change of a variable."""

from dataclasses import replace

from apps.workflows.graph import ConditionEvent

from .catching import catch
from .expressions import is_true
from .faults import StepError
from .state import Subscription
from .step import Step
from .variables import around


def look_at_conditions(step: Step) -> bool:
    """Let conditions happen that have turned true since the last look; False if none was asked."""
    if not (step.changed or step.fresh):
        return False
    names, fresh = step.changed, step.fresh
    step.changed, step.fresh = set(), set()
    asked = [
        row for row in step.subscriptions
        if row.kind == "condition" and (row.number in fresh or not names.isdisjoint(row.reads))
    ]  # fmt: skip
    # by number: the order must not depend on how the state was loaded
    asked.sort(key=lambda row: row.number)
    turned = [row for row in asked if _has_turned(step, row)]
    for row in turned:
        if row.number in step.subscriptions:
            catch(step, row, {})
    return True


def _has_turned(step: Step, row: Subscription) -> bool:
    """Note whether the condition holds now; True if it did not before."""
    event = step.graph.nodes[row.node].event
    assert isinstance(event, ConditionEvent)
    try:
        holds = is_true(step, event.condition, around(step, row))
    except StepError:
        holds = False
    if holds != row.was_true:
        step.subscriptions.add(replace(row, was_true=holds))
    return holds and not row.was_true
