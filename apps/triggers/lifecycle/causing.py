"""Which firing brought something about: chains of triggers are as long as these say."""

from typing import Final

from apps.queues.models import Owned
from apps.triggers.models import Firing
from apps.workflows.models import WorkflowInstance

Subject = Firing.Subject

# A trigger that is set off by what a trigger started, and so on: longer chains are loops
MAX_DEPTH: Final = 8
# An item may be any of those that one firing added; others may have added some in between
NEAR: Final = 5


def cause_of(subject: str, pk: int) -> Firing | None:
    """Return the firing that brought about an instance, a run, an item or a task.

    None: a person did, or a program, or it can't be told.
    """
    if subject == "item":
        return _of_item(pk)
    if subject == Subject.INSTANCE:
        pk = _top_of(pk)
    return Firing.objects.filter(subject_type=subject, subject_id=pk).order_by("-id").first()


def deepest(causes: list[Firing | None]) -> Firing | None:
    """Return the one at the end of the longest chain."""
    found = [cause for cause in causes if cause is not None]
    return max(found, key=lambda each: each.depth, default=None)


def _of_item(pk: int) -> Firing | None:
    owner = Owned.objects.filter(item_id=pk).values_list("owner_id", flat=True).first()
    if owner is not None:
        return cause_of(Subject.INSTANCE, owner)
    before = Firing.objects.filter(subject_type=Subject.ITEMS, subject_id__lte=pk)
    near = before.order_by("-subject_id")[:NEAR]
    return next((each for each in near if pk in each.subject_ids), None)


def _top_of(pk: int) -> int:
    """Return the instance that called the one that called … this one."""
    rows = WorkflowInstance.objects.filter(pk=pk)
    root: int | None = rows.values_list("root_id", flat=True).first()
    return root or pk
