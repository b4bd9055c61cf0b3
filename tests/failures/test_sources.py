"""Runs and steps of workflows fail, too; versions stay apart; pages show each source."""

import pytest

from apps.bots.lifecycle import lose_runs_of_slot
from apps.bots.models import AutomationVersion, Run
from apps.events.models import Outbox
from apps.failures.models import Failure, FailureGroup
from apps.lib.clock import database_now
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.workflows.models import Incident
from tests.bots.rows import make_automation, make_bot, make_run
from tests.factories_queues import make_items, make_queue
from tests.workflows.lifecycle.test_calling import process
from tests.workflows.lifecycle.walking import deployed, started

from .failing import DOWN, group, the_group

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def test_runs_that_break_are_a_group_of_their_automation(folder, supervisor_client):
    automation, bot = make_automation(folder), make_bot(folder)
    runs = [make_run(automation, bot, ends="faulted") for _run in range(2)]
    make_run(automation, bot, ends="successful")
    group()

    found = the_group()
    assert (found.kind, found.automation, found.count) == ("run_faulted", automation, 2)
    assert found.message == "The ERP closed the door."
    assert found.version == str(automation.current_version.number)
    assert list(found.bots.values_list("bot", "n")) == [(bot.name, 2)]
    page = text_of(supervisor_client.get(f"/failures/{found.pk}/"))
    assert f'href="/runs/{runs[0].pk}/"' in page
    assert "failures/retry" not in page
    assert supervisor_client.post(f"/failures/{found.pk}/retry/", follow=True).status_code == 200


def test_runs_that_are_lost_are_another_group(folder):
    automation, bot = make_automation(folder), make_bot(folder)
    make_run(automation, bot)
    assert lose_runs_of_slot(bot.pk, 1)
    group()
    assert (the_group().kind, the_group().count) == ("run_lost", 1)


def test_what_an_exception_says_of_a_run_is_taken_apart(folder):
    automation, bot = make_automation(folder), make_bot(folder)
    run = make_run(automation, bot, ends="faulted")
    Run.objects.filter(pk=run.pk).update(exit_reason="ValueError: no total in 12\n\nTraceback …")
    group()
    assert (the_group().error_class, the_group().pattern) == ("ValueError", "no total in …")


def test_steps_that_need_repair_are_a_group_of_their_workflow(folder, supervisor_client):
    workflow = deployed(process("parent").start().call("go", "child").end(), folder)
    instances = [started(workflow) for _instance in range(2)]
    group()
    group()

    found = the_group()
    assert (found.kind, found.workflow, found.step) == ("incident", workflow, "go")
    assert (found.count, found.version) == (2, "1")
    page = text_of(supervisor_client.get(f"/failures/{found.pk}/"))
    assert f'href="/instances/{instances[0].pk}/"' in page
    assert "Needs repair" in page


def test_an_incident_that_is_told_twice_counts_once(folder):
    started(deployed(process("parent").start().call("go", "child").end(), folder))
    news = list(Outbox.objects.filter(kind="incident.opened"))
    group()
    Outbox.objects.bulk_create(news)
    group()
    assert Incident.objects.count() == Failure.objects.count() == the_group().count == 1


def versioned(queue, run, n=1):
    """Failures of a run, hence of its version."""
    make_items(queue, n)
    for leased in lease_items(queue.pk, n=n, bot="Robbie", run_id=run.pk):
        finish_items([Result(leased.id, leased.token, **DOWN)])
    group()


@pytest.fixture
def versions(folder):
    """Runs of two versions of an automation."""
    automation, bot = make_automation(folder), make_bot(folder)
    first = make_run(automation, bot, ends="successful")
    other = AutomationVersion.objects.create(
        automation=automation, number=14, function="test.patient", fingerprint="x"
    )
    second = make_run(automation, bot, ends="successful")
    Run.objects.filter(pk=second.pk).update(version=other)
    return first, second


def test_the_same_failure_in_two_versions_is_two_groups_that_know_each_other(
    folder, versions, supervisor, supervisor_client
):
    queue = make_queue(folder=folder, max_attempts=1)
    versioned(queue, versions[0], 2)
    FailureGroup.objects.update(
        owner=supervisor, status="assigned", runbook_url="https://wiki.example.com"
    )
    versioned(queue, versions[1])

    old, new = FailureGroup.objects.order_by("pk")
    assert (old.cause, old.count, new.count) == (new.cause, 2, 1)
    assert (new.version, new.owner, new.status) == ("14", supervisor, "assigned")
    assert new.runbook_url == "https://wiki.example.com"
    page = text_of(supervisor_client.get(f"/failures/{new.pk}/"))
    assert "The same elsewhere" in page
    assert f'href="/failures/{old.pk}/"' in page


def test_what_was_resolved_is_back_again_in_a_new_version(folder, versions):
    queue = make_queue(folder=folder, max_attempts=1)
    versioned(queue, versions[0])
    FailureGroup.objects.update(status="resolved", resolved_at=database_now())
    versioned(queue, versions[1])
    assert list(FailureGroup.objects.order_by("pk").values_list("status", flat=True)) == [
        "resolved",
        "back",
    ]
