"""The drawn workflows of the demo, and the patterns, walked on paper with a clock that we turn."""

from datetime import timedelta

import pytest

from apps.demo.drawn import MODELS
from apps.workflows import patterns
from apps.workflows.bpmn import compile_model, read_model
from apps.workflows.engine.changes import OpenTask
from apps.workflows.engine.harness import Rehearsal

LARGE = {"kind": "invoice", "number": "R-1", "payable": "250000.00", "gross_total": "250000.00"}


def walk(xml: bytes) -> Rehearsal:
    (graph,) = compile_model(read_model(xml)).graphs
    return Rehearsal(graph)


@pytest.fixture
def invoice() -> Rehearsal:
    run = walk((MODELS / "invoice-to-ledger.bpmn").read_bytes())
    run.start({"kind": "invoice", "number": "R-1", "file": "a.xml"})
    return run


def test_a_file_is_read_and_what_came_as_data_is_not(invoice) -> None:
    assert invoice.places == ["extract"]
    assert invoice.item("extract").payload == {"number": "R-1", "file": "a.xml"}

    other = walk((MODELS / "invoice-to-ledger.bpmn").read_bytes())
    other.start(LARGE)
    assert other.places == ["check"]


def test_nobody_approves_in_time_so_the_admins_are_asked(invoice) -> None:
    invoice.finish("extract", LARGE)
    invoice.finish("check", LARGE)
    asked = invoice.task("approve")
    assert asked.candidate_groups == ["supervisors"]
    assert asked.due_at == invoice.now + timedelta(hours=4)

    invoice.pass_time(hours=3, minutes=59)
    assert invoice.places == ["approve"]
    invoice.pass_time(minutes=1)

    assert invoice.places == ["escalate"]
    assert invoice.task("escalate").candidate_groups == ["admins"]
    invoice.decide("escalate", "approve")
    invoice.finish("post", {"document": "DOC-1"})
    assert (invoice.status, invoice.path[-1]) == ("completed", "posted")


def test_who_decides_in_time_leaves_nothing_behind(invoice) -> None:
    invoice.finish("extract", LARGE)
    invoice.finish("check", LARGE)
    invoice.decide("approve", "refuse")

    assert (invoice.status, invoice.path[-1]) == ("completed", "refused")
    assert invoice.listeners("timer") == []
    assert [task.title for task in invoice.told(OpenTask)] == ["Approve the payment"]


def test_a_small_invoice_asks_nobody(invoice) -> None:
    small = {**LARGE, "gross_total": "99999.99"}
    invoice.finish("extract", small)
    invoice.finish("check", small)

    assert invoice.places == ["post"]


def test_what_is_left_out_or_turned_away_is_not_posted(invoice) -> None:
    invoice.finish("extract", LARGE)
    invoice.skip("check")

    assert (invoice.status, invoice.path[-1]) == ("completed", "left")


def test_the_approval_pattern_reminds_without_taking_the_task_away() -> None:
    run = walk(patterns.BY_NAME["approval"].xml)
    run.start({"number": "R-1", "purpose": "Chairs", "amount": 5000, "limit": 1000})

    run.pass_time(days=1)
    assert sorted(run.places) == ["approve", "remind"]
    run.decide("remind")
    run.decide("approve", "approve")
    run.finish("carry_out")

    assert run.status == "completed"


def test_the_check_pattern_shows_a_person_what_the_model_is_unsure_of() -> None:
    needed = {"document": "a.pdf", "confidence_needed": 0.9, "sample_every": 10}
    ways = {}
    for confidence, number in ((0.95, 1), (0.5, 1), (0.95, 20)):
        run = walk(patterns.BY_NAME["ai-with-check"].xml)
        run.start(needed)
        read = {"fields": {"total": "1"}, "confidence": confidence, "number": number, "model": "m"}
        run.finish("read", read)
        ways[confidence, number] = run.places

    assert ways == {(0.95, 1): ["use"], (0.5, 1): ["check"], (0.95, 20): ["check"]}


def test_the_line_pattern_gives_a_person_the_lines_that_failed() -> None:
    lines = [{"article": f"A{n}", "quantity": 1} for n in range(20)]
    run = walk(patterns.BY_NAME["fan-out-per-line"].xml)
    run.start({"order": "O-1", "lines": lines})
    assert len(run.items("work_line").payloads) == 20

    run.finish_all("work_line", [{"result": n} if n != 4 else None for n in range(20)], failed=1)

    assert run.task("look").values == {"order": "O-1", "articles": ["A4"]}
    run.decide("look")
    run.finish("close")
    assert run.status == "completed"


def test_the_nightly_pattern_says_when_it_is_late_and_goes_on() -> None:
    run = walk(patterns.BY_NAME["nightly-batch"].xml)
    run.start(node="night")
    run.pass_time(hours=5)
    assert "tell" in run.places

    run.finish("collect", {"records": [1, 2]})
    run.finish_all("process", [{"result": 1}, {"result": 2}])
    run.finish("report")
    run.decide("tell")
    assert run.status == "completed"


def test_the_dispatcher_pattern_ends_when_there_is_nothing_to_do() -> None:
    run = walk(patterns.BY_NAME["dispatcher-and-performers"].xml)
    run.start({"source": "inbox"})
    run.finish("find_work", {"pieces": []})

    assert (run.status, run.path[-1]) == ("completed", "nothing")
