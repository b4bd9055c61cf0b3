"""Which items, instances, tasks and runs belong to a business reference, by way of what.

First those that bear it; then what came of these: instances that an instance called, items that
its steps made, what was made in the course of them; then the tasks about all of them and the runs
that had the items in hand. Each step asks one index for the numbers that the step before found.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from apps.bots.models import Run
from apps.events.models import Cause
from apps.inbox.models import UserTask
from apps.queues.models import Owned, WorkItem
from apps.search.asking import INSTANCE, ITEM, NUMBERED, RUN, TASK
from apps.search.hits import rows_of
from apps.search.references import (
    approvals_called,
    exactly,
    instances_between,
    items_between,
    runs_of_items,
    tasks_about,
)
from apps.workflows.models import WorkflowInstance

# of each kind so many are told of: a reference that thousands share is no name of one thing
MOST_NAMED: Final = 50
MOST: Final = 300
MOST_RUNS: Final = 50
MOST_STEPS_DOWN: Final = 5


@dataclass(slots=True)
class Subjects:
    """`named`: those that bear the reference, or the one that was asked for; `is_cut`: there are
    more than are told of."""

    reference: str
    folders: frozenset[int]
    items: dict[int, WorkItem] = field(default_factory=dict)
    instances: dict[int, WorkflowInstance] = field(default_factory=dict)
    tasks: dict[int, UserTask] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    named: list[tuple[str, int]] = field(default_factory=list)
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.items or self.instances or self.tasks or self.runs)

    def of(self, kind: str) -> dict[int, Any]:
        found: dict[str, dict[int, Any]] = {
            ITEM: self.items, INSTANCE: self.instances, TASK: self.tasks, RUN: self.runs,
        }  # fmt: skip
        return found[kind]

    def all(self) -> Iterable[tuple[str, Any]]:
        for kind in NUMBERED:
            for row in self.of(kind).values():
                yield kind, row


def of_reference(reference: str, folders: frozenset[int]) -> Subjects:
    """Return what belongs to the reference and lies in `folders`; nothing if nothing bears it."""
    ranges = exactly([reference])
    found = _Found(folders)
    found.add(ITEM, items_between(ranges, folders, MOST_NAMED + 1), at_most=MOST_NAMED)
    found.add(INSTANCE, instances_between(ranges, folders, MOST_NAMED + 1), at_most=MOST_NAMED)
    approvals = approvals_called([reference], folders, MOST_NAMED + 1) if reference else []
    found.add(TASK, approvals, at_most=MOST_NAMED)
    return found.complete(reference)


def of_object(kind: str, pk: int, folders: frozenset[int]) -> Subjects:
    """Return what belongs to one thing, which need not have a reference."""
    found = _Found(folders)
    found.add(kind, [pk], at_most=1)
    return found.complete("")


class _Found:
    """The steps from what bears a name to all that belongs to it."""

    def __init__(self, folders: frozenset[int]) -> None:
        self.folders = folders
        self.rows: dict[str, dict[int, Any]] = {kind: {} for kind in NUMBERED}
        self.is_cut = False

    def add(self, kind: str, pks: Collection[int], *, at_most: int = MOST) -> list[int]:
        """Read what is new of these and may be seen; return the numbers of those."""
        known = self.rows[kind]
        new = [pk for pk in dict.fromkeys(pks) if pk not in known]
        room = min(at_most, MOST - len(known))
        self.is_cut = self.is_cut or len(new) > room
        found = rows_of(kind, new[: max(0, room)], self.folders)
        known.update({row.pk: row for row in found})
        return [row.pk for row in found]

    def complete(self, reference: str) -> Subjects:
        named = [(kind, pk) for kind in NUMBERED for pk in self.rows[kind]]
        new = {kind: list(self.rows[kind]) for kind in NUMBERED}
        for _step in range(MOST_STEPS_DOWN):
            new = self._came_of(new)
            if not any(new.values()):
                break
        items, instances = list(self.rows[ITEM]), list(self.rows[INSTANCE])
        self.add(TASK, tasks_about(items, instances, MOST + 1))
        if items:
            self.add(RUN, runs_of_items(items, MOST_RUNS + 1), at_most=MOST_RUNS)
        return Subjects(
            reference=reference,
            folders=self.folders,
            items=self.rows[ITEM],
            instances=self.rows[INSTANCE],
            tasks=self.rows[TASK],
            runs=self.rows[RUN],
            named=named,
            is_cut=self.is_cut,
        )

    def _came_of(self, new: dict[str, list[int]]) -> dict[str, list[int]]:
        """One step down: what these made, called, or were the cause of."""
        found: dict[str, list[int]] = {kind: [] for kind in NUMBERED}
        if callers := new[INSTANCE]:
            # instance_parent, owned_token
            called = WorkflowInstance.objects.filter(parent_id__in=callers).order_by()
            found[INSTANCE] += called.values_list("pk", flat=True)[: MOST + 1]
            owned = Owned.objects.filter(owner_id__in=callers).order_by()
            found[ITEM] += owned.values_list("item_id", flat=True)[: MOST + 1]
        for kind in NUMBERED:
            if new[kind]:
                # cause_of
                made = Cause.objects.filter(cause_type=kind, cause_id__in=new[kind]).order_by()
                for made_kind, pk in made.values_list("subject_type", "subject_id")[: MOST + 1]:
                    if made_kind in found:
                        found[made_kind].append(pk)
        return {kind: self.add(kind, pks) for kind, pks in found.items()}
