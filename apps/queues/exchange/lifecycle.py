"""Every way an upload moves. Nothing else writes an upload or its rows.

    receive ──► reading ──read, checked──► ready ──a person confirms──► confirmed (an operation)
                  │  ▲                       │ └──other mapping──► reading
                  │  └───────────────────────┘ └──discarded, or nobody came back──► discarded
                  └──can't be read──► refused

Reading is one transaction under the row's lock: the rows are there with their verdicts, or none is.
A reader that is killed leaves an upload that the next one takes.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from django.conf import settings as room
from django.core.files import File
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.after_commit import after_commit
from apps.lib.clock import seconds_from_now
from apps.lib.errors import ConflictError, DomainError, FieldProblem, InvalidError, TooLargeError
from apps.lib.json import JsonObject
from apps.operations import lifecycle as operations
from apps.operations.models import Operation
from apps.queues.files import clean_name, digest
from apps.queues.models import Upload, UploadRow, WorkQueue

from .checking import write_rows
from .columns import check_mapping, match
from .reading import open_table, unpacked_size
from .refusing import FileRefusedError
from .settings import Settings

log = structlog.get_logger("controlroom.uploads")

Status = Upload.Status
Mode = Upload.Mode

# Larger files are read by the worker: nobody waits for them, and pages stay quick
READ_AT_ONCE_BYTES: Final = 256 * 1024
UNPACKED_AT_ONCE_BYTES: Final = 4 * 1024 * 1024
# Such ones are one transaction, so that none of them is there before all of them are
MAX_AS_ONE: Final = 10_000
MAX_TRIES: Final = 3
DAYS_KEPT: Final = 7
DAY_SECONDS: Final = 86_400
MAX_PRUNED: Final = 20
ADD_ROWS: Final = "items.upload"
ADD_WHOLE: Final = "items.upload_whole"
# more than any upload has: the preview is where a person confirms the number
ANY_NUMBER: Final = 10**9


@transaction.atomic
def receive(
    queue: WorkQueue,
    file: "File[bytes]",
    *,
    settings: Settings,
    by: Actor,
    insist: Callable[[Upload], None] = lambda upload: None,
) -> Upload:
    """Keep the file, and read it at once if it is small, else have the worker do so.

    Raises TooLargeError, or InvalidError for an empty file; what else is wrong with the file is
    said by the upload. What `insist` raises leaves nothing behind.
    """
    if file.size > room.MAX_FILE_BYTES:
        limit = room.MAX_FILE_BYTES // (1024 * 1024)
        raise TooLargeError(_("A file may have up to %(limit)s MB.") % {"limit": limit})
    if not file.size:
        message = _("The file is empty. Its first row must name the columns.")
        raise InvalidError(message, fields=[FieldProblem("file", message)])
    upload = Upload(
        queue=queue,
        name=clean_name(file.name or ""),
        size=file.size,
        sha256=digest(file),
        by_id=by.user_id,
        by_name=by.name[:150],
        settings=settings.stored(),
    )
    # the storage makes the name: what was given is only shown
    upload.file.save("upload", file, save=False)
    name, storage = str(upload.file.name), upload.file.storage
    try:
        upload.save(force_insert=True)
        _read_if_small(upload)
        insist(upload)
    except BaseException:
        # the row goes with the transaction, the file would stay
        storage.delete(name)
        raise
    return upload


def remap(upload: Upload, *, mapping: Sequence[str | None] | None, settings: Settings) -> Upload:
    """Read it anew, with other columns or other settings. Raises ConflictError if it is over,
    InvalidError for a mapping that makes no sense."""
    header = upload.found.get("header", [])
    checked = None if mapping is None else check_mapping(upload.queue, header, mapping)
    moved = Upload.objects.filter(pk=upload.pk, status=Status.READY).update(
        status=Status.READING, mapping=checked, settings=settings.stored(), tries=0
    )
    if not moved:
        raise _over(upload)
    upload.refresh_from_db()
    return _read_if_small(upload)


@transaction.atomic
def confirm(upload: Upload, *, mode: str, by: Actor) -> Operation:
    """Have its rows added by an operation. Raises ConflictError if it is over, InvalidError where
    the rows do not allow that mode."""
    locked = _locked(upload)
    if locked.status != Status.READY:
        raise _over(locked)
    problem = why_not(locked, mode)
    if problem:
        raise InvalidError(problem, fields=[FieldProblem("mode", problem)])
    kind = ADD_WHOLE if mode == Mode.ALL else ADD_ROWS
    queue = locked.queue
    wanted: JsonObject = {"upload": locked.pk}
    operation = operations.start(kind, queue.folder, wanted, {}, by, ANY_NUMBER)
    locked.status, locked.ended_at, locked.operation = Status.CONFIRMED, Now(), operation
    locked.save(update_fields=["status", "ended_at", "operation"])
    publish(
        "queue.upload_confirmed",
        subject=("queue", queue.pk),
        folder_id=queue.folder_id,
        by=by,
        data={
            "name": locked.name,
            "sha256": locked.sha256,
            "upload": locked.pk,
            "rows": locked.n_good,
            "operation": operation.pk,
        },
        topics=[f"upload:{locked.pk}"],
    )
    return operation


def why_not(upload: Upload, mode: str) -> str:
    """Return why the rows can't be added in that mode; "" if they can."""
    if mode not in Mode.values:
        return _("must be one of %(known)s") % {"known": ", ".join(Mode.values)}
    if not upload.n_good:
        return _("None of the rows can be added.")
    if mode == Mode.ALL and upload.n_faulty:
        return _("Some rows are faulty, so all or nothing means nothing.")
    if mode == Mode.ALL and upload.n_rows > MAX_AS_ONE:
        return _("All or nothing is for up to %(n)d rows.") % {"n": MAX_AS_ONE}
    return ""


