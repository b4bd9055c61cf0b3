"""Uploads as operations of apps.operations: started by `lifecycle.confirm`, by nothing else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import Action
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.operations import kinds
from apps.operations.kinds import Bound, Chunk, Kind, Label, Part, Result
from apps.queues.models import Upload, UploadRow, WorkItem

from . import adding
from .lifecycle import ADD_ROWS, ADD_WHOLE

Apply = Callable[[Chunk], Mapping[int, Result]]


def register() -> None:
    """Make the kinds known; called when the app is ready."""
    effect = gettext_lazy("They wait for their turn like any other item.")
    add = {"verb": gettext_lazy("Add"), "title": gettext_lazy("Add uploaded items")}
    back = {"verb": gettext_lazy("Take back"), "title": gettext_lazy("Take an upload back")}
    undo_rows, undo_whole = f"{ADD_ROWS}_back", f"{ADD_WHOLE}_back"
    rows: dict[str, Any] = {"choose": _rows, "label": _row_labels, "subject": "row"}
    whole: dict[str, Any] = {"choose": _uploads, "label": _upload_labels, "subject": "upload"}
    _kind(ADD_ROWS, adding.add_rows, **rows, **add, effect=effect, undo=undo_rows)
    _kind(undo_rows, adding.take_rows_back, **rows, **back)
    _kind(ADD_WHOLE, adding.add_whole, **whole, **add, effect=effect, undo=undo_whole)
    _kind(undo_whole, adding.take_whole_back, **whole, **back)


def _kind(key: str, apply: Apply, **more: Any) -> None:
    kinds.register(
        Kind(
            key=key,
            action=Action.OPERATE,
            apply=apply,
            preview=_preview,
            newest=_newest,
            read=_read,
            about=_about,
            back=_back,
            check=lambda arguments: {},
            is_offered=False,
            icon="upload",
            **more,
        )
    )


def _rows(folders: Sequence[int], wanted: JsonObject, bound: Bound) -> QuerySet[Any, Any]:
    found = UploadRow.objects.filter(upload__in=_uploads(folders, wanted, bound))
    return found.filter(problems__isnull=True).values_list("pk", flat=True)


def _uploads(folders: Sequence[int], wanted: JsonObject, bound: Bound) -> QuerySet[Any, Any]:
    found = Upload.objects.filter(pk=_number(wanted), queue__folder_id__in=folders)
    return found.values_list("pk", flat=True)


def _preview(folders: Sequence[int], wanted: JsonObject, bound: Bound) -> list[Part]:
    return [Part("new", _rows(folders, wanted, bound).count(), _("Rows"), "new")]


def _newest() -> int | None:
    return UploadRow.objects.order_by("-pk").values_list("pk", flat=True).first()


def _read(folders: Sequence[int], wanted: JsonObject) -> JsonObject:
    pk = wanted.get("upload")
    if set(wanted) != {"upload"} or not isinstance(pk, int) or isinstance(pk, bool):
        message = _("must be the number of an upload")
        raise InvalidError(f"upload: {message}.", fields=[FieldProblem("filter.upload", message)])
    return {"upload": pk}


def _about(wanted: JsonObject) -> str:
    upload = _find(wanted)
    return f"{upload.name} → {upload.queue.title}" if upload else f"#{wanted['upload']}"


def _back(wanted: JsonObject) -> str:
    upload = _find(wanted)
    return reverse("queues:upload", args=[upload.queue_id, upload.pk]) if upload else ""


def _find(wanted: JsonObject) -> Upload | None:
    found = Upload.objects.filter(pk=_number(wanted)).select_related("queue")
    return found.first()


def _number(wanted: JsonObject) -> int:
    """Return what `_read` has stored."""
    found = wanted.get("upload")
    return found if isinstance(found, int) else 0


def _row_labels(ids: Iterable[int]) -> Mapping[int, Label]:
    rows = list(UploadRow.objects.filter(pk__in=list(ids)).only("pk", "number", "item_id"))
    items = WorkItem.objects.filter(pk__in=[row.item_id for row in rows if row.item_id])
    references = dict(items.values_list("pk", "reference"))
    return {row.pk: _row_label(row, references) for row in rows}


def _row_label(row: UploadRow, references: Mapping[int, str]) -> Label:
    title = _("Row %(n)d") % {"n": row.number}
    if row.item_id is None or row.item_id not in references:
        return Label(title)
    name = references[row.item_id] or f"#{row.item_id}"
    return Label(f"{title}: {name}", reverse("items:item_detail", args=[row.item_id]))


def _upload_labels(ids: Iterable[int]) -> Mapping[int, Label]:
    found = Upload.objects.filter(pk__in=list(ids))
    return {
        each.pk: Label(each.name, reverse("queues:upload", args=[each.queue_id, each.pk]))
        for each in found
    }
