"""What a step of the Try it page is, and what it has set off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts.models import Folder, User
from apps.queues.models import Owned
from apps.workflows.models import WorkflowInstance

from .models import TryItStep

Made = tuple[int | None, int | None]


@dataclass(frozen=True)
class Step:
    """One thing to try. `start` sets it off; `is_seen` says whether it has happened."""

    key: str
    title: Any
    text: Any
    watch: Any
    button: Any
    start: Callable[[Folder, User], Made]
    is_seen: Callable[[TryItStep], bool]
    link: Callable[[Folder, TryItStep | None], str]
    link_label: Any


def instances_of(progress: TryItStep) -> QuerySet[WorkflowInstance, WorkflowInstance]:
    """Return the instances that the step started, and nobody else in between."""
    if progress.first_instance_id is None or progress.last_instance_id is None:
        return WorkflowInstance.objects.none()
    ids = (progress.first_instance_id, progress.last_instance_id)
    return WorkflowInstance.objects.filter(pk__range=ids, started_by=progress.user.actor.name)


def items_of_step(progress: TryItStep) -> list[int]:
    """Return the work items of the step's instances."""
    if progress.first_instance_id is None:
        return []
    ids = (progress.first_instance_id, progress.last_instance_id or progress.first_instance_id)
    return list(Owned.objects.filter(owner_id__range=ids).values_list("item_id", flat=True))


def all_are_over(progress: TryItStep) -> bool:
    instances = instances_of(progress)
    return instances.exists() and not instances.filter(ended_at__isnull=True).exists()


def one(instance: WorkflowInstance) -> Made:
    return instance.pk, instance.pk


def instance_link(folder: Folder, progress: TryItStep | None) -> str:
    if progress is None or progress.first_instance_id is None:
        return reverse("instances:instance_list")
    return reverse("instances:instance_detail", args=[progress.first_instance_id])
