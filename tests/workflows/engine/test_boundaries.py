"""Events at the boundary of activities, and those that are awaited on the way."""

from apps.workflows.engine.changes import ReleaseToken
from apps.workflows.engine.events import ItemEnded, Triggered
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import condition, message, process, signal, timer


def approval(interrupts: bool = True, **when: str):
    return (
        process().start().user("approve").end("approved")
        .boundary("approve", "late", timer(**(when or {"duration": "PT4H"})), interrupts=interrupts)
        .user("escalated").end("decided_above")
    )  # fmt: skip


def test_a_timer_escalates_and_the_first_person_may_still_decide():
    run = rehearse(approval(interrupts=False))

    run.pass_time(hours=3, minutes=59)
    assert run.places == ["approve"]

    run.pass_time(minutes=1)
    assert run.places == ["approve", "escalated"]
    assert not run.listeners("timer")

    run.decide("approve")
    assert run.places == ["escalated"]
    run.decide("escalated")
    assert run.status == "completed"


def test_an_interrupting_timer_takes_the_task_away():
    run = rehearse(approval())
    token = run.waiting_at("approve").number

    run.pass_time(hours=5)

    assert run.places == ["escalated"]
    assert run.told(ReleaseToken) == [ReleaseToken(token=token)]
    assert [(row.node, row.outcome) for row in run.history] == [
        ("start", "completed"), ("approve", "cancelled"), ("late", "completed")
    ]  # fmt: skip


def test_a_decision_before_the_timer_ends_the_timer():
    run = rehearse(approval())

    run.decide("approve")

    assert run.status == "completed"


def test_of_a_decision_and_a_timer_the_first_one_wins():
    """Both were under way at once: what comes second changes nothing."""
    run = rehearse(process().start().service("work").end()
        .boundary("work", "late", timer(duration="PT1H")).end("timed_out"))  # fmt: skip
    token = run.waiting_at("work").number
    (due,) = run.listeners("timer")
    run.finish("work")

    late = run.happen(Triggered(at=due.due_at, subscription=due.number))

    assert late.is_empty

    run = rehearse(process().start().service("work").end()
        .boundary("work", "late", timer(duration="PT1H")).end("timed_out"))  # fmt: skip
    run.pass_time(hours=1)

    assert run.happen(ItemEnded(at=run.now, token=token, status="successful")).is_empty
    assert run.path[-1] == "timed_out"


def test_a_cycle_reminds_as_often_as_it_says():
    run = rehearse(approval(interrupts=False, cycle="R3/PT1H"))

    run.pass_time(hours=10)

    assert run.places == ["approve", "escalated", "escalated", "escalated"]
    assert not run.listeners("timer")


def test_a_cycle_without_end_goes_on_until_the_activity_is_over():
    run = rehearse(approval(interrupts=False, cycle="R/PT1H"))

    run.pass_time(hours=24, minutes=30)
    assert run.places.count("escalated") == 24

    run.decide("approve")
    assert not run.listeners("timer")


def test_times_that_were_missed_are_made_up_for_by_one():
    run = rehearse(approval(interrupts=False, cycle="R/PT1H"))
    (timer_row,) = run.listeners("timer")
    run.now = run.now.replace(hour=20)  # nothing ran for eleven hours

    run.happen(Triggered(at=run.now, subscription=timer_row.number))

    assert run.places.count("escalated") == 1
    (timer_row,) = run.listeners("timer")
    assert timer_row.due_at.hour == 21


def test_a_timer_waits_for_the_moment_its_expression_gives():
    run = rehearse(approval(date="=deadline"), {"deadline": "2026-02-01T00:00:00Z"})

    run.pass_time(days=26)
    assert run.places == ["approve"]
    run.pass_time(days=1)
    assert run.places == ["escalated"]


