"""What instances are called, and where their pages are, for apps that know them by number."""

from collections.abc import Iterable

from django.urls import reverse

from apps.queues.owners import OwnerLink

from .models import WorkflowInstance


def links_of_instances(instance_ids: Iterable[int]) -> dict[int, OwnerLink]:
    """Return the links of those that exist: the workflow's title, and the instance's key."""
    found = WorkflowInstance.objects.filter(pk__in=set(instance_ids)).select_related("workflow")
    return {
        instance.pk: OwnerLink(
            f"{instance.workflow.title} {instance}",
            reverse("instances:instance_detail", args=[instance.pk]),
        )
        for instance in found
    }
