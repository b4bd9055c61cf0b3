"""Splitting and joining."""

import pytest

from apps.workflows.engine.changes import OpenIncident
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import message, process, timer


def amount_gate():
    return (
        process().start().exclusive("amount")
        .when("total > 1000").user("approve").end("approved")
        .at("amount").when("total > 100").service("check").end("checked")
        .at("amount").otherwise().service("post").end("posted")
    )  # fmt: skip


@pytest.mark.parametrize(("total", "place"), [(5000, "approve"), (500, "check"), (5, "post")])
def test_an_exclusive_gateway_takes_the_first_flow_that_holds(total, place):
    assert rehearse(amount_gate(), {"total": total}).places == [place]


def test_a_condition_that_is_no_truth_is_an_incident_that_says_why():
    run = rehearse(amount_gate(), {})

    (incident,) = run.told(OpenIncident)
    assert (incident.phase, incident.code) == ("leave", "expression")
    assert "total > 1000" in incident.message
    assert "null" in incident.message

    run.repair("amount", "retry", variables={"total": 2000})

    assert run.places == ["approve"]


def test_no_flow_that_holds_is_an_incident():
    model = process().start().exclusive("which").when("a = 1").end()
    model.at("which").when("a = 2").end("other")
    run = rehearse(model, {"a": 3})

    assert run.told(OpenIncident)[0].code == "no_flow"

    run.repair("which", "go_on", variables={"a": 2})

    assert run.path[-1] == "other"


def fork(second: str = "b"):
    return (
        process().start().parallel("fork").service("a").parallel("join").service("after").end()
        .at("fork").service(second).to("join")
    )  # fmt: skip


@pytest.mark.parametrize("order", [["a", "b"], ["b", "a"]])
def test_a_parallel_join_waits_for_all_its_flows(order):
    run = rehearse(fork())
    assert run.places == ["a", "b"]

    run.finish(order[0])
    assert run.places == sorted([order[1], "join"])

    run.finish(order[1])
    assert run.places == ["after"]
    assert run.path.count("join") == 2


def test_a_parallel_join_takes_one_token_of_each_flow():
    """Two tokens by the same flow do not stand for one by each."""
    model = (
        process().start().parallel("fork").service("a").exclusive("merge").parallel("join")
        .service("after").end()
        .at("fork").service("b").to("merge")
        .at("fork").service("c").to("join")
    )  # fmt: skip
    run = rehearse(model)

    run.finish("a")
    run.finish("b")
    assert run.places == ["c", "join", "join"]

    run.finish("c")
    assert run.places == ["after", "join"]


def inclusive():
    return (
        process().start().inclusive("split")
        .when("a").service("task_a").inclusive("join").service("after").end()
        .at("split").when("b").service("task_b").to("join")
        .at("split").otherwise().service("task_c").to("join")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "places"),
    [
        ({"a": True, "b": True}, ["task_a", "task_b"]),
        ({"a": True, "b": False}, ["task_a"]),
        ({"a": False, "b": False}, ["task_c"]),
    ],
)
def test_an_inclusive_join_waits_for_those_who_can_still_come(variables, places):
    run = rehearse(inclusive(), variables)
    assert run.places == places

    for place in places:
        assert "after" not in run.places
        run.finish(place)

    assert run.places == ["after"]


def test_an_inclusive_join_goes_on_when_the_last_who_could_come_ends_elsewhere():
    model = (
        process().start().inclusive("split")
        .when("true").service("a").inclusive("join").service("after").end()
        .at("split").when("true").service("b").exclusive("which")
        .when("leave").end("gone")
        .at("which").otherwise().to("join")
    )  # fmt: skip
    run = rehearse(model, {"leave": False})
    run.finish("a")
    assert run.places == ["b", "join"]

    run.finish("b", {"leave": True})

    assert run.places == ["after"]


def test_an_inclusive_join_waits_for_a_boundary_event_that_can_lead_to_it():
    model = (
        process().start().inclusive("split")
        .when("true").service("a").inclusive("join").service("after").end()
        .at("split").when("true").service("b").end("b_end")
        .boundary("b", "late", timer(duration="PT1H")).to("join")
    )  # fmt: skip
    run = rehearse(model)
    run.finish("a")
    assert run.places == ["b", "join"]

    run.pass_time(hours=2)

    assert run.places == ["after"]


def test_an_inclusive_join_waits_for_what_goes_on_in_a_subprocess():
    model = (
        process().start().inclusive("split")
        .when("true").service("a").inclusive("join").service("after").end()
        .at("split").when("true").subprocess("sub").start("s").service("b").end("e").done()
        .to("join")
    )  # fmt: skip
    run = rehearse(model)
    run.finish("a")
    assert run.places == ["b", "join", "sub"]

    run.finish("b")

    assert run.places == ["after"]


def test_an_inclusive_join_in_a_cycle_joins_in_every_round():
    model = (
        process().start().exclusive("again").inclusive("split")
        .when("true").service("a").inclusive("join").exclusive("enough")
        .when("round < 2").script("count", "=round + 1", "round").to("again")
        .at("split").when("true").service("b").to("join")
        .at("enough").otherwise().end()
    )  # fmt: skip
    run = rehearse(model, {"round": 1})

    for _ in range(2):
        run.finish("b")
        run.finish("a")

    assert run.status == "completed"


def test_inclusive_joins_that_only_await_each_other_do_not_wait_for_ever():
    model = (
        process().start().parallel("fork")
        .inclusive("one").service("a").exclusive("from_one").when("false").inclusive("two")
        .service("b").exclusive("from_two").when("false").to("one")
        .at("fork").to("two")
        .at("from_one").otherwise().end("end_one")
        .at("from_two").otherwise().end("end_two")
    )  # fmt: skip
    run = rehearse(model)
    assert run.places == ["a", "two"]

    run.finish("a")
    run.finish("b")

    assert run.status == "completed"


def test_an_activity_takes_all_its_flows_and_joins_nothing():
    model = process().start().service("a").service("b").end("e1")
    model.at("a").service("c").exclusive("merge").service("d").end("e2")
    model.at("b").to("merge")
    run = rehearse(model)

    run.finish("a")
    assert run.places == ["b", "c"]

    run.finish("b")
    run.finish("c")
    assert run.places == ["d", "d"]


def first_event():
    return (
        process().start().event_based("first")
        .catch("paid", message("paid", "=order")).end("by_payment")
        .at("first").catch("late", timer(duration="P3D")).end("by_time")
    )  # fmt: skip


def test_an_event_based_gateway_goes_on_with_the_first_event_only():
    run = rehearse(first_event(), {"order": 7})
    assert run.places == ["first"]
    (heard,) = run.listeners("message")
    assert (heard.name, heard.key) == ("paid", "7")

    assert run.publish("paid", "7", {"sum": 10})

    assert run.status == "completed"
    assert run.path == ["start", "first", "paid", "by_payment"]
    assert run.result == {"order": 7, "sum": 10}


def test_an_event_based_gateway_goes_on_by_time():
    run = rehearse(first_event(), {"order": 7})

    run.pass_time(days=4)

    assert run.path[-1] == "by_time"
    assert not run.publish("paid", "7")