@transaction.atomic
def discard(upload: Upload, *, by: Actor) -> Upload:
    """Forget the file; nothing is added. Raises ConflictError if it is over."""
    locked = _locked(upload)
    if locked.status not in (Status.READING, Status.READY):
        raise _over(locked)
    _end(locked, Status.DISCARDED)
    publish(
        "queue.upload_discarded",
        subject=("queue", locked.queue_id),
        folder_id=locked.queue.folder_id,
        by=by,
        data={"name": locked.name, "upload": locked.pk},
        topics=[f"upload:{locked.pk}"],
    )
    _drop(locked)
    return locked


def read_due(is_over: Callable[[], bool] = bool) -> int:
    """Read what waits to be read; return how many were. For the background worker."""
    n = 0
    while not is_over():
        waiting = Upload.objects.filter(status=Status.READING).order_by("tries", "pk")
        upload_id = waiting.values_list("pk", flat=True).first()
        if upload_id is None or not read(upload_id):
            break
        n += 1
    return n


def read(upload_id: int) -> bool:
    """Read and check an upload, unless somebody else is at it; return whether that was done."""
    # counted before, for good: a file that kills its reader must not do so for ever
    with transaction.atomic():
        upload = _free(upload_id)
        if upload is not None:
            Upload.objects.filter(pk=upload_id).update(tries=F("tries") + 1)
    with transaction.atomic():
        upload = _free(upload_id)
        if upload is None:
            return False
        if upload.tries > MAX_TRIES:
            log.error("upload_given_up", upload_id=upload_id)
            _refuse(upload, _("The file could not be read. Save it as CSV (UTF-8) and try again."))
        else:
            _read(upload)
    return True


def _free(upload_id: int) -> Upload | None:
    """Lock the upload if it is to be read and nobody reads it."""
    reading = Upload.objects.filter(pk=upload_id, status=Status.READING)
    free = reading.select_for_update(of=("self",), skip_locked=True, no_key=True)
    found: Upload | None = free.select_related("queue__folder").first()
    return found


