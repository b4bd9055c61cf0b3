"""A step that sees only the chain of scopes around an event decides as one that sees everything.

The store loads no more than that of instances with many rows. What a cancelled scope held besides
it removes by itself: see changes.CancelScope.
"""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.engine import advance
from apps.workflows.engine.changes import CancelScope, Changes, applied
from apps.workflows.engine.events import Event, Triggered
from apps.workflows.engine.state import State
from tests.workflows.engine.drawing import Block, blocks, drawn
from tests.workflows.engine.driving import chances, happen
from tests.workflows.engine.rehearsing import rehearse

SOME = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@SOME
@given(block=blocks(leaves=12), data=st.data())
def test_the_chain_around_an_event_is_enough(block: Block, data: st.DataObject):
    run = rehearse(drawn(block), {"lines": [1, 2]})

    for _ in range(10):
        if run.status != "running":
            break
        chance = data.draw(st.sampled_from(chances(run, failures=True)))
        run.now = max(run.now, chance.event.at)
        narrow = chain_around(run.state, chance.event)
        changes = advance(run.graph, narrow, chance.event)
        expected = applied(run.state, advance(run.graph, run.state, chance.event))

        assert without_size(stored(run.state, changes)) == without_size(expected)
        happen(run, chance)


def chain_around(state: State, event: Event) -> State:
    """Return what the store loads for an event: scopes up to the root, and what stands in them; of
    the passes of a loop only those on the way. Of the scopes just below only their variables."""
    token, scope = place_of(state, event)
    scopes, on_the_way = {}, {token}
    number: int | None = scope
    while number is not None:
        scopes[number] = state.scopes[number]
        on_the_way.add(state.scopes[number].token)
        number = state.scopes[number].parent

    def is_held(row_scope: int, row_token: int | None) -> bool:
        if row_scope not in scopes:
            return False
        return scopes[row_scope].kind != "loop" or row_token in on_the_way

    below = {
        n: row
        for n, row in state.scopes.items()
        if row.parent in scopes and scopes[row.parent].kind != "loop"
    }
    return replace(
        state,
        scopes={**below, **scopes},
        tokens={n: row for n, row in state.tokens.items() if is_held(row.scope, n)},
        subscriptions={
            n: row for n, row in state.subscriptions.items() if is_held(row.scope, row.token)
        },
        undoables={n: row for n, row in state.undoables.items() if row.scope in scopes},
    )


def place_of(state: State, event: Event) -> tuple[int | None, int]:
    if isinstance(event, Triggered):
        heard = state.subscriptions[event.subscription]
        return heard.token, heard.scope
    token = state.tokens[event.token]  # type: ignore[union-attr]
    return token.number, token.scope


def stored(state: State, changes: Changes) -> State:
    """Return the whole state after the changes, and after what the store finds below scopes that
    were cancelled, or below an instance that has ended."""
    cancelled = {each.scope for each in changes.commands if isinstance(each, CancelScope)}
    if changes.status is not None:
        cancelled |= {row.number for row in state.scopes.values() if row.parent is None}
    below = set(cancelled)
    for number in sorted(state.scopes):  # what is inside has a higher number
        if state.scopes[number].parent in below:
            below.add(number)
    after = applied(state, changes)
    return replace(
        after,
        scopes={n: row for n, row in after.scopes.items() if n not in below},
        tokens={n: row for n, row in after.tokens.items() if row.scope not in below},
        subscriptions={n: row for n, row in after.subscriptions.items() if row.scope not in below},
        undoables={n: row for n, row in after.undoables.items() if row.scope not in below},
    )


def without_size(state: State) -> State:
    """The size of what was not loaded is not known; the store takes it off (lifecycle.walks)."""
    return replace(state, size=0)
