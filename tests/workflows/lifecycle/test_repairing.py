"""Incidents: what can't go on is a task in the inbox, and goes on as a person decides."""

import pytest

from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError, InvalidError
from apps.queues.models import WorkItem, WorkQueue
from apps.workflows import lifecycle
from apps.workflows.models import Incident, PendingEvent
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    decided,
    deliver,
    deployed,
    fail,
    reloaded,
    stands_at,
    started,
    task_of,
    work,
)
from tests.workflows.models import error, process

pytestmark = pytest.mark.django_db


def stuck(folder, **variables):
    """Return an instance whose first step has failed for good."""
    model = (
        process("p").start().service("post").service("after").end()
        .boundary("post", "known", error("KNOWN")).service("clear").end("cleared")
    )  # fmt: skip
    instance = started(deployed(model, folder), **variables)
    fail(folder, "post", code="E-1", message="No such vendor 4711")
    return instance


def test_a_failure_that_nobody_takes_is_an_incident_and_a_task():
    instance = stuck(make_folder(), number=7)

    incident = Incident.objects.get(instance=instance)
    assert (incident.node, incident.phase, incident.is_open) == ("post", "work", True)
    assert incident.message == "No such vendor 4711 (error E-1)"
    task = task_of(instance)
    assert (task.kind, task.reason) == ("incident", incident.message)
    assert task.values == {"number": 7}
    assert reloaded(instance).status == "running"
    assert_consistent()


def test_the_same_fault_has_the_same_fingerprint_whatever_its_numbers():
    folder = make_folder()
    workflow = deployed(process("p").start().service("post").end(), folder)
    started(workflow), started(workflow)
    fail(folder, "post", message="No such vendor 4711")
    started(workflow)
    fail(folder, "post", message="No such vendor 99")

    assert Incident.objects.values("fingerprint").distinct().count() == 1


def test_retry_works_on_the_same_item_again_with_what_was_edited():
    folder = make_folder()
    instance = stuck(folder, vendor=4711)

    decided(instance, "edit_and_retry", payload={"vendor": 4712})

    assert not UserTask.objects.filter(status="open").exists()
    incident = Incident.objects.get()
    assert (incident.how, incident.is_open) == ("retry", False)
    seen = []
    work(folder, "post", lambda payload: seen.append(payload))
    assert seen == [{"vendor": 4712}]
    work(folder, "after")
    assert reloaded(instance).status == "completed"
    assert_consistent()


def test_personal_data_is_not_shown_to_who_repairs_and_survives_what_they_edit():
    folder = make_folder()
    iban = {"type": "string", "x-personal": True}
    vendor = {"type": "object", "properties": {"iban": iban, "name": {"type": "string"}}}
    schema = {"type": "object", "properties": {"vendor": vendor}}
    model = process("p").input_schema(schema).start().service("post").end()
    given = {"iban": "DE02120300000000202051", "name": "Ahron"}
    instance = started(deployed(model, folder), vendor=given)
    fail(folder, "post", code="E-1", message="No such vendor")
    shown = task_of(instance).values["vendor"]

    lifecycle.repair(
        Incident.objects.get(instance=instance),
        how="retry",
        variables={"vendor": {**shown, "name": "Ahorn"}},
        by=ANNA,
    )

    assert shown["iban"] != given["iban"]
    item = WorkItem.objects.get(queue__folder=folder)
    assert item.payload == {"vendor": {"iban": given["iban"], "name": "Ahorn"}}


def test_a_step_that_fails_again_is_an_incident_again():
    folder = make_folder()
    instance = stuck(folder)

    decided(instance, "retry")
    fail(folder, "post", message="Still not")

    assert Incident.objects.count() == 2
    assert "Still not" in task_of(instance).reason
    assert_consistent()


def test_a_person_gives_the_result_and_the_instance_goes_on():
    folder = make_folder()
    instance = stuck(folder)

    decided(instance, "set_result", result={"document": "D-1"}, reason="posted by hand")

    assert stands_at(instance) == ["after"]
    work(folder, "after")
    assert reloaded(instance).result == {"document": "D-1"}
    assert Incident.objects.get().reason == "posted by hand"


def test_a_person_throws_an_error_that_the_diagram_catches():
    folder = make_folder()
    instance = stuck(folder)
    incident = Incident.objects.get()

    lifecycle.repair(incident, how="throw", code="KNOWN", by=ANNA)

    assert stands_at(instance) == ["clear"]
    assert not UserTask.objects.filter(status="open").exists()
    assert_consistent()


def test_a_person_cancels_from_the_inbox():
    instance = stuck(make_folder())

    decided(instance, "cancel", reason="not ours")

    assert (reloaded(instance).status, instance.reason) == ("cancelled", "not ours")
    assert Incident.objects.get().how == "cancelled"
    assert_consistent()


def test_who_comes_second_is_told_who_was_first():
    stuck(make_folder())
    incident = Incident.objects.get()
    lifecycle.repair(incident, how="retry", by=ANNA)

    with pytest.raises(ConflictError, match="Anna"):
        lifecycle.repair(incident, how="retry", by=ANNA)


def test_throwing_needs_a_code():
    stuck(make_folder())

    with pytest.raises(InvalidError) as caught:
        lifecycle.repair(Incident.objects.get(), how="throw", by=ANNA)

    assert caught.value.fields[0].path == "code"
    assert Incident.objects.get().is_open


def test_work_that_its_queue_refuses_waits_for_repair_and_is_handed_in_again():
    folder = make_folder()
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    WorkQueue.objects.create(folder=folder, key="post", title="Post", payload_schema=schema)
    workflow = deployed(process("p").start().service("post").end(), folder)

    instance = started(workflow, n="seven")

    incident = Incident.objects.get()
    assert (incident.code, incident.phase) == ("item_refused", "enter")
    assert_consistent()
    decided(instance, "edit_and_retry", payload={"n": 7})
    assert work(folder, "post") == 1
    assert reloaded(instance).status == "completed"
    assert_consistent()


def test_an_expression_that_fails_is_an_incident_at_its_element():
    model = (
        process("p").start().exclusive("which")
        .when("amount > 10").service("a").end("a_end")
        .at("which").when("amount <= 10").service("b").end("b_end")
    )  # fmt: skip
    instance = started(deployed(model), amount="much")

    assert Incident.objects.get().node == "which"
    decided(instance, "edit_and_retry", payload={"amount": 5})

    assert stands_at(instance) == ["b"]
    assert_consistent()


def test_a_fault_of_ours_keeps_what_was_to_happen_and_holds_up_nobody(monkeypatch):
    """Fails the engine for one instance of a batch."""
    from apps.workflows.lifecycle import walks

    folder = make_folder()
    workflow = deployed(process("p").start().service("a").service("b").end(), folder)
    bad, good = started(workflow, bad=True), started(workflow, bad=False)
    real = walks.advance

    def advance(graph, state, event, world):
        if any(scope.variables.get("bad") for scope in state.scopes.values()):
            raise ZeroDivisionError("boom")
        return real(graph, state, event, world)

    with monkeypatch.context() as patch:
        patch.setattr(walks, "advance", advance)
        work(folder, "a")

    assert stands_at(good) == ["b"]
    assert stands_at(bad) == ["a"]
    incident = Incident.objects.get()
    assert (incident.instance_id, incident.code) == (bad.pk, "internal")
    assert PendingEvent.objects.count() == 1
    decided(bad, "retry")
    deliver()
    assert stands_at(bad) == ["b"]
    assert_consistent()