def test_a_message_at_the_boundary_may_come_again_and_again():
    model = (
        process().start().service("work").end()
        .boundary("work", "news", message("news", "=id"), interrupts=False)
        .service("note").end("noted")
    )  # fmt: skip
    run = rehearse(model, {"id": "a"})

    run.publish("news", "a", {"n": 1})
    run.publish("news", "a", {"n": 2})
    assert not run.publish("news", "b")

    assert run.places == ["note", "note", "work"]
    assert run.variables == {"id": "a", "n": 2}


def test_a_signal_reaches_everybody_who_listens():
    model = (
        process().start().parallel("fork").catch("one", signal("stop")).end("e1")
        .at("fork").catch("two", signal("stop")).end("e2")
        .at("fork").service("work").end("e3")
        .boundary("work", "stopped", signal("stop")).end("e4")
    )  # fmt: skip
    run = rehearse(model)

    run.broadcast("stop", {"why": "holiday"})

    assert run.status == "completed"
    assert {"e1", "e2", "e4"} <= set(run.path)


def test_a_receive_task_waits_for_its_message_and_can_time_out():
    model = (
        process().start().receive("wait", "paid", "=order").end("paid")
        .boundary("wait", "late", timer(duration="PT1H")).end("unpaid")
    )  # fmt: skip
    paid, unpaid = rehearse(model, {"order": "x"}), rehearse(model, {"order": "x"})

    paid.publish("paid", "x")
    unpaid.pass_time(hours=1)

    assert (paid.path[-1], unpaid.path[-1]) == ("paid", "unpaid")


def test_a_catching_timer_lets_time_pass():
    run = rehearse(process().start().catch("wait", timer(duration="P1D")).end())

    run.pass_time(hours=23)
    assert run.places == ["wait"]
    run.pass_time(hours=1)
    assert run.status == "completed"


def test_a_missing_correlation_key_is_an_incident_until_it_is_there():
    run = rehearse(process().start().receive("wait", "paid", "=order").end())
    assert run.waiting_at("wait").waits_for == "incident"

    run.repair("wait", "retry", variables={"order": 5})

    assert run.listeners("message")[0].key == "5"


def conditional(interrupts: bool = True):
    return (
        process().start().service("work").end()
        .boundary("work", "over", condition("total > 100"), interrupts=interrupts)
        .service("warn").end("warned")
    )  # fmt: skip


def test_a_condition_happens_when_it_turns_true():
    run = rehearse(conditional(), {"total": 1})
    run.set_variables({"total": 50})
    assert run.places == ["work"]

    run.set_variables({"total": 150})

    assert run.places == ["warn"]


def test_a_condition_happens_again_only_after_it_was_false():
    run = rehearse(conditional(interrupts=False), {"total": 1})

    for total in (150, 200, 300):
        run.set_variables({"total": total})
    assert run.places == ["warn", "work"]

    for total in (50, 150):
        run.set_variables({"total": total})
    assert run.places == ["warn", "warn", "work"]


def test_a_condition_that_holds_already_happens_at_once():
    assert rehearse(conditional(), {"total": 500}).places == ["warn"]


def test_a_catching_condition_waits_until_it_holds():
    model = (
        process().start().parallel("fork").catch("until", condition("done")).end("e1")
        .at("fork").service("work").end("e2")
    )  # fmt: skip
    run = rehearse(model, {"done": False})
    assert run.places == ["until", "work"]

    run.finish("work", {"done": True})

    assert run.status == "completed"
    assert rehearse(model, {"done": True}).places == ["work"]


def test_a_boundary_event_sees_the_inputs_of_its_subprocess_for_as_long_as_it_waits():
    model = process().start().subprocess("sub").inputs(pace='="R3/PT1H"', limit="=10")
    model.start("inside").user("work").end("done").done().end()
    model.boundary("sub", "remind", timer(cycle="=pace"), interrupts=False).end("reminded")
    model.boundary("sub", "over", condition("total > limit")).user("look").end("seen")
    run = rehearse(model, {"total": 1})
    run.pass_time(hours=5)
    assert run.path.count("remind") == 3

    run.set_variables({"total": 11})
    assert run.places == ["look"]
