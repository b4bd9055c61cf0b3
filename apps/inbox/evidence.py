"""Evidence beside the fields: the files of the item, of its instance and of the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse

from apps.lib.json import Json
from apps.lib.schema_forms import SchemaForm
from apps.queues import documents
from apps.queues.documents import Mark
from apps.queues.files import files_about
from apps.queues.models import ItemFile

from .models import TaskFile, UserTask
from .predicted import Predicted, PredictedField, Region, predicted_of

MAX_FILES = 40
MAX_TEXT = 200

Kept: TypeAlias = ItemFile | TaskFile


@dataclass(frozen=True)
class Choice:
    """A file that may be shown; `key` names it in the address: “12”, or “t5” for a task's."""

    key: str
    file: Kept
    address: str = ""


def chosen_file(said: QueryDict) -> str:
    """Return the key of the file that an address names, "" for none."""
    text = said.get("file", "")
    return text if text.isascii() and text.isalnum() and len(text) < 21 else ""


def files_of(task: UserTask) -> list[Kept]:
    """Return the files of the item or instance, oldest first, then those of the task."""
    about = list(files_about(task.item_id, task.instance_id)[:MAX_FILES])
    own = list(task.files.order_by("pk")[:MAX_FILES])
    return [*about, *own]


def key_of(file: Kept) -> str:
    return f"t{file.pk}" if isinstance(file, TaskFile) else str(file.pk)


def evidence_of(
    task: UserTask,
    form: SchemaForm | None,
    *,
    chosen: str = "",
    query: str = "",
    waits: bool = False,
) -> dict[str, Any] | None:
    """Return the documents, one of them drawn; None: there are none.

    Without `chosen` it is the one that the first doubtful field was read from. `waits`: take the
    time that drawing needs; else the browser asks again.
    """
    files = files_of(task)
    if not files:
        return None
    predicted = _shown(task)
    file = _file_to_show(files, chosen, predicted)
    marks = marks_on(file, files, predicted, titles_in(form))
    if waits:
        documents.prepare(file, marks)
    template, context = documents.show(file, marks)
    address = reverse("inbox:evidence", args=[task.pk])
    asked = f"{query}&" if query else ""
    choices = [
        Choice(key_of(each), each, f"{address}?{asked}file={key_of(each)}") for each in files
    ]
    here = f"{address}?{asked}file={key_of(file)}"
    html = render_to_string(
        template,
        {**context, "file": file, "task": task, "evidence_url": here, "is_again": waits},
    )
    return {
        "files": choices,
        "file": file,
        "key": key_of(file),
        "html": html,
        "download_url": documents.address_of(file, "download"),
    }


def marks_on(
    file: Kept, files: Sequence[Kept], predicted: Predicted | None, titles: dict[str, str]
) -> list[Mark]:
    """Return the places of `file` that fields were read from; none in a blind look."""
    if predicted is None or predicted.is_blind:
        return []
    return [
        _mark(path, said, said.region, titles.get(path, path))
        for path, said in predicted.fields.items()
        if said.region is not None and _is_on(said.region, file, files)
    ]


def titles_in(form: SchemaForm | None) -> dict[str, str]:
    nodes = form.tree.walk() if form is not None else []
    return {".".join(node.path): node.shape.title for node in nodes}


def _shown(task: UserTask) -> Predicted | None:
    predicted = predicted_of(task.predictions)
    return None if predicted is None or (predicted.is_blind and task.is_open) else predicted


def _mark(path: str, said: PredictedField, region: Region, title: str) -> Mark:
    # page 1 without a box is also what a model says that knows no page
    is_anywhere = region.box is None and region.page == 1
    return Mark(
        path=path,
        title=title,
        page=0 if is_anywhere else region.page,
        box=region.box,
        text=_text(said.value),
        is_doubtful=said.is_doubtful,
    )


def _text(value: Json) -> str:
    is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value)[:MAX_TEXT] if is_text else ""


def _is_on(region: Region, file: Kept, files: Sequence[Kept]) -> bool:
    """Whether the region is in that file: by name, by number, or because no other is meant."""
    if region.file in (file.name, key_of(file)):
        return True
    return not region.file and file is files[0]


def _file_to_show(files: Sequence[Kept], chosen: str, predicted: Predicted | None) -> Kept:
    for file in files:
        if key_of(file) == chosen:
            return file
    said = [each for each in predicted.fields.values() if each.region] if predicted else []
    for each in sorted(said, key=lambda each: not each.is_doubtful):
        for file in files:
            if each.region and _is_on(each.region, file, files):
                return file
    return files[0]
