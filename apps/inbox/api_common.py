"""What the inbox's calls share: their router, and finding tasks."""

from django.db.models import QuerySet
from ninja import Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError

from .models import UserTask

# one for all: an address with several methods must be of one router
router = Router(tags=["Inbox"])

RELATED = ("queue", "item", "assignee", "decided_by", "team")


def visible_tasks(request: TokenRequest) -> QuerySet[UserTask]:
    require(request.rights, Action.VIEW, request.folder.pk)
    found: QuerySet[UserTask] = UserTask.objects.filter(folder_id=request.folder.pk)
    return found.select_related(*RELATED)


def find_task(request: TokenRequest, task_id: int, action: Action = Action.VIEW) -> UserTask:
    task = visible_tasks(request).filter(pk=task_id).first() if task_id < 2**63 else None
    if task is None:
        raise NotFoundError(f"There is no user task {task_id} in this folder.")
    require(request.rights, action, task.folder_id)
    return task
