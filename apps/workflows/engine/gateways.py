"""Gateways: waiting for others, and choosing flows."""

from collections.abc import Iterable
from dataclasses import replace

from apps.workflows.graph import Node

from .leaving import leave
from .listening import listen, subscriptions_for
from .state import Token
from .step import Step


def pass_gateway(step: Step, token: Token) -> None:
    """Go through an exclusive gateway, or one that only splits; else wait to be joined."""
    node = step.node_of(token)
    if node.kind == "exclusive" or len(node.incoming) < 2:
        leave(step, token)
    else:
        step.keep(replace(token, waits_for="join"))
        waiting = _waiting_at(step, token)
        if _is_complete(node, waiting):
            _join(step, node, waiting)


def await_first(step: Step, token: Token) -> None:
    """Wait at an event-based gateway for the first of the events behind it. Raises StepError."""
    node = step.node_of(token)
    behind = [step.graph.flows[name].target for name in node.outgoing]
    listeners = subscriptions_for(step, behind, token, owner=token.number)
    step.keep(replace(token, waits_for="gate"))
    listen(step, listeners)


def join_inclusive(step: Step) -> bool:
    """Join at one inclusive gateway that nobody can reach any more; False if there is none.

    Asked when no token is on its way: who waits at an element, or within it, stands for what can
    still come from there. Gateways that only await each other do so in vain: the oldest joins.
    """
    waiting = sorted(_at_inclusive(step), key=lambda row: row.number)
    others = [row for row in step.tokens if row.waits_for != "join"]
    for awaited_ones in (step.tokens, others):
        for token in waiting:
            if not _is_awaited(step, token, awaited_ones):
                _join(step, step.node_of(token), _waiting_at(step, token))
                return True
    return False


def _at_inclusive(step: Step) -> list[Token]:
    return [
        row
        for row in step.tokens
        if row.waits_for == "join" and step.node_of(row).kind == "inclusive"
    ]


def _join(step: Step, node: Node, waiting: list[Token]) -> None:
    """Take one token of each flow, oldest first; the last of them goes on."""
    first_by_flow: dict[str, Token] = {}
    for token in sorted(waiting, key=lambda row: row.number):
        first_by_flow.setdefault(token.came_by, token)
    *others, last = sorted(first_by_flow.values(), key=lambda row: row.number)
    for token in others:
        step.record(token, "completed")
        step.forget(token)
    leave(step, last)


def _waiting_at(step: Step, token: Token) -> list[Token]:
    return [
        row for row in step.tokens
        if row.waits_for == "join" and row.node == token.node and row.scope == token.scope
    ]  # fmt: skip


def _is_complete(node: Node, waiting: list[Token]) -> bool:
    return {row.came_by for row in waiting}.issuperset(node.incoming)


def _is_awaited(step: Step, token: Token, others: Iterable[Token]) -> bool:
    """Tell whether one of `others`, of the same scope, can still come to this gateway."""
    reaching = step.graph.reaches.get(token.node, frozenset())
    return any(
        row.scope == token.scope and row.node in reaching and row.node != token.node
        for row in others
    )
