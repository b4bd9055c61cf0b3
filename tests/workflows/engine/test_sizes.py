"""How much the variables of an instance may take, wherever they are kept."""

import pytest

from apps.workflows.engine import World
from apps.workflows.engine.changes import OpenIncident
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import compensation, process

LITTLE = World(max_size=1_000)


def users():
    return process().start().user("work")


@pytest.mark.parametrize(
    ("model", "variables"),
    [
        (users().inputs(copy="=big").end(), {"big": "x" * 600}),
        (users().each(cardinality="=9").inputs(copy="=big").end(), {"big": "x" * 200}),
        (users().each("lines").end(), {"lines": ["x" * 100] * 6}),
        (users().each("lines", sequential=True).end(), {"lines": ["x" * 100] * 6}),
    ],
)
def test_copies_count_as_well(model, variables):
    run = rehearse(model, variables, world=LITTLE)

    assert run.state.size <= LITTLE.max_size
    assert {each.code for each in run.told(OpenIncident)} == {"variables_too_large"}


def test_a_fan_out_does_not_multiply_large_variables():
    model = process().start().service("work").each("lines").end()
    variables = {"lines": list(range(60)), "big": "x" * 800}
    run = rehearse(model, variables, world=World(max_size=1_050))
    assert run.waiting_at("work").waits_for == "items"

    run = rehearse(model, {**variables, "lines": list(range(80))}, world=World(max_size=1_200))
    assert "no more than each item needs" in run.told(OpenIncident)[0].message


def test_items_of_a_handler_see_the_variables_of_what_it_undoes():
    model = process().start().service("book").inputs(place="=city").throw("undo", compensation())
    model.end().apart().service("cancel").inputs(where="=place").each(cardinality="=2")
    model.undone_by("book", "cancel")
    run = rehearse(model, {"city": "Oslo"})
    run.finish("book")

    assert [each["where"] for each in run.items("cancel").payloads] == ["Oslo", "Oslo"]
