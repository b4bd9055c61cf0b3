"""What holds for every model and every order of events."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.workflows.engine.state import Scope, State, Subscription, Token, Undoable
from tests.workflows.engine.drawing import Block, blocks, drawn
from tests.workflows.engine.driving import OUTSIDE, chances, drive_to_end, happen
from tests.workflows.engine.rehearsing import Checked, rehearse

LINES = {"lines": [1, 2]}
# One token at a time decides nothing for another one here, so that order can't matter
INDEPENDENT_ONES = ("service", "user", "script", "fan_out", "caught", "shout")
INDEPENDENT_AROUND = ("subprocess", "each", "one_by_one")

many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(block=blocks(), data=st.data())
def test_every_instance_waits_visibly_or_ends(block: Block, data: st.DataObject):
    """Checked: after each step no token is lost, and no event does its work twice."""
    run = rehearse(drawn(block), LINES)

    for _ in range(12):
        if run.status != "running":
            break
        assert OUTSIDE & {row.waits_for for row in run.state.tokens.values()}
        happen(run, data.draw(st.sampled_from(chances(run, failures=True))))

    drive_to_end(run)
    assert run.status == "completed"
    made = {row.token for row in run.history}
    assert len(made) == len(run.history)


@many
@given(block=blocks(single=INDEPENDENT_ONES, around=INDEPENDENT_AROUND, leaves=12), data=st.data())
def test_any_order_of_independent_events_gives_the_same_end(block: Block, data: st.DataObject):
    straight, mixed = rehearse(drawn(block), LINES), rehearse(drawn(block), LINES)

    drive_to_end(straight)
    while mixed.status == "running":
        happen(mixed, data.draw(st.sampled_from(chances(mixed))))

    assert mixed.result == straight.result
    assert sorted(mixed.path) == sorted(straight.path)


@many
@given(block=blocks(), data=st.data())
def test_a_state_survives_being_stored_as_json(block: Block, data: st.DataObject):
    run = rehearse(drawn(block), LINES)

    for _ in range(8):
        assert restored(json.dumps(asdict(run.state), default=str)) == run.state
        if run.status != "running":
            break
        happen(run, data.draw(st.sampled_from(chances(run))))


@many
@given(block=blocks(), data=st.data())
def test_cancelling_at_any_moment_leaves_nothing(block: Block, data: st.DataObject):
    run = rehearse(drawn(block), LINES)
    for _ in range(data.draw(st.integers(0, 6))):
        if run.status == "running":
            happen(run, data.draw(st.sampled_from(chances(run))))

    if run.status == "running":
        run.cancel()
        assert run.status == "cancelled"
        assert chances(run) == []


def restored(text: str) -> State:
    rows = json.loads(text)
    kinds: dict[str, Any] = {
        "scopes": Scope, "tokens": Token, "subscriptions": Subscription, "undoables": Undoable
    }  # fmt: skip
    tables = {
        table: {int(number): kind(**_read(row)) for number, row in rows.pop(table).items()}
        for table, kind in kinds.items()
    }
    return State(**rows, **tables)


def _read(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("entered_at", "due_at"):
        if row.get(name):
            row[name] = datetime.fromisoformat(row[name])
    if "reads" in row:
        row["reads"] = tuple(row["reads"])
    return row


def test_the_checks_themselves_notice_what_is_wrong():
    """A check that can't fail proves nothing."""
    run = rehearse(drawn(Block("service")), LINES)
    broken = Checked(run.graph)
    broken.state = State(
        scopes=run.state.scopes,
        tokens={9: Token(number=9, scope=99, node="x", waits_for="item", entered_at=run.now)},
    )
    try:
        broken.set_variables({"a": 1})
    except AssertionError:
        return
    raise RuntimeError("a token in no scope went unnoticed")
