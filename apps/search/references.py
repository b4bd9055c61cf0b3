"""Business references: what carries one, and where its timeline is."""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import Exact
from django.urls import reverse

from apps.inbox.models import UserTask
from apps.queues.models import Attempt, Lease

from .statements import INSTANCES_BY_KEY, ITEMS_BY_REFERENCE

# a text in a range of its own: no text lies between it and it with the smallest character added
NEXT = "\x01"


def items_between(
    ranges: Sequence[tuple[str, str]], folders: Collection[int], limit: int
) -> list[int]:
    """Return items whose reference lies in one of these ranges, the first of each range first."""
    return _between(ITEMS_BY_REFERENCE, ranges, folders, limit)


def instances_between(
    ranges: Sequence[tuple[str, str]], folders: Collection[int], limit: int
) -> list[int]:
    return _between(INSTANCES_BY_KEY, ranges, folders, limit)


def exactly(references: Collection[str]) -> list[tuple[str, str]]:
    """Return ranges that hold these references alone."""
    return [(each, each + NEXT) for each in references if each]


def approvals_called(
    references: Collection[str], folders: Collection[int], limit: int
) -> list[int]:
    """Return the approvals that programs asked for by one of these names (user_task_reference)."""
    said = KeyTextTransform("reference", "facts")
    named = Q(*(Exact(said, each) for each in references), _connector=Q.OR)
    # kind and folder as the index has them; not ordered, so that it is the index that is read
    rows = UserTask.objects.filter(named, kind=UserTask.Kind.APPROVAL, folder_id__in=folders)
    found = rows.order_by().values_list("pk", flat=True)[: limit * 10]
    return sorted(found, reverse=True)[:limit] if references and folders else []


def runs_of_items(items: Collection[int], limit: int) -> list[int]:
    """Return the runs that had these items in hand, the newest first; by the items' numbers."""
    tried = Attempt.objects.filter(item_id__in=items, run_id__isnull=False)
    held = Lease.objects.filter(item_id__in=items, run_id__isnull=False)
    found = {
        *tried.values_list("run_id", flat=True)[: limit * 10],
        *held.values_list("run_id", flat=True),
    }
    return sorted((pk for pk in found if pk is not None), reverse=True)[:limit]


def tasks_about(items: Collection[int], instances: Collection[int], limit: int) -> list[int]:
    """Return the tasks of these, the newest first; each by its own index, never by an OR."""
    # not ordered: the planner would walk all tasks by number, looking for these
    of_items = UserTask.objects.filter(item_id__in=items).order_by()
    of_instances = UserTask.objects.filter(instance_id__in=instances).order_by()
    found = {
        *(of_items.values_list("pk", flat=True)[: limit * 10] if items else ()),
        *(of_instances.values_list("pk", flat=True)[: limit * 10] if instances else ()),
    }
    return sorted(found, reverse=True)[:limit]


def timeline_url(reference: str) -> str:
    """Return the page of a reference, whatever characters it is made of."""
    if reference.strip("./ ") != reference or "//" in reference or "/." in reference:
        # browsers make something else of such a path
        return f"{reverse('search:timeline')}?{urlencode({'reference': reference})}"
    return f"{reverse('search:timeline')}{quote(reference, safe='')}/"


def _between(
    statement: str, ranges: Sequence[tuple[str, str]], folders: Collection[int], limit: int
) -> list[int]:
    if not ranges or not folders:
        return []
    lows, highs = zip(*ranges, strict=True)
    values: dict[str, Any] = {
        "lows": list(lows),
        "highs": list(highs),
        "exact": list(lows),
        "folders": list(folders),
        "n": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [pk for (pk,) in cursor.fetchall()]
