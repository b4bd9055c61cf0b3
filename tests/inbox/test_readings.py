"""What a gate stopped is checked by a person; what an automation asked is answered by one."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.events.bus import deliver_outbox
from apps.events.models import Outbox
from apps.inbox import lifecycle, upkeep
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.lifecycle import Answer
from apps.inbox.models import UserTask
from apps.inbox.predicted import predicted_of
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, InvalidError
from apps.queues import lifecycle as items
from apps.queues.lifecycle import OwnerPolicy
from apps.queues.models import Attempt, Ended, Gate, ItemAnswer, Parked, WorkQueue
from tests.factories import make_person
from tests.factories_queues import make_queue, status_of
from tests.inbox.readings import (
    BOT,
    OUTPUT,
    ask,
    hand_in_read,
    make_gate,
    make_question,
    make_read_task,
)
from tests.queues.owned import told_ends

pytestmark = pytest.mark.django_db


@pytest.fixture
def gate(folder) -> Gate:
    return make_gate(folder)


@pytest.fixture
def queue(gate) -> WorkQueue:
    return make_queue("invoices", folder=gate.folder, gate=gate)


@pytest.fixture
def task(queue) -> UserTask:
    return make_read_task(queue)


def answer(task, decision, **more):
    return Answer(decision=decision, version=task.version, **more)


def person(task, name) -> Actor:
    user = make_person(name, folder=task.folder)
    return Actor(user.pk, user.name, "person")


def decide(task, decision, **more):
    return lifecycle.decide(task, answer(task, decision, **more), by=BOT)


# ---- validations


def test_a_doubtful_field_is_framed_and_the_others_are_not(task, gate):
    assert task.kind == UserTask.Kind.VALIDATION
    assert task.values == OUTPUT
    assert task.reason == "Please check vendor (62 % sure, 80 % wanted)."
    read = predicted_of(task.predictions)
    assert read.doubtful == ["vendor"]
    assert (read.gate_id, read.gate_version, read.model, read.is_blind) == (
        gate.pk,
        1,
        "reader",
        False,
    )
    vendor = read.fields["vendor"]
    assert (vendor.value, vendor.confidence, vendor.threshold) == ("ACME", 0.62, 0.8)
    assert (vendor.source, vendor.region.file, vendor.region.page) == (
        "Invoice, vendor",
        "a.pdf",
        2,
    )
    assert vendor.region.box == (0.1, 0.2, 0.3, 0.4)
    assert task.form["properties"]["due"] == {"type": "string", "format": "date", "title": "Due"}
    assert task.form["properties"]["total"]["type"] == "number"
    assert task.form["properties"]["lines"]["items"]["properties"].keys() == {"text", "net"}
    assert [each["key"] for each in task.decisions] == [
        "accept",
        "again",
        "leave_out",
        "done_by_hand",
        "reject",
    ]


def test_the_form_of_the_gate_is_used_and_shows_what_was_not_read(queue, gate):
    form = {"type": "object", "properties": {"vendor": {"title": "Vendor", "type": "string"}}}
    Gate.objects.update(form=form)

    task = make_read_task(queue, sure={"vendor": 1})

    assert task.reason == "Please check total (not read)."
    assert predicted_of(task.predictions).doubtful == ["total"]
    assert task.form["properties"] == {
        **form["properties"],
        "total": {"type": "string", "title": "Total"},
    }


def test_confirming_ends_the_item_with_what_the_person_said(queue):
    task = make_read_task(queue, owned_with=OwnerPolicy())
    corrected = {**OUTPUT, "vendor": "Globex"}

    with pytest.raises(InvalidError, match="Look at these values first: vendor"):
        decide(task, "accept")
    decide(task, "accept", payload=corrected)

    assert status_of(task.item_id) == "successful"
    assert Ended.objects.get(item_id=task.item_id).by == "bot-1"
    # the try keeps what AI said, the owner hears the person
    assert Attempt.objects.get(item_id=task.item_id).output == OUTPUT
    assert [(end["status"], end["output"]) for end in told_ends()] == [("successful", corrected)]
    kept = ItemAnswer.objects.get(item_id=task.item_id)
    assert (kept.key, kept.decision, kept.values) == ("_accepted", "accept", corrected)
    deliver_outbox()
    assert UserTask.objects.get(pk=task.pk).decision_values == corrected


def test_confirming_is_told_to_whoever_learns_and_rejecting_is_not(queue, monkeypatch):
    told = []
    monkeypatch.setattr(
        "apps.inbox.lifecycle.answering.announce", lambda kind, data: told.append((kind, data))
    )
    first, second = make_read_task(queue), make_read_task(queue)

    decide(first, "accept", confirmed=frozenset({"vendor"}))
    decide(second, "reject", reason="Not an invoice.")

    assert told == [("user_task.validated", {"task": first.pk})]
    assert status_of(second.item_id) == "failed"


def test_sent_back_to_the_bots_the_reason_reaches_the_next_try(task):
    decide(task, "again", reason="Page two is upside down.")

    assert status_of(task.item_id) == "new"
    kept = ItemAnswer.objects.get(item_id=task.item_id)
    assert (kept.key, kept.comment) == ("_sent_back", "Page two is upside down.")


def test_an_item_that_was_edited_or_cancelled_meanwhile_refuses_the_decision(queue):
    edited, cancelled = make_read_task(queue), make_read_task(queue)
    items.edit_item(edited.item_id, version=1, by=BOT, payload={"mail": 8})
    items.cancel_item(cancelled.item_id, by=BOT, reason="Came twice.")

    with pytest.raises(TaskChangedError):
        decide(edited, "accept", confirmed=frozenset({"vendor"}))
    with pytest.raises(TaskDecidedError):
        decide(cancelled, "accept", confirmed=frozenset({"vendor"}))

    # what was read stays what the person decides about
    again = UserTask.objects.get(pk=edited.pk)
    assert (again.values, again.version) == (OUTPUT, 2)
    decide(again, "accept", confirmed=frozenset({"vendor"}))
    assert status_of(edited.item_id) == "successful"
    assert not ItemAnswer.objects.filter(item_id=cancelled.item_id).exists()


def test_a_gate_that_is_switched_off_meanwhile_leaves_its_tasks_to_be_decided(queue, gate):
    task = make_read_task(queue, sure={"vendor": 0.1, "total": 0.1})
    Gate.objects.update(is_on=False, thresholds={}, version=2)

    decide(task, "accept", confirmed=frozenset({"vendor", "total"}))

    assert status_of(task.item_id) == "successful"
    Gate.objects.all().delete()
    assert status_of(hand_in_read(queue).pk) == "successful"


# ---- second looks


@pytest.fixture
def look(queue) -> UserTask:
    Gate.objects.update(sample_share=1, thresholds={"default": 0.5})
    return make_read_task(queue)


def test_a_sample_is_looked_at_blind_once_and_never_moves_the_item(look):
    assert look.kind == UserTask.Kind.SECOND_LOOK
    assert status_of(look.item_id) == "successful"
    read = predicted_of(look.predictions)
    assert (read.is_blind, read.doubtful, read.fields["vendor"].value) == (True, [], "ACME")
    assert look.values == {
        "due": "2026-02-01",
        "lines": [{"text": "Chairs", "net": 100}, {"text": "Desks"}],
    }
    assert look.form["properties"]["vendor"] == {"type": "string", "title": "Vendor"}

    said = {**look.values, "vendor": "Acme Inc."}
    decide(look, "record", payload=said)

    closed = UserTask.objects.get(pk=look.pk)
    assert (closed.status, closed.decision_values) == ("completed", said)
    assert status_of(look.item_id) == "successful"
    # the same news again, be it late, opens no second one
    assert lifecycle.open_second_looks([(look.item_id, look.attempt)]) == []
    assert UserTask.objects.count() == 1


def test_a_second_look_stands_beside_whatever_the_item_needs_next(look):
    items.reopen_item(look.item_id, by=BOT, reason="Once more.")
    deliver_outbox()
    assert UserTask.objects.get().is_open

    lifecycle.reconcile_tasks([look.item_id])
    decide(look, "cannot_tell")

    assert status_of(look.item_id) == "new"
    assert UserTask.objects.get().decision_values is None


def test_an_item_that_waits_is_asked_about_though_it_has_a_second_look(look, queue):
    items.reopen_item(look.item_id, by=BOT, reason="Once more.")
    (leased,) = items.lease_items(queue.pk, n=1, bot="bot-1")
    Outbox.objects.all().delete()
    items.finish_items(
        [items.Result(leased.id, leased.token, Attempt.Outcome.BUSINESS_EXCEPTION, message="No.")]
    )
    Outbox.objects.all().delete()  # the news is lost
    Parked.objects.update(since=Now() - timedelta(minutes=5))

    assert upkeep.open_missing_tasks() == 1
    assert {task.kind for task in UserTask.objects.open()} == {"data_problem", "second_look"}


def test_a_second_look_that_nobody_took_closes_by_itself(look):
    assert upkeep.close_old_looks() == 0
    UserTask.objects.update(created_at=Now() - timedelta(days=15))

    assert upkeep.close_old_looks() == 1

    closed = UserTask.objects.get()
    assert (closed.status, closed.decision) == ("expired", "too_old")


# ---- questions


FORM = {
    "type": "object",
    "required": ["vendor"],
    "properties": {"vendor": {"type": "string", "title": "Vendor"}},
}


def test_a_question_is_asked_as_the_automation_put_it(queue):
    task = make_question(
        queue,
        text="Two vendors have this name.",
        form=FORM,
        values={"vendor": "ACME"},
        decisions=[{"key": "take", "title": "Take it"}, {"key": "new", "title": "New vendor"}],
        offered_to=["supervisor", "nobody-knows"],
        due_seconds=600,
    )

    assert (task.kind, task.title) == ("question", "Which vendor is it?")
    assert task.reason == "Two vendors have this name."
    assert (task.form, task.values, task.code) == (FORM, {"vendor": "ACME"}, "vendor")
    assert [(each["key"], each["shortcut"]) for each in task.decisions] == [
        ("take", "a"),
        ("new", "n"),
    ]
    assert task.offered_to == ["role:supervisor"]
    assert task.facts["unknown_groups"] == ["nobody-knows"]
    assert task.due_at - task.created_at == timedelta(minutes=10)
    assert task.alike


def test_the_answer_is_kept_and_the_item_goes_back_with_fresh_tries(queue):
    task = make_question(queue, form=FORM, values={"vendor": "ACME"})

    with pytest.raises(InvalidError, match="vendor"):
        decide(task, "answer", payload={})
    ada = person(task, "ada")
    said = answer(task, "answer", payload={"vendor": "Globex"}, comment="As on the stamp.")
    lifecycle.decide(task, said, by=ada)

    kept = ItemAnswer.objects.get(item_id=task.item_id)
    assert (kept.key, kept.decision, kept.values) == ("vendor", "answer", {"vendor": "Globex"})
    assert (kept.answered_by, kept.comment) == ("Ada", "As on the stamp.")
    assert status_of(task.item_id) == "new"


def test_an_answer_to_an_item_that_was_cancelled_says_who_was_first(queue):
    task = make_question(queue)
    items.cancel_item(task.item_id, by=BOT, reason="Came twice.")

    with pytest.raises(TaskDecidedError):
        decide(task, "answer")

    assert not ItemAnswer.objects.exists()
    with pytest.raises(ConflictError):
        items.answer_item(task.item_id, "vendor", decision="answer", by=BOT)


def test_an_answer_is_taken_once(queue):
    task = make_question(queue)
    ada, bob = person(task, "ada"), person(task, "bob")

    lifecycle.decide(task, answer(task, "answer"), by=ada)
    with pytest.raises(TaskDecidedError):
        lifecycle.decide(task, answer(task, "answer"), by=bob)

    assert ItemAnswer.objects.get().answered_by == ada.name


def test_questions_of_one_key_are_alike_and_of_two_are_not(queue):
    first, second = make_question(queue), make_question(queue)
    other = make_question(queue, key="due")

    assert first.alike == second.alike != other.alike
    ask(queue)
    deliver_outbox()
    assert UserTask.objects.filter(alike=first.alike).count() == 3
