"""What can't be carried out becomes an incident that says why; what was done stays done."""

import pytest

from apps.workflows.engine import World
from apps.workflows.engine.changes import AddItem, OpenIncident
from tests.workflows.engine.rehearsing import rehearse
from tests.workflows.models import condition, message, process, timer


def incident_of(run):
    (found,) = run.told(OpenIncident)
    return found


@pytest.mark.parametrize(
    ("how", "right"),
    [("duration", "PT1H"), ("date", "2026-01-05T10:00:00Z")],
)
def test_a_time_that_is_none_says_how_to_write_one(how, right):
    run = rehearse(process().start().catch("wait", timer(**{how: "=said"})).end(), {"said": "soon"})

    assert incident_of(run).code == "timer"
    assert "soon" in incident_of(run).message

    run.repair("wait", "retry", variables={"said": right})
    run.pass_time(hours=2)
    assert run.status == "completed"


def test_a_due_time_that_is_none_names_what_it_is_for():
    run = rehearse(process().start().user("check", due="=due").end(), {"due": "tomorrow"})

    assert "due time" in incident_of(run).message


def test_due_times_may_be_lengths_of_time():
    run = rehearse(process().start().user("check", due='=duration("PT2H")').end())

    assert (run.task("check").due_at - run.now).total_seconds() == 7200


@pytest.mark.parametrize(("said", "queue"), [("OCR.Extract", "ocr-extract"), ("?!", ""), ("", "")])
def test_an_expression_names_the_same_queue_as_the_text_would(said, queue):
    run = rehearse(process().start().service("a", "=kind").end(), {"kind": said})

    if queue:
        assert run.item("a").queue == queue
    else:
        assert "queue" in incident_of(run).message


@pytest.mark.parametrize("tries", [0, -1, "many"])
def test_work_is_tried_at_least_once(tries):
    run = rehearse(process().start().service("a", retries="=tries").end(), {"tries": tries})

    assert "number of retries" in incident_of(run).message


@pytest.mark.parametrize("order", [{"id": 1}, [1]])
def test_a_correlation_key_is_no_list_and_no_context(order):
    run = rehearse(process().start().catch("wait", message("go", "=order")).end(), {"order": order})

    assert "must be a text" in incident_of(run).message


def test_a_value_that_grows_without_end_as_json_is_an_incident():
    doubled = ", ".join(f"a{n}: [a{n - 1}, a{n - 1}]" for n in range(1, 40))
    run = rehearse(process().start().script("grow", f"={{a0: [1], {doubled}}}", "x").end())

    assert incident_of(run).code == "expression"


@pytest.mark.parametrize(("priority", "understood"), [("70", 70), (70, 70), (True, None)])
def test_a_priority_is_a_number_or_the_text_of_one(priority, understood):
    model = process().start().service("a").work(priority="=p").end()
    run = rehearse(model, {"p": priority})

    if understood is None:
        assert "priority" in incident_of(run).message
    else:
        assert run.item("a").priority == understood


def test_texts_may_be_written_from_other_values():
    model = process().start().service("a").work(reference="=r").end()

    assert rehearse(model, {"r": True}).item("a").reference == "true"
    assert rehearse(model, {"r": 1.5}).item("a").reference == "1.5"


def test_a_decision_that_is_not_deployed_is_an_incident():
    run = rehearse(process().start().rule("rate", "risk", "r").end())

    assert incident_of(run).code == "decision"


def test_a_default_output_that_has_no_value_is_tried_again_on_demand():
    endless = "=count(for i in 1..1000000, j in 1..1000000 return i)"
    model = process().start().service("a").policy({"then": "skip"}, default_output=endless).end()
    run = rehearse(model)

    run.skip("a")
    assert incident_of(run).phase == "work"

    run.repair("a", "go_on", variables={"rate": 1})
    assert run.result == {"rate": 1}


