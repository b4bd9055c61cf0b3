"""Documents of items, shown to people: who shows what.

Other apps register viewers for what they understand:

    register_viewer(show_invoice, content_types=["application/xml"], accepts=is_invoice)

A viewer gets the file and returns a template and its context; None, or any DomainError, leaves the
file to the next one. What nobody understands is offered as a download. Documents come from
outside: viewers must neither trust them nor put them on the page unescaped.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from django.core.files.storage import Storage
from django.utils.translation import gettext as _
from lxml import etree

from apps.lib.errors import DomainError

from .models import ItemFile

log = structlog.get_logger("controlroom.queues")

Shown: TypeAlias = tuple[str, dict[str, Any]]
Viewer: TypeAlias = Callable[[ItemFile], Shown | None]
Test: TypeAlias = Callable[[ItemFile], bool]

MAX_TEXT_BYTES = 1_000_000
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
XML_TYPES = frozenset({"application/xml", "text/xml"})


@dataclass(frozen=True)
class _Registered:
    viewer: Viewer
    content_types: frozenset[str]
    accepts: Test | None

    def wants(self, file: ItemFile) -> bool:
        if self.content_types and plain_type(file) not in self.content_types:
            return False
        return self.accepts is None or self.accepts(file)


_viewers: list[_Registered] = []


def register_viewer(
    viewer: Viewer, *, content_types: Iterable[str] = (), accepts: Test | None = None
) -> None:
    """Have `viewer` show files of these types that `accepts` accepts; the last is asked first."""
    entry = _Registered(viewer, frozenset(content_types), accepts)
    if entry not in _viewers:
        _viewers.insert(0, entry)


def show(file: ItemFile) -> Shown:
    """Return the template and context that show `file`. Never raises: worst is a download."""
    for entry in (*_viewers, *_DEFAULTS):
        try:
            shown = entry.viewer(file) if entry.wants(file) else None
        except DomainError:
            shown = None
        except Exception:
            log.exception("document_not_shown", file=file.pk)
            shown = None
        if shown is not None:
            return shown
    return "queues/documents/download.html", {"file": file}


def plain_type(file: ItemFile) -> str:
    return file.content_type.partition(";")[0].strip().lower()


def content_of(file: ItemFile, *, at_most: int = MAX_TEXT_BYTES) -> bytes | None:
    """Return the bytes; None when there are too many, or the storage has lost them."""
    if file.size > at_most:
        return None
    storage: Storage = file.file.storage
    try:
        with storage.open(file.file.name or "") as opened:
            content: bytes = opened.read(at_most + 1)
    except OSError:
        return None
    return content if len(content) <= at_most else None


def _as_text(file: ItemFile) -> Shown | None:
    text = _decoded(content_of(file))
    return None if text is None else ("queues/documents/text.html", {"file": file, "text": text})


def _as_json(file: ItemFile) -> Shown | None:
    content = content_of(file)
    try:
        text = json.dumps(json.loads(content or b""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return _as_text(file)
    return "queues/documents/text.html", {"file": file, "text": text}


def _as_xml(file: ItemFile) -> Shown | None:
    """Indent it, without ever resolving an entity or fetching anything."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True
    )
    try:
        root = etree.fromstring(content_of(file) or b"", parser)
    except (etree.XMLSyntaxError, ValueError):
        return _as_text(file)
    text = etree.tostring(root, pretty_print=True, encoding="unicode")
    return "queues/documents/text.html", {"file": file, "text": text}


def _as_image(file: ItemFile) -> Shown | None:
    return "queues/documents/image.html", {"file": file}


def _as_pdf(file: ItemFile) -> Shown | None:
    note = _("Browsers show PDF files by themselves; download it to read it beside this page.")
    return "queues/documents/download.html", {"file": file, "note": note}


def _decoded(content: bytes | None) -> str | None:
    if content is None or b"\x00" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _is_text(file: ItemFile) -> bool:
    return plain_type(file).startswith("text/") and plain_type(file) not in XML_TYPES


_DEFAULTS = (
    _Registered(_as_image, SAFE_IMAGES, None),
    _Registered(_as_xml, XML_TYPES, None),
    _Registered(_as_xml, frozenset(), lambda file: plain_type(file).endswith("+xml")),
    _Registered(_as_json, frozenset({"application/json"}), None),
    _Registered(_as_pdf, frozenset({"application/pdf"}), None),
    _Registered(_as_text, frozenset(), _is_text),
)
