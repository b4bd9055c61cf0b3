"""Several instances of an activity, one after the other or at once, and standard loops."""

import pytest

from apps.workflows.engine.changes import AddItems, CancelScope, OpenIncident, ReopenItem
from apps.workflows.engine.events import TaskDecided
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import error, process, timer


def fan_out(**given):
    return process().start().service("post").each("lines", **given).end()


def test_bots_work_on_a_list_in_one_go():
    model = fan_out(output="results", output_element="=number")
    run = rehearse(model, {"lines": ["a", "b"], "vendor": "v"})
    (token,) = run.state.tokens.values()
    assert token.waits_for == "items"
    assert run.items("post").payloads == [
        {"vendor": "v", "loopCounter": 1, "item": "a"},
        {"vendor": "v", "loopCounter": 2, "item": "b"},
    ]

    run.finish_all("post", [{"number": 1}, {"number": 2}])

    assert run.result["results"] == [1, 2]


def test_ten_thousand_passes_are_one_token_and_one_command():
    run = rehearse(fan_out(), {"lines": list(range(10_000))})

    assert len(run.state.tokens) == 1
    (added,) = run.told(AddItems)
    assert len(added.payloads) == 10_000


@pytest.mark.parametrize("collection", [[], None])
def test_an_empty_list_is_done_at_once_and_no_list_is_an_incident(collection):
    run = rehearse(fan_out(output="results", output_element="=x"), {"lines": collection})

    if collection is None:
        assert run.told(OpenIncident)[0].code == "expression"
    else:
        assert run.result["results"] == []


@pytest.mark.parametrize(("failed", "ends"), [(1, True), (2, False)])
def test_a_share_of_failures_is_tolerated(failed, ends):
    run = rehearse(fan_out(tolerate=0.25), {"lines": [1, 2, 3, 4]})

    results = [None] * failed + [{}] * (4 - failed)
    run.finish_all("post", results, failed=failed, code="E1", message="No account.")

    assert (run.status == "completed") is ends
    if not ends:
        assert "2 of 4" in run.told(OpenIncident)[0].message
        run.repair("post", "retry")
        assert run.told(ReopenItem)[0].payload is None
        run.finish_all("post", [{}] * 4)
        assert run.status == "completed"


def test_a_boundary_event_takes_the_whole_fan_out_away():
    model = fan_out()
    model.boundary("post", "wrong", error("E1")).end("handled")
    model.boundary("post", "late", timer(duration="PT1H")).end("timed_out")
    run, late = rehearse(model, {"lines": [1, 2]}), rehearse(model, {"lines": [1, 2]})

    run.finish_all("post", [None, None], failed=2, code="E1")
    late.pass_time(hours=1)

    assert (run.path[-1], late.path[-1]) == ("handled", "timed_out")


def people(**given):
    return (
        process().start()
        .user("vote").each("people", element_name="person", output="votes",
                           output_element="=vote", **given)
        .end()
    )  # fmt: skip


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_people_work_at_once_and_results_keep_the_order_of_the_list(order):
    run = rehearse(people(), {"people": ["ann", "bob", "cy"]})
    tokens = sorted(row.number for row in run.state.tokens.values() if row.node == "vote")[1:]
    assert run.places == ["vote"] * 4

    for index in order:
        vote(run, tokens[index], f"{index}")

    assert run.result == {"people": ["ann", "bob", "cy"], "votes": ["0", "1", "2"]}


def vote(run, token, value):
    run.happen(TaskDecided(at=run.now, token=token, decision="complete", values={"vote": value}))


def test_one_after_the_other_starts_the_next_when_one_is_done():
    run = rehearse(people(sequential=True), {"people": ["ann", "bob"]})
    assert run.task("vote").values["person"] == "ann"
    run.decide("vote", values={"vote": 1})
    assert run.task("vote").values["person"] == "bob"
    run.decide("vote", values={"vote": 2})

    assert run.result["votes"] == [1, 2]


def test_a_completion_condition_ends_the_loop_and_cancels_the_rest():
    model = people(completion="numberOfCompletedInstances >= 2")
    run = rehearse(model, {"people": ["a", "b", "c"]})

    run.decide("vote", values={"vote": "x"})
    assert run.status == "running"
    run.decide("vote", values={"vote": "y"})

    assert run.status == "completed"
    assert run.result["votes"] == ["x", "y", None]
    assert len(run.told(CancelScope)) == 1


