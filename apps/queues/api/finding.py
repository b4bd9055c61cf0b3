"""Queues and items as a caller may see them: those of the folder it acts in, nothing else."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.queues.models import WorkItem, WorkQueue


def may_operate(request: TokenRequest) -> None:
    """Raise NotAllowedError unless the caller may add, lease, finish and change items."""
    require(request.user, Action.OPERATE, request.folder.pk)


def unknown_queue(key: str) -> NotFoundError:
    return NotFoundError(_("There is no queue “%(key)s” in this folder.") % {"key": key[:100]})


def find_queue(request: TokenRequest, key: str) -> WorkQueue:
    related = WorkQueue.objects.select_related("automation")
    queue: WorkQueue | None = related.filter(folder=request.folder, key=key).first()
    if queue is None:
        raise unknown_queue(key)
    return queue


def items_of(request: TokenRequest) -> QuerySet[WorkItem, WorkItem]:
    found: QuerySet[WorkItem, WorkItem] = WorkItem.objects.filter(queue__folder=request.folder)
    return found


def find_item(request: TokenRequest, item_id: int) -> WorkItem:
    """Return the item with its status and its queue."""
    found = WorkItem.objects.filter(queue__folder=request.folder, pk=item_id)
    item: WorkItem | None = found.with_status().select_related("queue").first()
    if item is None:
        raise NotFoundError(_("There is no item %(id)d, or not for you.") % {"id": item_id})
    return item
