"""The page of an item that is the work of a step."""

import pytest
from django.urls import reverse

from apps.queues import owners
from apps.queues.lifecycle import NewItem, Owner, add_owned_items, skip_item
from apps.queues.models import WorkItem
from apps.queues.owners import OwnerLink
from tests.api.conftest import program_of
from tests.factories_queues import ANNA, status_of
from tests.queues.pages import PAYLOAD, queue_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(folder, monkeypatch):
    monkeypatch.setattr(owners, "_builders", [])
    new = NewItem(PAYLOAD, owner=Owner(12, 3))
    (pk,) = add_owned_items([(queue_in(folder), new)], by=ANNA).ids
    return WorkItem.objects.get(pk=pk)


def page_of(item, name="item_detail", *args):
    return reverse(f"items:{name}", args=[item.pk, *args])


def test_it_names_the_instance_that_it_belongs_to(supervisor_client, item):
    plain = supervisor_client.get(page_of(item)).text
    owners.link_owners_by(lambda ids: {pk: OwnerLink("Invoices <1>", "/i/12/") for pk in ids})
    linked = supervisor_client.get(page_of(item)).text

    assert "Belongs to instance 12" in plain
    assert 'Belongs to <a href="/i/12/">Invoices &lt;1&gt;</a>' in linked


def test_a_plain_item_belongs_to_nobody(supervisor_client, folder):
    from tests.queues.pages import waiting

    assert "Belongs to" not in supervisor_client.get(page_of(waiting(queue_in(folder)))).text


def test_what_has_ended_is_reopened_through_its_instance_only(supervisor_client, item):
    offered = supervisor_client.get(page_of(item)).text
    skip_item(item.pk, by=ANNA, reason="x")

    page = supervisor_client.get(page_of(item)).text
    refused = supervisor_client.post(page_of(item, "item_verb", "reopen"), {"reason": "again"})

    assert 'data-target="#verb-skip"' in offered
    assert 'data-target="#verb-' not in page
    assert refused.status_code == 409
    assert "belongs to “instance 12”" in refused.text
    assert status_of(item.pk) == "skipped"


def test_programs_are_told_the_same(supervisor, folder, item):
    program = program_of(supervisor, folder)
    skip_item(item.pk, by=ANNA, reason="x")

    answer = program.post(f"/items/{item.pk}/reopen", {"reason": "again"})

    assert program.get(f"/items/{item.pk}").json()["instance"] == 12
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["instance"]) == ("belongs_to_instance", 12)
