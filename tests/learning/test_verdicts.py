"""What people say about values that models read becomes verdicts, once each."""

import pytest

from apps.events.bus import announce, deliver_outbox
from apps.inbox.lifecycle import Answer, decide, recall_decision
from apps.inbox.models import UserTask
from apps.learning.lifecycle import bring_verdicts_in_line, record_missing_verdicts
from apps.learning.models import Verdict
from tests.factories_queues import make_queue
from tests.inbox import readings
from tests.learning.rows import READ, make_decided

pytestmark = pytest.mark.django_db

DOUBTFUL = {"total": ("100.00", 0.5), "vendor": ("Stark", 0.95)}
SURE = {"total": ("100.00", 0.9), "vendor": ("Stark", 0.95)}


def verdicts_by_path() -> dict[str, Verdict]:
    return {each.path: each for each in Verdict.objects.all()}


def test_a_checked_value_gives_a_verdict_with_all_that_is_known_of_it(gate, business_user):
    task = make_decided(
        gate,
        business_user,
        DOUBTFUL,
        {**READ, "total": "120.00"},
        correction_reasons={"total": "misread"},
        document_class="credit",
    )

    announce("user_task.validated", {"task": task.pk})
    deliver_outbox()

    verdict = verdicts_by_path()["total"]
    assert (verdict.is_right, verdict.value, verdict.corrected) == (False, "100.00", "120.00")
    assert (verdict.model, verdict.model_version, verdict.prompt) == ("centres", "3", "p1")
    assert (verdict.gate, verdict.gate_version, verdict.document_class) == (gate, 1, "credit")
    assert (verdict.confidence, verdict.threshold, verdict.reason) == (0.5, 0.8, "misread")
    assert (verdict.kind, verdict.weight) == ("validation", 1)
    assert (verdict.decided_by, verdict.decided_at) == (business_user.name, task.decided_at)


def test_a_value_that_nobody_had_to_look_at_is_kept_and_not_counted(gate, business_user):
    task = make_decided(gate, business_user, DOUBTFUL, READ)

    bring_verdicts_in_line([task.pk])

    assert verdicts_by_path()["vendor"].kind == Verdict.Kind.BESIDE
    assert Verdict.Kind.BESIDE not in Verdict.COUNTED


def test_a_second_look_stands_for_as_many_as_were_not_looked_at(gate, business_user):
    task = make_decided(
        gate, business_user, SURE, {**READ, "vendor": " STARK "}, kind=UserTask.Kind.SECOND_LOOK
    )

    bring_verdicts_in_line([task.pk])

    assert {(each.kind, each.weight, each.is_right) for each in Verdict.objects.all()} == {
        ("second_look", 10, True)
    }


def test_values_of_lists_belong_to_one_field(gate, business_user):
    task = make_decided(gate, business_user, {"lines.0.centre": ("K2", 0.4)}, READ)

    bring_verdicts_in_line([task.pk])

    verdict = Verdict.objects.get()
    assert (verdict.path, verdict.field) == ("lines.0.centre", "lines.*.centre")
    assert (verdict.value, verdict.corrected, verdict.is_right) == ("K2", "K1", False)


def test_personal_values_are_judged_and_not_copied(gate, business_user):
    task = make_decided(gate, business_user, {"iban": ("DE2", 0.4)}, READ)

    bring_verdicts_in_line([task.pk])

    verdict = Verdict.objects.get()
    assert (verdict.is_right, verdict.value, verdict.corrected) == (False, None, None)


def test_the_same_news_twice_and_the_sweep_make_no_second_verdict(gate, business_user):
    task = make_decided(gate, business_user, DOUBTFUL, READ)

    for _ in range(2):
        announce("user_task.validated", {"task": task.pk})
    deliver_outbox()

    assert record_missing_verdicts() == 0
    assert Verdict.objects.count() == 2


def test_the_sweep_finds_what_news_missed(gate, business_user):
    make_decided(gate, business_user, DOUBTFUL, READ)

    assert record_missing_verdicts() == 2
    assert record_missing_verdicts() == 0


def test_a_rejected_document_says_nothing_about_its_fields(gate, business_user):
    task = make_decided(gate, business_user, DOUBTFUL, None)

    assert bring_verdicts_in_line([task.pk, 0]) == 0


def test_what_the_control_room_decided_is_no_verdict(gate, business_user):
    task = make_decided(gate, business_user, DOUBTFUL, READ, decided_by=None)

    assert bring_verdicts_in_line([task.pk]) == 0


def test_a_decision_that_was_taken_back_gives_no_verdict_and_the_next_one_does(gate, business_user):
    task = make_decided(gate, business_user, DOUBTFUL, {**READ, "total": "1.00"})
    bring_verdicts_in_line([task.pk])
    decided_at = task.decided_at

    UserTask.objects.filter(pk=task.pk).update(status="open", decided_at=None, decision="")
    announce("user_task.recalled", {"task": task.pk})
    deliver_outbox()
    assert not Verdict.objects.exists()

    UserTask.objects.filter(pk=task.pk).update(
        status="completed", decision="accept", decided_at=decided_at, decision_values=READ
    )
    bring_verdicts_in_line([task.pk])
    assert verdicts_by_path()["total"].is_right


def decide_as(task, user, **said):
    first = task.decisions[0]["key"]
    decide(task, Answer(decision=first, version=task.version, **said), by=user.actor)
    deliver_outbox()


def test_from_a_result_with_doubts_over_a_person_to_the_verdict_and_back(folder, supervisor):
    queue = make_queue("invoices", folder=folder, gate=readings.make_gate(folder))
    task = readings.make_read_task(queue, sure={"vendor": 0.62, "total": 0.99})
    said = {**readings.OUTPUT, "vendor": "Acme Ltd"}

    decide_as(task, supervisor, payload=said, correction_reasons={"vendor": "misread"})

    found = verdicts_by_path()
    assert {path: (each.kind, each.is_right) for path, each in found.items()} == {
        "vendor": ("validation", False),
        "total": ("beside", True),
    }
    assert (found["vendor"].value, found["vendor"].corrected) == ("ACME", "Acme Ltd")
    assert (found["vendor"].model, found["vendor"].reason) == ("reader", "misread")
    recall_decision(task, by=supervisor.actor, reason="Wrong invoice")
    deliver_outbox()
    assert not Verdict.objects.exists()


def test_from_a_sampled_result_over_a_blind_look_to_the_verdict(folder, supervisor):
    gate = readings.make_gate(folder, sample_share=1)
    queue = make_queue("invoices", folder=folder, gate=gate)
    task = readings.make_read_task(queue, sure={"vendor": 0.95, "total": 0.99})
    assert task.kind == UserTask.Kind.SECOND_LOOK

    decide_as(task, supervisor, payload={**readings.OUTPUT, "total": 118.5})

    assert {path: each.is_right for path, each in verdicts_by_path().items()} == {
        "vendor": True,
        "total": False,
    }
    assert {each.kind for each in Verdict.objects.all()} == {"second_look"}


def test_what_a_model_did_not_read_it_was_not_wrong_about(folder, supervisor):
    queue = make_queue("invoices", folder=folder, gate=readings.make_gate(folder))
    task = readings.make_read_task(queue, sure={"vendor": 0.9})
    assert task.reason == "Please check total (not read)."

    decide_as(task, supervisor, payload=readings.OUTPUT, confirmed=frozenset({"total"}))

    assert list(verdicts_by_path()) == ["vendor"]
