"""Files that came in go to the item that a trigger added for them."""

from django.core.files import File

from apps.lib.errors import DomainError
from apps.queues.files import attach
from apps.queues.models import WorkItem
from apps.triggers.lifecycle.starting import actor_of
from apps.triggers.models import Firing

from .refusals import RefusedError


def attach_to_items(firing: Firing, files: "list[tuple[File, str]]") -> None:  # type: ignore[type-arg]
    """Attach the files (each with its type) to the first item that was added, if any was.

    Raises RefusedError, which takes the start back: an item without its file is no use.
    """
    if firing.subject_type != Firing.Subject.ITEMS or not firing.subject_ids:
        return
    item = WorkItem.objects.select_related("queue").get(pk=firing.subject_ids[0])
    for file, content_type in files:
        if not file.size:
            continue  # an empty file is a sign, not a document
        try:
            attach(item, file, by=actor_of(firing.trigger), content_type=content_type)
        except DomainError as error:
            raise RefusedError(error.code, error.message, status=error.status) from None