def prune() -> int:
    """Drop files and rows of uploads after DAYS_KEPT; those nobody confirmed are discarded."""
    found = list(_idle().order_by("asked_at").values_list("pk", flat=True)[:MAX_PRUNED])
    return sum(_forget(pk) for pk in found)


def _idle() -> "QuerySet[Upload]":
    """Return the old ones that have a file, and no operation that may still read their rows."""
    old = Upload.objects.filter(asked_at__lt=seconds_from_now(-DAYS_KEPT * DAY_SECONDS))
    return old.exclude(operation__status__in=Operation.UNFINISHED).exclude(file="")


@transaction.atomic
def _forget(upload_id: int) -> bool:
    Upload.objects.select_for_update().filter(pk=upload_id).first()
    # asked again under the lock: somebody may just have confirmed it
    upload = _idle().filter(pk=upload_id).first()
    if upload is None:
        return False
    if upload.status in (Status.READING, Status.READY):
        _end(upload, Status.DISCARDED)
    _drop(upload)
    return True


def _read_if_small(upload: Upload) -> Upload:
    if upload.size <= READ_AT_ONCE_BYTES and _unpacked(upload) <= UNPACKED_AT_ONCE_BYTES:
        read(upload.pk)
        upload.refresh_from_db()
    return upload


def _unpacked(upload: Upload) -> int:
    try:
        with upload.file.open("rb") as file:
            return unpacked_size(file)
    except OSError:
        # reading it will say so
        return 0


def _read(upload: Upload) -> None:
    try:
        with transaction.atomic():
            _take_in(upload)
    except FileRefusedError as error:
        _refuse(upload, error.message)
        return
    nudge(f"upload:{upload.pk}")
    mode = Settings.of(upload.settings).then
    if mode and not why_not(upload, mode):
        # none but programs have it confirmed in advance
        actor = Actor(upload.by_id, upload.by_name, "token")
        confirm(upload, mode=mode, by=actor)


def _take_in(upload: Upload) -> None:
    with _opened(upload) as file:
        table = open_table(file, Settings.of(upload.settings))
        upload.found = table.found.stored()
        if upload.mapping is None or len(upload.mapping) != len(table.found.header):
            upload.mapping = match(upload.queue, table.found.header)
        UploadRow.objects.filter(upload_id=upload.pk).delete()
        counts = write_rows(upload, table.rows)
    for name, n in counts.values().items():
        setattr(upload, name, n)
    upload.status = Status.READY
    upload.save(update_fields=["found", "mapping", "status", *counts.values()])


def _opened(upload: Upload) -> Any:
    try:
        return upload.file.open("rb")
    except OSError:
        raise FileRefusedError(_("The storage has lost this file. Upload it again.")) from None


def _refuse(upload: Upload, problem: str) -> None:
    upload.problem = problem[:500]
    _end(upload, Status.REFUSED)
    nudge(f"upload:{upload.pk}")
    _drop(upload)


def _end(upload: Upload, status: str) -> None:
    upload.status, upload.ended_at = status, Now()
    upload.save(update_fields=["status", "ended_at", "problem"])


def _drop(upload: Upload) -> None:
    """Forget the rows, and the file once that is certain."""
    UploadRow.objects.filter(upload_id=upload.pk).delete()
    name, storage = upload.file.name, upload.file.storage
    Upload.objects.filter(pk=upload.pk).update(file="")
    if name:
        after_commit(lambda: storage.delete(name))


def _locked(upload: Upload) -> Upload:
    held = Upload.objects.select_for_update(of=("self",)).select_related("queue__folder")
    found: Upload = held.get(pk=upload.pk)
    return found


def _over(upload: Upload) -> DomainError:
    current = Upload.objects.get(pk=upload.pk)
    words = {"status": current.get_status_display()}
    return ConflictError(_("This upload is “%(status)s” now.") % words)
