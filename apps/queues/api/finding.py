"""Queues and items as a caller may see them: those of the folder it acts in, nothing else."""

import re

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.queues.models import WorkItem, WorkQueue

_KEY = re.compile(r"[-a-zA-Z0-9_]{1,100}", re.ASCII)


def may_operate(request: TokenRequest) -> None:
    """Raise NotAllowedError unless the caller may add, lease, finish and change items."""
    require(request.user, Action.OPERATE, request.folder.pk)


def unknown_queue(key: str) -> NotFoundError:
    shown = "".join(each if each.isprintable() else "�" for each in key[:100])
    return NotFoundError(_("There is no queue “%(key)s” in this folder.") % {"key": shown})


def is_key(text: str) -> bool:
    """Say whether `text` can be the key of a queue; what can't be is not even looked for."""
    return _KEY.fullmatch(text) is not None


def find_queue(request: TokenRequest, key: str) -> WorkQueue:
    if not is_key(key):
        raise unknown_queue(key)
    related = WorkQueue.objects.select_related("automation", "gate")
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
