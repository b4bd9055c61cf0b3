"""The list of instances, one of them, and what people may do with it."""

import json

import pytest

from apps.events.delivery import deliver_outbox
from apps.events.fragments import audience_of, take_step
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Owned, WorkItem
from apps.workflows.lifecycle import pause_instance
from apps.workflows.marks import marks_of_instance, marks_of_version
from tests.factories import make_person
from tests.workflows.patterns import start_approval

pytestmark = pytest.mark.django_db


def test_the_list_says_where_each_instance_is(folder, designer, supervisor_client) -> None:
    start_approval(folder, designer)
    start_approval(folder, designer, number="R-2", amount=10)

    page = supervisor_client.get("/instances/").content.decode()

    assert "R-1" in page
    assert "Approve the request" in page
    assert "Needs a person" in page
    assert "Carry it out" in page


def test_lists_and_diagrams_tell_when_a_person_is_asked_about_a_bots_work(
    folder, designer, supervisor_client
) -> None:
    asks = start_approval(folder, designer, number="R-1", amount=10)
    start_approval(folder, designer, number="R-2", amount=10)
    ask_a_person(asks)

    page = supervisor_client.get("/instances/?status=person").content.decode()

    table = page.partition("<tbody")[2]
    assert "R-1" in table
    assert "Needs a person" in table
    assert "R-2" not in table
    assert marks_of_version(asks.version)["carry_out"] == [1, 1, 0, 0]


def test_the_timeline_says_decisions_as_their_buttons_do(
    folder, supervisor, supervisor_client
) -> None:
    instance = start_approval(folder, supervisor)
    task = UserTask.objects.get(instance_id=instance.pk, status="open")
    decide(task, Answer(decision="approve", version=task.version), by=supervisor.actor)
    deliver_outbox()

    page = supervisor_client.get(f"/instances/{instance.pk}/").content.decode()

    assert '<p class="visit-note">Approve</p>' in page


def ask_a_person(instance) -> None:
    """Let the bot that works for `instance` find its data wrong."""
    item = WorkItem.objects.get(pk=Owned.objects.get(owner_id=instance.pk).item_id)
    leased = {each.id: each for each in lease_items(item.queue_id, n=5, bot="B7")}[item.pk]
    finish_items([Result(leased.id, leased.token, "business_exception", message="No such order.")])
    deliver_outbox()


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=R-1", "R-1", "R-2"),
        ("status=paused", "R-2", "R-1"),
        ("status=completed", "No instances match", "R-1"),
        ("status=repair", "No instances match", "R-1"),
        ("status=person", "R-1", "R-2"),
        ("status=nonsense&workflow=x&before=y", "R-1", "No instances match"),
    ],
)
def test_the_list_is_filtered(folder, designer, designer_client, query, shown, hidden) -> None:
    start_approval(folder, designer)
    pause_instance(start_approval(folder, designer, number="R-2"), by=designer.actor, reason="So")

    page = designer_client.get(f"/instances/?{query}").content.decode()

    table = page.partition("<tbody")[2] or page
    assert shown in page
    assert hidden not in table


def test_a_long_list_has_pages(folder, designer, designer_client) -> None:
    first = start_approval(folder, designer)
    for number in range(50):
        start_approval(folder, designer, number=f"N-{number}")

    page = designer_client.get("/instances/")

    assert f'"/instances/{first.pk}/"' not in page.content.decode()
    older = page.content.decode().split('rel="next" href="')[1].split('"')[0]
    assert f'"/instances/{first.pk}/"' in designer_client.get(older).content.decode()


def test_an_instance_says_what_it_waits_for_and_what_comes_next(
    folder, designer, designer_client
) -> None:
    instance = start_approval(folder, designer)

    page = designer_client.get(f"/instances/{instance.pk}/").content.decode()

    assert "A person is asked at “Approve the request”." in page
    assert "“after a day” happens by itself" in page
    assert "Decide in the inbox" in page
    assert "Above the limit?" in page  # its visits, and all steps


def test_the_table_and_the_diagram_say_the_same(folder, designer, designer_client) -> None:
    instance = start_approval(folder, designer)

    page = designer_client.get(f"/instances/{instance.pk}/")

    marks = json.loads(page.context["marks"])
    assert marks == marks_of_instance(instance)
    assert marks["approve"] == [0, 1, 0, 0]
    assert marks["start"] == [0, 0, 0, 1]
    assert marks["start_to_above_limit"] == [0, 0, 0, 1]


@pytest.fixture
def audience(folder, supervisor):
    return audience_of(supervisor)


def test_only_what_changed_is_sent(folder, designer, supervisor, audience) -> None:
    instance = start_approval(folder, designer)
    fragment = f"instance.diagram:{instance.pk}"
    first = take_step(fragment, audience, "")

    again = take_step(fragment, audience, first.cursor)
    task = UserTask.objects.get(instance_id=instance.pk)
    decide(task, Answer(decision="approve", version=task.version), by=supervisor.actor)
    deliver_outbox()
    changed = take_step(fragment, audience, first.cursor)

    assert first.data["whole"]
    assert again.data is None
    assert "whole" not in changed.data
    assert changed.data["marks"]["approve"] == [0, 0, 0, 1]
    assert changed.data["marks"]["carry_out"] == [1, 0, 0, 0]
    assert "start" not in changed.data["marks"]


def test_a_page_that_nobody_remembers_gets_everything(folder, designer, audience) -> None:
    instance = start_approval(folder, designer)

    step = take_step(f"instance.diagram:{instance.pk}", audience, "0123456789abcdef")

    assert step.data["whole"]
    assert step.data["marks"] == marks_of_instance(instance)


def test_other_folders_have_no_diagram(folder, designer, client_of) -> None:
    instance = start_approval(folder, designer)
    stranger = make_person()

    assert take_step(f"instance.diagram:{instance.pk}", audience_of(stranger), "") is None
    assert client_of(stranger).get(f"/instances/{instance.pk}/").status_code == 404


def test_pausing_and_resuming_ask_for_a_reason(folder, supervisor, supervisor_client) -> None:
    instance = start_approval(folder, supervisor)

    supervisor_client.post(f"/instances/{instance.pk}/pause/", {"reason": ""})
    instance.refresh_from_db()
    assert instance.status == "running"

    supervisor_client.post(f"/instances/{instance.pk}/pause/", {"reason": "Supplier called"})
    instance.refresh_from_db()
    page = supervisor_client.get(f"/instances/{instance.pk}/").content.decode()
    assert instance.status == "paused"
    assert "Supplier called" in page
    assert "Supervisor paused it" in page

    supervisor_client.post(f"/instances/{instance.pk}/resume/", {"reason": "Settled"})
    instance.refresh_from_db()
    assert instance.status == "running"


def test_cancelling_is_for_good(folder, supervisor, supervisor_client) -> None:
    instance = start_approval(folder, supervisor)

    supervisor_client.post(f"/instances/{instance.pk}/cancel/", {"reason": "Sent twice"})
    again = supervisor_client.post(f"/instances/{instance.pk}/cancel/", {"reason": "Sent twice"})

    page = supervisor_client.get(f"/instances/{instance.pk}/").content.decode()
    assert "It was cancelled." in page
    assert again.status_code == 409


def test_business_users_look_but_do_not_interfere(folder, supervisor, business_client) -> None:
    instance = start_approval(folder, supervisor)

    page = business_client.get(f"/instances/{instance.pk}/").content.decode()

    assert "verb-pause" not in page
    refused = business_client.post(f"/instances/{instance.pk}/pause/", {"reason": "So"})
    assert refused.status_code == 403
