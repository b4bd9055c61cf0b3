"""Files of tasks for programs: attach, list, get."""

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Router
from ninja.files import UploadedFile
from pydantic import BaseModel

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.lib.http import answer
from apps.queues.api.files import as_stream
from apps.queues.files import as_attachment

from .attachments import attach_to_task, find_file, reference_to
from .models import TaskFile, UserTask

router = Router(tags=["Inbox"])

OF_FILE = ("id", "name", "content_type", "size", "sha256", "added_at", "added_by")


class TaskFileOut(BaseModel):
    id: int
    name: str
    content_type: str
    size: int
    sha256: str
    added_at: str
    added_by: str
    url: str


class TaskFiles(BaseModel):
    items: list[TaskFileOut]


@router.post("/{int:task_id}/files", response={201: TaskFileOut}, summary="Attach a file")
def attach_file(request: TokenRequest, task_id: int, file: File[UploadedFile]) -> HttpResponse:
    """As multipart/form-data, in the field `file`; 25 MB by default, up to 100 files a task."""
    task = _find(request, task_id, Action.DECIDE)
    return answer(file_out(attach_to_task(task, file, by=request.actor)), status=201)


@router.get("/{int:task_id}/files", response=TaskFiles, summary="List what is attached")
def list_files(request: TokenRequest, task_id: int) -> dict[str, Any]:
    return {"items": [file_out(kept) for kept in _find(request, task_id).files.order_by("pk")]}


@router.get("/{int:task_id}/files/{int:file_id}", response={200: bytes}, summary="Get a file")
def get_file(request: TokenRequest, task_id: int, file_id: int) -> HttpResponseBase:
    """Always as an attachment of a harmless type."""
    kept = find_file(_find(request, task_id), min(file_id, 2**63 - 1))
    response = as_attachment(kept)
    return as_stream(kept, response) if isinstance(request, ASGIRequest) else response


def file_out(kept: TaskFile) -> dict[str, Any]:
    said = {name: getattr(kept, name) for name in OF_FILE}
    said["added_at"] = kept.added_at.isoformat()
    return said | {"url": reference_to(kept)}


def _find(request: TokenRequest, task_id: int, action: Action = Action.VIEW) -> UserTask:
    visible = UserTask.objects.visible_to(request.rights).filter(folder=request.folder)
    task: UserTask | None = visible.filter(pk=task_id).first() if task_id < 2**63 else None
    if task is None:
        raise NotFoundError(f"There is no user task {task_id} in this folder.")
    require(request.rights, action, task.folder_id)
    return task
