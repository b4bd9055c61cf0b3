"""Which firing lies behind what a state or queue trigger saw: the newest thing of that kind."""

from typing import Final

from django.db.models import Subquery

from apps.queues.models import WorkItem, WorkQueue
from apps.triggers.conditions import Judgement, Leaf, OfEnd, OfQueue, OfTrigger
from apps.triggers.models import Firing
from apps.workflows.models import WorkflowInstance

from .causing import cause_of, deepest

Subject = Firing.Subject
ENDED: Final = {
    "successful": (WorkflowInstance.Status.COMPLETED,),
    "failed": (WorkflowInstance.Status.FAILED,),
    "any": (
        WorkflowInstance.Status.COMPLETED,
        WorkflowInstance.Status.FAILED,
        WorkflowInstance.Status.CANCELLED,
    ),
}


def causes_of_state(folder_id: int, judged: Judgement) -> Firing | None:
    """Return the firing at the end of the longest chain behind what holds now."""
    return deepest([_of_leaf(folder_id, part.leaf) for part in judged.parts if part.holds])


def cause_of_backlog(folder_id: int, queue: str) -> Firing | None:
    """Return the firing behind the newest item of a queue."""
    number = WorkQueue.objects.filter(folder_id=folder_id, key=queue).values_list("pk", flat=True)
    # as a span, and in the order of its index: else the planner walks the items of all queues
    # backwards until it meets one of this, see watching.arrivals
    items = WorkItem.objects.filter(queue_id__gte=Subquery(number), queue_id__lte=Subquery(number))
    newest: int | None = items.order_by("queue_id", "-pk").values_list("pk", flat=True).first()
    return cause_of("item", newest) if newest is not None else None


def _of_leaf(folder_id: int, leaf: Leaf) -> Firing | None:
    match leaf:
        case OfTrigger():
            started = Firing.objects.filter(trigger__folder_id=folder_id, trigger__key=leaf.trigger)
            fired = started.filter(outcome=Firing.Outcome.FIRED)
            found: Firing | None = fired.order_by("-planned_at").first()
            return found
        case OfEnd(kind="workflow"):
            return _of_workflow(folder_id, leaf)
        case OfEnd():
            return _of_automation(folder_id, leaf.key)
        case OfQueue():
            return cause_of_backlog(folder_id, leaf.queue)
    return None


def _of_workflow(folder_id: int, leaf: OfEnd) -> Firing | None:
    ended = WorkflowInstance.objects.filter(
        workflow__folder_id=folder_id,
        workflow__key=leaf.key,
        status__in=ENDED[leaf.ended],
        ended_at__isnull=False,
    )
    newest: int | None = ended.order_by("-ended_at").values_list("pk", flat=True).first()
    return cause_of(Subject.INSTANCE, newest) if newest is not None else None


def _of_automation(folder_id: int, key: str) -> Firing | None:
    """Of runs that triggers started, the newest: a run may have ended that a person started."""
    started = Firing.objects.filter(
        trigger__folder_id=folder_id,
        trigger__target__type="run",
        trigger__target__automation=key,
        subject_type=Subject.RUN,
    )
    found: Firing | None = started.order_by("-planned_at").first()
    return found