def test_results_of_a_fan_out_are_kept_while_their_collection_fails():
    """The bots' work is not asked for again."""
    heavy = "=count(for i in 1..limit return i)"
    model = process().start().service("a").each("lines", output="out", output_element=heavy)
    run = rehearse(model.end(), {"lines": [1], "limit": 1_000_000})
    run.finish_all("a", [{"x": 1}])
    assert incident_of(run).phase == "leave"

    run.repair("a", "retry", variables={"limit": 3})

    assert run.result["out"] == [3]
    assert len(run.commands) == 2


def test_too_many_passes_are_refused_before_anything_is_done():
    model = process().start().user("sign").each(cardinality="=20").end()
    run = rehearse(model, world=World(max_passes=10))

    assert incident_of(run).code == "too_many"
    assert run.places == ["sign"]


@pytest.mark.parametrize("times", [-1, None, "x"])
def test_a_number_of_passes_must_be_one(times):
    run = rehearse(process().start().user("sign").each(cardinality="=n").end(), {"n": times})

    assert incident_of(run).code == "expression"


def test_a_condition_that_has_no_value_counts_as_false_and_is_looked_at_again():
    model = process().start().service("a").end()
    model.boundary("a", "over", condition("total > 5")).end("warned")
    run = rehearse(model)
    assert run.places == ["a"]

    run.set_variables({"total": 6})

    assert run.path[-1] == "warned"


def test_a_cycle_that_is_changed_to_none_has_had_its_last_time():
    model = process().start().service("a").end()
    model.boundary("a", "tick", timer(cycle="=rhythm"), interrupts=False).end("ticked")
    run = rehearse(model, {"rhythm": "R/PT1H"})

    run.set_variables({"rhythm": "never"})
    run.pass_time(hours=3)

    assert run.path.count("ticked") == 1


def test_a_cycle_follows_its_variables():
    model = process().start().service("a").end()
    model.boundary("a", "tick", timer(cycle="=rhythm"), interrupts=False).end("ticked")
    run = rehearse(model, {"rhythm": "R/PT1H"})
    run.set_variables({"rhythm": "R/PT10H"})

    run.pass_time(hours=10)
    assert run.path.count("ticked") == 1
    run.pass_time(hours=1)
    assert run.path.count("ticked") == 2


def test_a_message_that_a_bot_sends_is_work():
    job = '<zeebe:taskDefinition type="mailer" />'
    run = rehearse(process().start().throw("mail", message("m"), extra=job).end())

    assert run.told(AddItem)[0].queue == "mailer"
    run.finish("mail")
    assert run.status == "completed"


def test_inputs_of_a_fan_out_are_those_of_each_element():
    model = process().start().service("a").inputs(n="=item * 10").each("lines").end()

    payloads = rehearse(model, {"lines": [1, 2], "secret": "x"}).items("a").payloads

    assert [each["n"] for each in payloads] == [10, 20]
    assert "secret" not in payloads[0]


def test_a_scope_that_could_not_begin_listens_once_when_it_does():
    model = process().start().service("a").end()
    model.event_subprocess("h1").start("s1", timer(duration="PT9H"), isInterrupting=False)
    model.end("e1").done()
    model.event_subprocess("h2").start("s2", message("m", "=key"), isInterrupting=False)
    model.end("e2").done()
    run = rehearse(model)
    assert incident_of(run).phase == "enter"

    run.repair("start", "retry", variables={"key": "k"})

    assert run.places == ["a"]
    assert sorted(row.node for row in run.state.subscriptions.values()) == ["s1", "s2"]


@pytest.mark.parametrize(("failed", "tolerated"), [(29, True), (30, False)])
def test_a_share_of_a_hundred_is_what_people_reckon(failed, tolerated):
    model = process().start().service("a").each("lines", tolerate=0.29).end()
    run = rehearse(model, {"lines": list(range(100))})

    run.finish_all("a", [None] * 100, failed=failed)

    assert (run.status == "completed") is tolerated
