"""What the history of an instance keeps."""

from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import process


def test_the_history_has_the_variables_from_the_first_one_on() -> None:
    drawn = process("sums").start().script("add", "a + 1", "b").end()

    run = rehearse(drawn, {"a": 1})

    assert [step.delta for step in run.history] == [{"a": 1}, {"b": 2}, {}]
