"""A cycle without a wait state is refused where it certainly never ends."""

import pytest

from tests.workflows.bpmn.checking import compiled, problems_of
from tests.workflows.models import link, process, signal, timer


def never_ends(builder):
    return [each for each in problems_of(builder) if "would never end" in each.message]


def gateways():
    return (
        process()
        .start()
        .exclusive("a")
        .exclusive("b")
        .when("x > 1")
        .to("a")
        .at("b")
        .otherwise()
        .end()
    )


@pytest.mark.parametrize(
    "builder",
    [
        gateways(),
        process().start().manual("a").exclusive("b").when("x").to("a").at("b").otherwise().end(),
        process().start().exclusive("a").script("s", "x + 1", "x").to("a"),
        process().start().exclusive("a").throw("t", signal("s")).parallel("p").to("a").at("p")
            .end(),
        process().start().throw("t", link("A")).apart().catch("c", link("A")).to("t"),
        process().start().exclusive("m").subprocess("p").start("i").manual("x").end("o").done()
            .exclusive("g").when("y").to("m").at("g").otherwise().end(),
    ],
    ids=["gateways", "manual", "script without a way out", "throw", "links", "subprocess"],
)  # fmt: skip
def test_cycles_that_never_wait_are_refused(builder):
    found = never_ends(builder)

    assert len(found) == 1
    assert "takes time" in found[0].advice


def test_the_names_of_the_cycle_are_told():
    assert "“a”, “b”" in never_ends(gateways())[0].message


@pytest.mark.parametrize(
    "waiting",
    [
        lambda builder: builder.service("w"),
        lambda builder: builder.user("w"),
        lambda builder: builder.catch("w", timer(duration="PT1H")),
        lambda builder: builder.receive("w", "m", "=k"),
        lambda builder: builder.call("w", "child"),
        lambda builder: builder.subprocess("p").start("i").service("w").end("o").done(),
    ],
)
def test_cycles_that_wait_are_allowed(waiting):
    builder = waiting(process().start().exclusive("a"))
    builder = builder.exclusive("b").when("x").to("a").at("b").otherwise().end()

    assert not compiled(builder).warnings


def test_cycles_that_count_may_end_so_they_are_only_warned_of():
    builder = process().start().exclusive("a").script("s", "x + 1", "x")
    builder = builder.exclusive("b").when("x < 3").to("a").at("b").otherwise().end()

    warning = compiled(builder).warnings[0]

    assert "never waits" in warning.message
    assert "incident" in warning.advice


def test_ways_that_never_come_to_an_end_are_warned_of():
    builder = process().start().exclusive("a").service("s").to("a")

    assert any("comes to an end" in each.message for each in compiled(builder).warnings)


def test_flows_of_a_task_may_lead_out_of_a_cycle_by_their_conditions():
    model = process().start().exclusive("merge").script("count", "n + 1", "n").when("n < 3")
    model.to("merge").at("count").when("n >= 3").end()

    assert [each.element for each in compiled(model).warnings] == ["merge"]


def test_a_flow_that_is_always_taken_keeps_a_cycle_going():
    model = process().start().exclusive("merge").script("count", "n + 1", "n").to("merge")
    model.at("count").when("n >= 3").end()

    assert "never waits" in problems_of(model)[0].message
