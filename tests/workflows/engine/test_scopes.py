"""Subprocesses, event subprocesses, terminate events, and cancelling."""

import pytest

from apps.workflows.engine.changes import CancelScope, ReleaseToken, SendMessage, SendSignal
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import condition, link, message, process, signal, terminate, timer


def with_subprocess():
    return (
        process().start().subprocess("sub").start("s").parallel("fork")
        .service("a").end("ea").at("fork").service("b").end("eb").done()
        .service("after").end()
    )  # fmt: skip


def test_a_subprocess_is_done_when_nothing_is_left_in_it():
    run = rehearse(with_subprocess())
    assert run.places == ["a", "b", "sub"]

    run.finish("a")
    assert run.places == ["b", "sub"]
    run.finish("b")

    assert run.places == ["after"]
    assert len(run.state.scopes) == 1


def test_variables_of_a_subprocess_are_seen_inside_and_gone_behind_it():
    model = (
        process().start().subprocess("sub").inputs(rate="=base * 2").outputs(price="=rate + 1")
        .start("s").service("a").end("ea").done().end()
    )  # fmt: skip
    run = rehearse(model, {"base": 5})
    assert run.item("a").payload == {"base": 5, "rate": 10}

    run.finish("a", {"rate": 20})

    assert run.result == {"base": 5, "price": 21}


def test_a_timer_takes_a_whole_subprocess_away():
    model = with_subprocess()
    model.boundary("sub", "late", timer(duration="PT1H")).service("instead").end("e2")
    run = rehearse(model)

    run.pass_time(hours=1)

    assert run.places == ["instead"]
    assert len(run.told(ReleaseToken)) == 2
    assert len(run.told(CancelScope)) == 1
    cancelled = {row.node for row in run.history if row.outcome == "cancelled"}
    assert cancelled == {"sub", "a", "b"}


def test_subprocesses_nest():
    model = (
        process().start().subprocess("outer").start("s1").subprocess("inner").start("s2")
        .service("a").end("e2").done().service("b").end("e1").done().end()
    )  # fmt: skip
    run = rehearse(model)

    run.finish("a")
    assert run.places == ["b", "outer"]
    run.finish("b")

    assert run.status == "completed"


def test_terminate_ends_its_own_scope_only():
    model = (
        process().start().parallel("fork").subprocess("sub").start("s").parallel("f2")
        .service("a").end("stop", terminate()).at("f2").service("b").end("eb").done()
        .service("after").end("e1").at("fork").service("c").end("e2")
    )  # fmt: skip
    run = rehearse(model)

    run.finish("a")

    assert run.places == ["after", "c"]


def test_terminate_of_the_process_ends_the_instance():
    model = (
        process().start().parallel("fork").service("a").end("stop", terminate())
        .at("fork").subprocess("sub").start("s").service("b").end("e").done().end("e2")
    )  # fmt: skip
    run = rehearse(model, {"x": 1})

    run.finish("a")

    assert run.status == "completed"
    assert run.result == {"x": 1}


def with_event_subprocess(event, *, interrupts: bool):
    return (
        process().start().service("a").end()
        .event_subprocess("handler").start("on", event, isInterrupting=interrupts)
        .service("handle").end("handled").done()
    )  # fmt: skip


@pytest.mark.parametrize("interrupts", [True, False])
def test_an_event_subprocess_starts_by_a_message(interrupts):
    run = rehearse(with_event_subprocess(message("stop", "=id"), interrupts=interrupts), {"id": 1})

    run.publish("stop", "1", {"why": "fire"})

    assert run.places == (["handle", "handler"] if interrupts else ["a", "handle", "handler"])
    assert run.item("handle").payload == {"id": 1, "why": "fire"}
    assert bool(run.listeners("message")) is not interrupts


def test_an_event_subprocess_that_does_not_interrupt_keeps_its_scope_alive():
    run = rehearse(with_event_subprocess(signal("news"), interrupts=False))
    run.broadcast("news")
    run.broadcast("news")

    run.finish("a")
    assert run.places == ["handle", "handle", "handler", "handler"]
    run.finish("handle")
    assert run.status == "running"
    run.finish("handle")

    assert run.status == "completed"


def test_an_interrupting_event_subprocess_stops_listening_to_the_others():
    model = with_event_subprocess(timer(duration="PT1H"), interrupts=True)
    model.event_subprocess("other").start("on2", signal("x"), isInterrupting=False).end("e9").done()
    run = rehearse(model)

    run.pass_time(hours=1)

    assert run.places == ["handle", "handler"]
    assert not run.state.subscriptions


def test_an_event_subprocess_of_a_subprocess_leaves_the_rest_alone():
    model = (
        process().start().parallel("fork").subprocess("sub").start("s").service("a").end("ea")
        .event_subprocess("handler").start("on", timer(cycle="R2/PT1H"), isInterrupting=False)
        .service("handle").end("handled").done()
        .done().service("after").end().at("fork").service("b").end("eb")
    )  # fmt: skip
    run = rehearse(model)
    run.pass_time(hours=3)
    assert run.places.count("handle") == 2

    run.finish("a")
    run.finish("handle")
    run.finish("handle")

    assert run.places == ["after", "b"]


def test_an_event_subprocess_starts_when_its_condition_turns_true():
    run = rehearse(with_event_subprocess(condition("n > 1"), interrupts=True), {"n": 0})

    run.finish("a", {"n": 2})

    assert run.places == ["handle", "handler"]


def test_a_link_jumps_within_its_scope():
    model = process().start().throw("to_end", link("end")).apart().catch("from", link("end"))
    run = rehearse(model.service("a").end())

    assert run.places == ["a"]
    assert run.path == ["start", "to_end", "from"]


def test_messages_and_signals_are_told_with_what_their_inputs_give():
    model = (
        process().start().throw("tell", message("paid", "=id")).inputs(sum="=total")
        .throw("shout", signal("done")).end("bye", message("bye", "=id"))
    )  # fmt: skip
    run = rehearse(model, {"id": 3, "total": 10})

    first, last = run.told(SendMessage)
    assert (first.name, first.key, first.variables) == ("paid", "3", {"sum": 10})
    assert (last.name, last.variables) == ("bye", {})
    assert run.told(SendSignal)[0].name == "done"
    assert run.status == "completed"


def test_cancelling_ends_everything():
    run = rehearse(with_subprocess())

    run.cancel()

    assert run.status == "cancelled"
    assert len(run.told(ReleaseToken)) == 2


@pytest.mark.parametrize("node", ["by_message", "by_timer"])
def test_a_process_may_start_by_an_event(node):
    model = (
        process().start("by_message", message("order")).service("a").end("e1")
        .start("by_timer", timer(cycle="R/P1D")).service("b").end("e2")
    )  # fmt: skip
    run = rehearse(model, {"x": 1}, node=node)

    assert run.places == [{"by_message": "a", "by_timer": "b"}[node]]


def test_the_outputs_of_a_message_start_decide_alone_what_goes_up():
    model = process().start("told", message("order")).outputs(total="=order.total").user("u").end()
    run = rehearse(model, {"order": {"total": 5}}, node="told")

    assert run.variables == {"total": 5}


def test_the_outputs_of_an_event_subprocess_see_its_variables():
    model = process().start().user("work").end()
    model.event_subprocess("note").outputs(reason="=why").start(
        "told", message("stop", '="1"'), isInterrupting=False
    ).end("noted").done()  # fmt: skip
    run = rehearse(model)
    run.publish("stop", "1", {"why": "weather"})

    assert run.variables == {"reason": "weather"}