def test_a_completion_condition_sees_the_result_of_its_pass():
    run = rehearse(people(sequential=True, completion='vote = "no"'), {
        "people": ["a", "b", "c"]})  # fmt: skip

    run.decide("vote", values={"vote": "yes"})
    run.decide("vote", values={"vote": "no"})

    assert run.result["votes"] == ["yes", "no", None]


def test_a_number_of_passes_needs_no_list():
    run = rehearse(process().start().user("sign").each(cardinality="=n").end(), {"n": 3})

    assert run.places == ["sign"] * 4


def test_a_subprocess_for_each_element_keeps_its_variables_apart():
    model = (
        process().start().subprocess("each_line").start("s").service("look_up").script(
            "double", "=price * item", "total").end("e").done()
        .each("lines", output="totals", output_element="=total").end()
    )  # fmt: skip
    run = rehearse(model, {"lines": [1, 2]})
    assert run.places == ["each_line"] * 3 + ["look_up"] * 2

    run.finish("look_up", {"price": 10})
    run.finish("look_up", {"price": 20})

    assert run.result["totals"] == [10, 40]


def test_a_failed_pass_is_tolerated_in_a_loop_of_subprocesses():
    model = (
        process().start().subprocess("each_line").start("s").service("work").end("e").done()
        .each("lines", output="done", output_element="=ok", tolerate=0.5).end()
    )  # fmt: skip
    run = rehearse(model, {"lines": [1, 2]})

    run.fail("work", "E1")
    run.finish("work", {"ok": True})

    assert run.result["done"] == [None, True]


def test_one_failure_too_many_takes_the_loop_away():
    model = (
        process().start().subprocess("each_line").start("s").service("work").end("e").done()
        .each("lines").end().boundary("each_line", "wrong", error("E1")).end("handled")
    )  # fmt: skip
    run = rehearse(model, {"lines": [1, 2, 3]})

    run.fail("work", "E1")

    assert run.path[-1] == "handled"


def test_a_standard_loop_goes_on_while_its_condition_holds():
    model = process().start().service("poll").again_while("not(ready)").end()
    run = rehearse(model, {"ready": False})

    run.finish("poll", {"ready": False})
    run.finish("poll", {"ready": True})

    assert run.status == "completed"
    assert [row.kind for row in run.history][1:-1] == ["service", "service", "loop"]


@pytest.mark.parametrize(("ready", "times"), [(True, 0), (False, 1)])
def test_a_standard_loop_may_test_first(ready, times):
    model = process().start().script("poll", "=true", "ready").again_while(
        "not(ready)", before=True).end()  # fmt: skip
    run = rehearse(model, {"ready": ready})

    assert run.status == "completed"
    assert sum(row.kind == "script" for row in run.history) == times


def test_a_standard_loop_ends_at_its_maximum():
    model = process().start().script("count", "=n + 1", "n").again_while("true", maximum=5).end()

    assert rehearse(model, {"n": 0}).result == {"n": 5}


def test_skipped_items_give_the_default_output():
    model = process().start().service("line").each("lines", output="sums", output_element="=sum")
    model.policy({"then": "skip"}, default_output="={sum: base}").user("check").end()
    run = rehearse(model, {"lines": [1, 2, 3], "base": 7})
    run.finish_all("line", [{"sum": 1}, None, {"sum": 3}], skipped=[1])

    assert run.variables["sums"] == [1, 7, 3]


def test_a_default_output_of_each_element_needs_passes_of_their_own():
    model = process().start().service("line").each("lines", output="sums", output_element="=sum")
    model.policy({"then": "skip"}, default_output="={sum: item}").user("check").end()
    run = rehearse(model, {"lines": [5, 6]})
    run.skip("line")
    run.skip("line")

    assert run.variables["sums"] == [5, 6]


def test_the_condition_of_a_standard_loop_sees_the_result_of_its_pass():
    model = process().start().user("ask").inputs(ready="=false").again_while("not(ready)").end()
    run = rehearse(model)
    run.decide("ask", values={"ready": False})
    assert run.places == ["ask", "ask"]
    run.decide("ask", values={"ready": True})

    assert run.status == "completed"
