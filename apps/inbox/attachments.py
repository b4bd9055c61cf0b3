"""Files that people attach to a task: kept by the storage, and only ever handed out as data."""

from typing import Final

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from apps.lib.json import JsonObject
from apps.queues.files import clean_name, digest

from .lifecycle.locks import lock_task
from .lifecycle.recording import record_event
from .models import TaskFile, UserTask

MAX_FILES: Final = 100
MAX_BYTES_OF_TASK: Final = 500 * 1024 * 1024
MEGABYTE: Final = 1024 * 1024


def attach_to_task(
    task: UserTask,
    upload: File,  # type: ignore[type-arg]
    *,
    by: Actor,
    content_type: str = "",
) -> TaskFile:
    """Keep `upload` with the open task.

    Raises TooLargeError beyond MAX_FILE_BYTES or what one task may hold, InvalidError for an empty
    file, ConflictError once the task is closed.
    """
    _check_size(upload)
    found = digest(upload)
    with transaction.atomic():
        current = lock_task(task.pk)
        if not current.is_open:
            raise ConflictError(_("This task is closed; nothing can be attached to it any more."))
        _check_room(current, upload)
        kept = TaskFile.objects.create(
            task=current,
            name=clean_name(upload.name or ""),
            content_type=(content_type or getattr(upload, "content_type", "") or "")[:100],
            size=upload.size,
            sha256=found,
            file=upload,
            added_by=by.name[:150],
        )
        said: JsonObject = {
            "file": kept.pk, "name": kept.name, "size": kept.size, "sha256": kept.sha256,
        }  # fmt: skip
        record_event("user_task.file_added", current, by, said)
    return kept


def reference_to(kept: TaskFile) -> str:
    """Return how values name a file: where programs get it."""
    return f"/api/v1/user-tasks/{kept.task_id}/files/{kept.pk}"


def find_file(task: UserTask, file_id: int) -> TaskFile:
    """Return the task's file; NotFoundError when it has no such one."""
    kept = TaskFile.objects.filter(task=task, pk=file_id).first()
    if kept is None:
        raise NotFoundError(_("Task %(id)d has no such file.") % {"id": task.pk})
    return kept


def _check_size(upload: File) -> None:  # type: ignore[type-arg]
    if upload.size > settings.MAX_FILE_BYTES:
        limit = settings.MAX_FILE_BYTES // MEGABYTE
        said = {"name": clean_name(upload.name or ""), "limit": limit}
        raise TooLargeError(_("“%(name)s” is too large: a file may have %(limit)s MB.") % said)
    if not upload.size:
        raise InvalidError(_("“%(name)s” is empty.") % {"name": clean_name(upload.name or "")})


def _check_room(task: UserTask, upload: File) -> None:  # type: ignore[type-arg]
    sizes = list(task.files.values_list("size", flat=True))
    if len(sizes) >= MAX_FILES:
        raise TooLargeError(_("A task may have %(n)d files.") % {"n": MAX_FILES})
    if sum(sizes) + upload.size > MAX_BYTES_OF_TASK:
        limit = MAX_BYTES_OF_TASK // MEGABYTE
        raise TooLargeError(_("The files of a task may have %(limit)d MB.") % {"limit": limit})
