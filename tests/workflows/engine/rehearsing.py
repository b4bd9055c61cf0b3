"""Graphs from drawn models, run in memory; every step is checked against what must always hold."""

from functools import lru_cache
from typing import Any

from apps.workflows.bpmn.compiling import compile_model
from apps.workflows.bpmn.reading import read_model
from apps.workflows.engine import advance
from apps.workflows.engine.changes import Changes
from apps.workflows.engine.events import ChildEscalated, Event, Repaired, Triggered, VariablesSet
from apps.workflows.engine.harness import Rehearsal
from apps.workflows.engine.state import State
from apps.workflows.engine.weighing import weight
from apps.workflows.graph import Graph
from tests.workflows.models import ProcessBuilder

REPEATABLE = ("message", "signal")  # they may come again and again where nothing is interrupted


class Checked(Rehearsal):
    """A rehearsal that fails as soon as a step breaks a promise of the engine."""

    def happen(self, event: Event) -> Changes:
        is_repeatable = self._is_repeatable(event)
        changes = super().happen(event)
        assert_whole(self.graph, self.state)
        assert_steps_once(self)
        assert changes.gone_tokens <= {row.token for row in changes.steps}, "a token was lost"
        if not is_repeatable:
            again = advance(self.graph, self.state, event, self.world)
            assert again.is_empty, f"{event} happened twice"
        return changes

    def _is_repeatable(self, event: Event) -> bool:
        """Tell whether the same event may rightly happen twice."""
        if isinstance(event, Triggered):
            heard = self.state.subscriptions.get(event.subscription)
            return heard is not None and heard.kind in REPEATABLE
        return isinstance(event, VariablesSet | Repaired | ChildEscalated)


def assert_whole(graph: Graph, state: State) -> None:
    """Whatever is there hangs on something that is there, up to the root."""
    if state.status == "running":
        assert state.tokens, "nothing is left to wait for, but the instance has not ended"
        assert_scopes_hang(state)
        assert_tokens_wait(graph, state)
        own = [row.variables for row in state.scopes.values()]
        own += [row.local for row in state.tokens.values()]
        assert state.size == sum(map(weight, own))
    else:
        rows = (state.scopes, state.tokens, state.subscriptions, state.undoables)
        assert not any(rows)


def assert_scopes_hang(state: State) -> None:
    for scope in state.scopes.values():
        if scope.kind == "process":
            assert (scope.parent, scope.token) == (None, None)
        else:
            holder = state.tokens[scope.token]
            assert holder.scope == scope.parent
            assert (holder.waits_for, holder.facts["scope"]) == ("scope", scope.number)


def assert_tokens_wait(graph: Graph, state: State) -> None:
    listening = {row.token for row in state.subscriptions.values()}
    for token in state.tokens.values():
        assert token.scope in state.scopes
        assert token.node in graph.nodes
        assert token.waits_for != "scope" or token.facts["scope"] in state.scopes
        assert token.waits_for not in ("event", "gate") or token.number in listening
    for row in state.subscriptions.values():
        assert row.scope in state.scopes
        assert row.token is None or state.tokens[row.token].scope == row.scope
    assert all(row.scope in state.scopes for row in state.undoables.values())


def assert_steps_once(run: Rehearsal) -> None:
    """A visit is over once, and what is over is no longer there."""
    numbers = [row.token for row in run.history]
    assert len(numbers) == len(set(numbers))
    assert not set(numbers) & run.state.tokens.keys()


def graph_of(model: ProcessBuilder) -> Graph:
    return _compiled(model.xml())


@lru_cache(maxsize=256)
def _compiled(xml: bytes) -> Graph:
    (graph,) = compile_model(read_model(xml)).graphs
    return graph


def rehearse(
    model: ProcessBuilder, variables: dict[str, Any] | None = None, **given: Any
) -> Checked:
    """Start an instance of the model; `called`: models that it calls; `node`: where it starts."""
    called = [graph_of(each) for each in given.pop("called", ())]
    node = given.pop("node", "")
    run = Checked(graph_of(model), others={each.key: each for each in called}, **given)
    run.start(variables, node=node)
    return run
