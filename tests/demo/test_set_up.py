"""Loading the demo: all that it needs, once, and nothing of what people changed is undone."""

import pytest

from apps.accounts.models import Membership, User
from apps.bots.models import Automation, BotPool
from apps.calendars.models import Calendar
from apps.demo.models import DemoSetting, Vendor
from apps.demo.set_up import PEOPLE, set_up_demo
from apps.lib.actors import SYSTEM
from apps.limits.lifecycle import remove_limit, save_application
from apps.limits.models import Application, Freeze, Limit
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow, WorkflowVersion

MODELS = (
    WorkQueue, Vendor, User, Automation, WorkflowVersion, Trigger, Application, Limit, Freeze,
    BotPool, Calendar,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def test_it_makes_books_queues_drawn_workflows_and_people(folder):
    queue = set_up_demo(folder)

    assert (queue.key, queue.automation.function) == ("invoices", "invoices.check")
    # the one that single runs work
    assert WorkQueue.objects.get(automation=None).key == "vendor-checks"
    drawn = {each.key: each.versions.get().warnings for each in Workflow.objects.all()}
    assert drawn == {
        "invoice-to-ledger": [],
        "month-end-statements": [],
        "claim-to-settlement": [],
    }
    assert Vendor.objects.filter(folder=folder).count() == 24
    assert DemoSetting.objects.get().trickle_on
    roles = dict(Membership.objects.filter(folder=folder).values_list("user__username", "role"))
    assert roles == {username: role for username, _name, role in PEOPLE}


def test_a_second_time_changes_nothing(folder):
    set_up_demo(folder)
    counted = [model.objects.count() for model in MODELS]

    set_up_demo(folder)

    assert [model.objects.count() for model in MODELS] == counted


def test_what_people_changed_stays(folder):
    queue = set_up_demo(folder)
    WorkQueue.objects.filter(pk=queue.pk).update(title="Bills", max_runs=7)
    DemoSetting.objects.update(trickle_on=False)
    User.objects.filter(username="bea").update(is_active=False)

    set_up_demo(folder)

    queue.refresh_from_db()
    assert (queue.title, queue.max_runs) == ("Bills", 7)
    assert not DemoSetting.objects.get().trickle_on
    assert not User.objects.get(username="bea").is_active


def test_queues_name_the_applications_that_they_are_worked_in(folder):
    set_up_demo(folder)

    used = {each.key: {queue.key for queue in each.queues.all()} for each in Application.objects.all()}  # fmt: skip  # noqa: E501
    assert used == {
        "ledger": {"invoice-posting", "claims-settling"},
        "supplier-portal": {"vendor-checks"},
    }
    assert {each.application.key for each in Limit.objects.all()} == set(used)
    night = Freeze.objects.get()
    assert (night.repeats, [each.key for each in night.applications.all()]) == (
        "daily",
        ["supplier-portal"],
    )


def test_an_application_that_people_changed_keeps_what_they_said(folder):
    queue = set_up_demo(folder)
    ledger = Application.objects.get(key="ledger")
    save_application(ledger, {"title": "SAP", "breaker_on": False}, by=SYSTEM)
    ledger.queues.set([queue])
    remove_limit(ledger.limits.get(), by=SYSTEM)

    set_up_demo(folder)

    ledger.refresh_from_db()
    assert (ledger.title, ledger.breaker_on) == ("SAP", False)
    assert list(ledger.queues.all()) == [queue]
    assert not ledger.limits.exists()


def test_somebody_who_was_there_before_gets_no_rights(folder):
    ada = User.objects.create_user("ada", "ada@example.com", "a long enough password")

    set_up_demo(folder)

    assert not Membership.objects.filter(user=ada).exists()
    ada.refresh_from_db()
    assert ada.has_usable_password()


def test_the_people_of_the_demo_have_no_password(folder):
    set_up_demo(folder)

    assert not any(user.has_usable_password() for user in User.objects.all())


def test_the_drawn_workflow_asks_for_what_the_queue_knows(folder):
    queue = set_up_demo(folder)
    schema = Workflow.objects.get(key="invoice-to-ledger").versions.get().input_schema

    assert schema["properties"] == queue.payload_schema["properties"]
