"""Files that came in go to the item that a trigger added for them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files import File

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.queues.files import attach
from apps.queues.models import ItemFile, WorkItem
from apps.triggers.lifecycle.starting import actor_of
from apps.triggers.models import Firing, Trigger

from . import folders, keeping
from .refusals import RefusedError

# Starts that waited and are looked through for files that they still lack
LATEST: Final = 20

Files = Sequence[tuple["File[bytes]", str]]


def attach_to_items(firing: Firing, files: Files) -> None:
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


def attach_again(firing: Firing) -> None:
    """Attach what was kept of what the start was about; what is gone by now is left out."""
    with _kept_of(firing.event) as files:
        attach_to_items(firing, files)


def attach_late(trigger: Trigger) -> None:
    """Give items that a start added later on, because it had to wait, the files they lack."""
    waited = Firing.objects.filter(
        trigger=trigger, outcome=Firing.Outcome.FIRED, reason=Firing.Reason.WAITED
    )
    for firing in waited.order_by("-fired_at")[:LATEST]:
        if lacks_files(firing):
            attach_again(firing)


def lacks_files(firing: Firing) -> bool:
    """Whether it added an item that has none."""
    is_items = firing.subject_type == Firing.Subject.ITEMS and bool(firing.subject_ids)
    return is_items and not ItemFile.objects.filter(item=firing.subject_ids[0]).exists()


@contextmanager
def _kept_of(event: JsonObject) -> Iterator[list[tuple["File[bytes]", str]]]:
    """Give the attachments of a mail, or the file of a watched folder."""
    with ExitStack() as stack:
        yield [
            *((file, kind) for file, kind in _attachments(event, stack)),
            *((file, "") for file in _watched(event, stack)),
        ]


def _attachments(event: JsonObject, stack: ExitStack) -> Iterator[tuple["File[bytes]", str]]:
    listed = event.get("attachments")
    for row in listed if isinstance(listed, list) else []:
        try:
            kept = keeping.kept_file(event, str(row.get("id")) if isinstance(row, dict) else "")
        except DomainError:
            continue
        yield File(stack.enter_context(kept.file), kept.name), kept.content_type


def _watched(event: JsonObject, stack: ExitStack) -> Iterator["File[bytes]"]:
    where, _slash, name = str(event.get("path") or "").rpartition("/")
    if not where or not event.get("sha256"):
        return
    try:
        folder = stack.enter_context(folders.opened_folder(Path(settings.WATCHED_DIR), where))
        found = [each for each in folders.listed(folder, "*") if each.name == name]
        for each in found:
            opened, sha256 = stack.enter_context(folders.opened_file(folder, each))
            if sha256 == event["sha256"]:
                yield File(opened, str(event.get("name")))
    except (OSError, RefusedError):
        return
