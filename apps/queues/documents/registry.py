"""Who shows which document."""

import mimetypes
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import structlog
from django.core.files.storage import Storage
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.urls import reverse

from apps.lib.errors import DomainError

log = structlog.get_logger("controlroom.queues")

MAX_TEXT_BYTES: Final = 1_000_000
DOWNLOAD: Final = "queues/documents/download.html"
# said by programs that did not look
UNKNOWN_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class Document(Protocol):
    """A file that somebody brought in: of an item, or of a task."""

    pk: Any
    name: Any
    content_type: Any
    size: Any
    sha256: Any
    file: Any


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place of a document that a field of the form was read from.

    `box`: left, top, right, bottom as shares of the page; None: not known, `text` may be found.
    """

    path: str
    title: str
    page: int = 1
    box: tuple[float, float, float, float] | None = None
    text: str = ""
    is_doubtful: bool = False


Shown: TypeAlias = tuple[str, dict[str, Any]]
Viewer: TypeAlias = Callable[[Any], Shown | None]
Marked: TypeAlias = Callable[[Any, Sequence[Mark]], Shown | None]
Test: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True)
class Entry:
    """A viewer and what it wants to see; `takes_marks`: it draws boxes on pages."""

    viewer: Viewer | Marked
    content_types: frozenset[str]
    accepts: Test | None = None
    takes_marks: bool = False

    def wants(self, file: Document) -> bool:
        if self.content_types and plain_type(file) not in self.content_types:
            return False
        return self.accepts is None or self.accepts(file)

    def show(self, file: Document, marks: Sequence[Mark]) -> Shown | None:
        if not self.wants(file):
            return None
        how: Callable[..., Shown | None] = self.viewer
        return how(file, marks) if self.takes_marks else how(file)


_viewers: list[Entry] = []
_built_in: list[Entry] = []


def register_viewer(
    viewer: Viewer, *, content_types: Iterable[str] = (), accepts: Test | None = None
) -> None:
    """Have `viewer` show files of these types that `accepts` accepts; the last is asked first."""
    entry = Entry(viewer, frozenset(content_types), accepts)
    if entry not in _viewers:
        _viewers.insert(0, entry)


def build_in(entries: Iterable[Entry]) -> None:
    _built_in.extend(entries)


def show(file: Document, marks: Sequence[Mark] = ()) -> Shown:
    """Return the template and context that show `file`. Never raises: worst is a download."""
    note = ""
    for entry in (*_viewers, *_built_in):
        try:
            shown = entry.show(file, marks)
        except DomainError as error:
            shown, note = None, note or error.message
        except Exception:
            log.exception("document_not_shown", file=file.pk)
            shown = None
        if shown is not None:
            return shown
    return DOWNLOAD, {"file": file, "note": note}


def plain_type(file: Document) -> str:
    """Return the file's type without parameters; by its name where nobody said one."""
    said = str(file.content_type).partition(";")[0].strip().lower()
    if said not in UNKNOWN_TYPES:
        return said
    return BY_ENDING.get(str(file.name).lower().rpartition(".")[2]) or (
        mimetypes.guess_type(str(file.name))[0] or said
    )


BY_ENDING = {"eml": "message/rfc822", "csv": "text/csv", "json": "application/json"}


def content_of(file: Document, *, at_most: int = MAX_TEXT_BYTES) -> bytes | None:
    """Return the bytes; None when there are too many, or the storage has lost them."""
    if file.size > at_most:
        return None
    field: FieldFile = file.file
    storage: Storage = field.storage
    try:
        with storage.open(field.name or "") as opened:
            content: bytes = opened.read(at_most + 1)
    except OSError:
        return None
    return content if len(content) <= at_most else None


# ---- where a file is to be had: models name the views that serve theirs

_places: dict[type[Model], tuple[str, str]] = {}


def register_place(model: type[Model], namespace: str, owner: str) -> None:
    """Say that `namespace:file_download`, `:file_image` and `:file_page` serve files of `model`.

    Their arguments are `owner` (the name of the field with its number) and the file's number.
    """
    _places[model] = (namespace, owner)


def address_of(file: Any, what: str, *more: int) -> str:
    """Return where a file's `what` is: "download", "image", or "page" with its number."""
    namespace, owner = _places[type(file)]
    return reverse(f"{namespace}:file_{what}", args=[getattr(file, owner), file.pk, *more])
