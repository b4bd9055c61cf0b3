"""Intermediate throw and end events: what they tell, and what they end."""

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CompensateEvent,
    ErrorEvent,
    EscalationEvent,
    LinkEvent,
    MessageEvent,
    Node,
    SignalEvent,
    TerminateEvent,
    Work,
)

from . import expressions
from .changes import SendMessage, SendSignal
from .compensating import compensate
from .errors import escalate, fail, throw_error
from .expressions import mapped
from .leaving import leave
from .scopes import clear_scope
from .state import Token
from .step import Step
from .work_items import start_item


def throw(step: Step, token: Token) -> None:
    """Do what a throw or end event says. Raises StepError, having done nothing."""
    node = step.node_of(token)
    event = node.event
    if isinstance(node.work, Work):
        start_item(step, node, node.work, token)
    elif isinstance(event, MessageEvent):
        _send_message(step, node, event, token)
        leave(step, token)
    elif isinstance(event, SignalEvent):
        _send_signal(step, node, event, token)
        leave(step, token)
    elif isinstance(event, CompensateEvent):
        compensate(step, event, token)
    else:
        _end_or_pass(step, node, token)


def _end_or_pass(step: Step, node: Node, token: Token) -> None:
    event = node.event
    if isinstance(event, EscalationEvent):
        _escalate(step, event, token)
    elif isinstance(event, LinkEvent):
        _end(step, token)
        step.send(step.graph.links[node.scope, event.name], token.scope)
    elif isinstance(event, ErrorEvent):
        _end_with_error(step, event, token)
    elif isinstance(event, TerminateEvent):
        _end(step, token)
        clear_scope(step, token.scope)
    else:
        leave(step, token)


def _send_message(step: Step, node: Node, event: MessageEvent, token: Token) -> None:
    name = expressions.text(step, event.name, token, _("The name of the message"))
    key = expressions.optional_text(step, event.key, token)
    step.tell(
        SendMessage(
            name=name,
            key=key,
            variables=_carried(step, node, token),
            ttl_seconds=event.ttl_seconds,
        )
    )


def _send_signal(step: Step, node: Node, event: SignalEvent, token: Token) -> None:
    name = expressions.text(step, event.name, token, _("The name of the signal"))
    step.tell(SendSignal(name=name, variables=_carried(step, node, token)))


def _carried(step: Step, node: Node, token: Token) -> JsonObject:
    """Return what goes with a message or signal: the inputs, nothing else."""
    return mapped(step, node.inputs, token)


def _escalate(step: Step, event: EscalationEvent, token: Token) -> None:
    # a row while it escalates: who catches may end the scope, and the thrower with it
    step.keep(token)
    escalate(step, token, event.code)
    if token.number in step.tokens:
        leave(step, token)


def _end_with_error(step: Step, event: ErrorEvent, token: Token) -> None:
    message = _("The workflow ended with error “%(code)s”.") % {"code": event.code}
    step.keep(token)
    if not throw_error(step, token, event.code, message, outcome="completed"):
        _end(step, token)
        fail(step, event.code, message)


def _end(step: Step, token: Token) -> None:
    step.record(token, "completed")
    step.forget(token)
