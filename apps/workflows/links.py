"""From a token to the work item or the task that it waits for."""

from collections import Counter
from typing import Any

from django.db.models import QuerySet

from apps.inbox.models import UserTask
from apps.queues.models import Owned, Parked


def items_of(instance_id: int, tokens: list[int]) -> dict[int, int]:
    """Return the work item of each of these tokens; those of a fan-out have no single one."""
    owned = Owned.objects.filter(owner_id=instance_id, token__in=tokens, index__isnull=True)
    return dict(owned.values_list("token", "item_id"))


def asked_of(instance_id: int) -> Counter[int]:
    """Return how many work items of each token a person must decide about."""
    return Counter(token for token, _item in _parked(instance_id))


def asked_among(instance_ids: list[int]) -> set[int]:
    """Return those of these instances of which a person must decide about some work item."""
    owned = Owned.objects.filter(owner_id__in=instance_ids, item_id__in=_needing_decision())
    return set(owned.values_list("owner_id", flat=True))


def asked_tokens() -> QuerySet[Owned, Owned]:
    """Return what belongs to work items that a person must decide about, to look tokens up in."""
    return Owned.objects.filter(item_id__in=_needing_decision())


def with_open_tasks() -> QuerySet[UserTask, Any]:
    """Return the numbers of all instances that ask a person, repairs apart."""
    tasks = UserTask.objects.filter(status=UserTask.Status.OPEN, instance_id__isnull=False)
    aside = (UserTask.Kind.INCIDENT, *UserTask.BESIDE_THE_WORK)
    return tasks.exclude(kind__in=aside).values("instance_id")


def tasks_of(instance_id: int) -> list[tuple[int, int]]:
    """Return token and open task of an instance: its own tasks, and those about its items."""
    tasks = UserTask.objects.filter(
        instance_id=instance_id, token__isnull=False, status=UserTask.Status.OPEN
    ).exclude(kind__in=UserTask.BESIDE_THE_WORK)
    return sorted(tasks.values_list("token", "pk"))


def _needing_decision() -> QuerySet[Parked, Any]:
    return Parked.objects.filter(status=Parked.Status.NEEDS_DECISION).values("item_id")


def _parked(instance_id: int) -> list[tuple[int, int]]:
    """Return token and item where a decision is needed."""
    owned = Owned.objects.filter(owner_id=instance_id)
    parked = Parked.objects.filter(
        status=Parked.Status.NEEDS_DECISION, item_id__in=owned.values("item_id")
    )
    items = list(parked.values_list("item_id", flat=True))
    return list(owned.filter(item_id__in=items).values_list("token", "item_id"))
