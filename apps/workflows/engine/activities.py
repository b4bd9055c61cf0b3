"""Entering activities: inputs, what listens at their boundary, and the start of their work."""

from dataclasses import replace

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CallWork,
    Node,
    PersonWork,
    RuleWork,
    ScriptWork,
    Work,
)

from . import expressions
from .changes import RecordDecision, StartChild
from .expressions import NOTHING, mapped, value
from .leaving import leave
from .listening import listen, subscriptions_for
from .loops import open_loop
from .scopes import open_scope
from .state import Token
from .step import Step
from .user_tasks import task_for
from .variables import insist_on_room, visible
from .weighing import weight
from .work_items import start_item


def enter(step: Step, token: Token) -> None:
    """Begin an activity, or the loop around its passes. Raises StepError, having done nothing."""
    node = step.node_of(token)
    if node.loop is not None and step.scopes[token.scope].kind != "loop":
        _enter_loop(step, node, token)
    else:
        _enter_once(step, node, with_inputs(step, node, token))


def with_inputs(step: Step, node: Node, token: Token) -> Token:
    """Return the token with what the inputs give as variables of its own. Raises StepError."""
    if not node.inputs:
        return token
    given = mapped(step, node.inputs, token)
    insist_on_room(step, weight(given))
    return replace(token, local={**token.local, **given})


def start_work(step: Step, node: Node, token: Token) -> None:
    """Start what the activity waits for. Raises StepError, having done nothing."""
    work = node.work
    if isinstance(work, Work):
        start_item(step, node, work, token)
    elif isinstance(work, PersonWork):
        task = task_for(step, node, work, token)
        step.keep(replace(token, waits_for="task"))
        step.tell(task)
    elif isinstance(work, CallWork):
        child = _child_for(step, node, work, token)
        step.keep(replace(token, waits_for="child"))
        step.tell(child)
    elif node.kind == "subprocess":
        scope = open_scope(step, token, "subprocess", variables=token.local)
        step.send(node.starts, scope.number)
    else:
        step.keep(token)


def _enter_loop(step: Step, node: Node, token: Token) -> None:
    listeners = subscriptions_for(step, node.boundaries, token, owner=token.number)
    if open_loop(step, node, token):
        listen(step, listeners)


def _enter_once(step: Step, node: Node, token: Token) -> None:
    if isinstance(node.work, ScriptWork):
        _run_script(step, node.work, token)
    elif isinstance(node.work, RuleWork):
        _ask_decision(step, node.work, token)
    elif node.kind == "manual":
        leave(step, token)
    else:
        _enter_waiting(step, node, token)


def _enter_waiting(step: Step, node: Node, token: Token) -> None:
    """Begin what takes time; of a loop, the boundary belongs to the loop, not to its passes."""
    heard = () if node.loop is not None else node.boundaries
    if node.kind == "receive":
        heard = (node.id, *heard)
    listeners = subscriptions_for(step, heard, token, owner=token.number)
    start_work(step, node, token)
    listen(step, listeners)


def _run_script(step: Step, work: ScriptWork, token: Token) -> None:
    result = value(step, work.expression, token)
    leave(step, token, {work.result_variable: result} if work.result_variable else NOTHING)


def _ask_decision(step: Step, work: RuleWork, token: Token) -> None:
    key = expressions.text(step, work.decision, token, _("The key of the decision"))
    answer = step.world.decide(key, work, visible(step, token))
    node = step.node_of(token)
    step.tell(RecordDecision(token=token.number, node=node.id, evaluation=answer.evaluation))
    leave(step, token, {work.result_variable: answer.value} if work.result_variable else NOTHING)


def _child_for(step: Step, node: Node, work: CallWork, token: Token) -> StartChild:
    workflow = expressions.text(step, work.workflow, token, _("The key of the called workflow"))
    variables: JsonObject = visible(step, token) if work.all_in else dict(token.local)
    return StartChild(
        token=token.number, workflow=workflow, version=work.version, variables=variables
    )
