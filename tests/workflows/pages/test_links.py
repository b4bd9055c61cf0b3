"""Instances as the inbox and the queues name them."""

import pytest
from django.urls import reverse

from apps.inbox.models import UserTask
from apps.queues.lifecycle import skip_item
from apps.queues.models import Owned, WorkItem
from tests.factories_queues import ANNA
from tests.workflows.patterns import deploy_pattern, start_approval

pytestmark = pytest.mark.django_db


def test_a_task_leads_to_the_instance_that_waits_for_it(supervisor_client, supervisor, folder):
    instance = start_approval(folder, supervisor)
    task = UserTask.objects.open().get(instance_id=instance.pk)

    page = supervisor_client.get(reverse("inbox:task", args=[task.pk])).text

    address = reverse("instances:instance_detail", args=[instance.pk])
    assert f'<a href="{address}">{instance.workflow.title} R-1</a>' in page
    assert supervisor_client.get(address).status_code == 200


def test_an_item_leads_to_the_instance_that_it_belongs_to(supervisor_client, supervisor, folder):
    deploy_pattern(folder, supervisor)
    instance = start_approval(folder, supervisor, amount=5)  # below the limit: for a bot at once
    item = WorkItem.objects.get(pk=Owned.objects.get(owner_id=instance.pk).item_id)

    page = supervisor_client.get(reverse("items:item_detail", args=[item.pk])).text
    skip_item(item.pk, by=ANNA, reason="x")
    refused = supervisor_client.post(
        reverse("items:item_verb", args=[item.pk, "reopen"]), {"reason": "again"}
    )

    address = reverse("instances:instance_detail", args=[instance.pk])
    assert f'Belongs to <a href="{address}">{instance.workflow.title} R-1</a>' in page
    assert refused.status_code == 409
    assert f"“{instance.workflow.title} R-1”" in refused.text
