"""Undoing what was completed."""

from apps.workflows.engine.changes import OpenIncident
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import compensation, error, process, timer


def trip(throw=None):
    model = process().start()
    for name in ("flight", "hotel"):
        model.service(name)
    model.service("pay").throw("undo", throw or compensation()).service("after").end()
    for name in ("flight", "hotel"):
        model.apart().service(f"cancel_{name}")
        model.undone_by(name, f"cancel_{name}")
    return model


def booked(model, variables=None):
    run = rehearse(model, variables)
    for name in ("flight", "hotel"):
        run.finish(name, {f"{name}_id": name.upper()})
    return run


def test_handlers_run_one_at_a_time_last_first():
    run = booked(trip())
    assert len(run.state.undoables) == 2
    run.finish("pay")

    assert run.places == ["cancel_hotel", "undo"]
    run.finish("cancel_hotel", {"refund": 5})
    assert run.places == ["cancel_flight", "undo"]
    run.finish("cancel_flight")

    assert run.places == ["after"]
    assert run.variables["refund"] == 5
    assert run.path[-3:] == ["cancel_hotel", "cancel_flight", "undo"]


def test_one_activity_alone_can_be_undone():
    run = booked(trip(compensation("flight")))
    run.finish("pay")
    run.finish("cancel_flight")

    assert run.places == ["after"]
    assert [row.node for row in run.state.undoables.values()] == ["hotel"]


def test_nothing_to_undo_just_goes_on():
    run = rehearse(process().start().throw("undo", compensation()).service("after").end())

    assert run.places == ["after"]


def test_a_handler_sees_the_variables_of_what_it_undoes():
    model = process().start().service("book").inputs(place="=city").script(
        "move", '="Rome"', "city").throw("undo", compensation()).end()  # fmt: skip
    model.apart().service("cancel")
    model.undone_by("book", "cancel")
    run = rehearse(model, {"city": "Oslo"})
    run.finish("book")

    assert run.item("cancel").payload == {"city": "Rome", "place": "Oslo"}


def test_what_was_completed_in_a_subprocess_is_undone_from_around_it():
    model = process().start().subprocess("sub").inputs(fee="=7").start("s")
    model.service("a").service("b").end("e")
    for name in ("a", "b"):
        model.apart().service(f"undo_{name}")
        model.undone_by(name, f"undo_{name}")
    model.done().throw("undo", compensation("sub")).end()
    run = rehearse(model)
    run.finish("a")
    run.finish("b")

    assert run.item("undo_b").payload == {"fee": 7}
    run.finish("undo_b")
    run.finish("undo_a")

    assert run.status == "completed"


def test_each_pass_of_a_loop_is_undone_with_its_element():
    model = process().start().service("book").each("cities", element_name="city")
    model.throw("undo", compensation()).end()
    model.apart().service("cancel")
    model.undone_by("book", "cancel")
    run = rehearse(model, {"cities": ["Oslo", "Rome"]})
    run.finish("book")
    run.finish("book")

    undone = []
    while run.status == "running":
        undone.append(run.item("cancel").payload["city"])
        run.finish("cancel")
    assert undone == ["Rome", "Oslo"]


def test_an_event_subprocess_undoes_what_happened_around_it():
    model = process().start().service("book").service("pay").end()
    model.apart().service("cancel")
    model.undone_by("book", "cancel")
    model.event_subprocess("rescue").start("on", error("E1")).throw("undo", compensation())
    model.end("undone").done()
    run = rehearse(model)
    run.finish("book")
    run.fail("pay", "E1")

    assert run.places == ["cancel", "rescue", "undo"]
    run.finish("cancel")
    assert run.status == "completed"


def test_a_handler_that_fails_waits_for_repair_and_goes_on_from_there():
    run = booked(trip())
    run.finish("pay")
    run.fail("cancel_hotel", "E1")
    assert run.told(OpenIncident)[0].code == "unhandled_error"

    run.repair("cancel_hotel", "go_on")

    assert run.places == ["cancel_flight", "undo"]


def test_compensation_under_way_ends_with_what_asked_for_it():
    model = process().start().subprocess("sub").start("s").service("a")
    model.throw("undo", compensation()).end("e").apart().service("undo_a")
    model.undone_by("a", "undo_a")
    model.done().end().boundary("sub", "late", timer(duration="PT1H")).end("timed_out")
    run = rehearse(model)
    run.finish("a")
    assert run.places == ["sub", "undo", "undo_a"]

    run.pass_time(hours=1)

    assert run.path[-1] == "timed_out"
    assert run.status == "completed"


def test_a_handler_that_is_interrupted_holds_up_nobody():
    model = trip()
    model.boundary("cancel_hotel", "wrong", error("E1")).service("call_hotel").end("called")
    run = booked(model)
    run.finish("pay")

    run.fail("cancel_hotel", "E1")

    assert run.places == ["call_hotel", "cancel_flight", "undo"]


def test_what_was_completed_in_a_cancelled_subprocess_can_not_be_undone():
    model = process().start().subprocess("sub").start("s").service("a").service("b").end("e")
    model.apart().service("undo_a")
    model.undone_by("a", "undo_a")
    model.done().end().boundary("sub", "late", timer(duration="PT1H"))
    model.throw("undo", compensation()).end("e2")
    run = rehearse(model)
    run.finish("a")

    run.pass_time(hours=1)

    assert run.status == "completed"


def test_what_can_be_undone_is_gone_with_the_instance():
    run = booked(trip())

    run.cancel()

    assert run.state.undoables == {}


def test_a_handler_with_several_instances_sees_the_variables_of_what_it_undoes():
    model = process().start().service("book").inputs(place="=city").throw("undo", compensation())
    model.end().apart().user("cancel").inputs(where="=place").each(cardinality="=2")
    model.undone_by("book", "cancel")
    run = rehearse(model, {"city": "Oslo"})
    run.finish("book")

    assert run.task("cancel").values["where"] == "Oslo"
