"""PDF files as pictures of their pages, and where a text stands on them.

PDFium reads files from strangers, so it never runs in this process: each question starts a child
with limits on memory, processor and time.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from django.utils.translation import gettext as _

from apps.lib.errors import DomainError

CHILD = Path(__file__).with_name("child.py")
SECONDS = 15.0
AT_ONCE = 2  # children of this process; the others wait their turn
MAX_PAGES = 200
MAX_ANSWER_BYTES = 30_000_000
LOCKED = 3

_turns = BoundedSemaphore(AT_ONCE)


class PdfError(DomainError):
    """The file can't be shown; the message says why."""

    status = 422
    code = "pdf_not_shown"
    title = "This PDF can't be shown"


class PdfBusyError(DomainError):
    """Too many pages are being drawn at the moment."""

    status = 503
    code = "busy"
    title = "Too many pages are being drawn; try again in a moment"


@dataclass(frozen=True)
class Pages:
    """How many pages there are, and the sizes in points of the first MAX_PAGES."""

    amount: int
    sizes: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Sought:
    """A text to be found: any of `variants`, on `page` or (None) on one of the first pages."""

    name: str
    variants: tuple[str, ...]
    page: int | None = None


@dataclass(frozen=True)
class Found:
    """Where a text stands: left, top, right, bottom as shares of the page."""

    page: int
    box: tuple[float, float, float, float]


def describe(content: bytes) -> Pages:
    """Return the pages of a PDF. Raises PdfError, PdfBusyError."""
    said = json.loads(_ask(content, {"want": "describe", "pages": MAX_PAGES}))
    return Pages(said["amount"], tuple((wide, high) for wide, high in said["sizes"]))


def render(content: bytes, page: int, *, width: int) -> bytes:
    """Return page `page` (from 1) as a PNG about `width` pixels wide. Raises PdfError."""
    return _ask(content, {"want": "render", "page": page, "width": width})


def find(content: bytes, texts: list[Sought]) -> dict[str, Found]:
    """Return where each text first stands in the text layer; what isn't found is left out."""
    asked = [
        {"name": each.name, "variants": list(each.variants), "page": each.page} for each in texts
    ]
    said: dict[str, Any] = json.loads(_ask(content, {"want": "find", "texts": asked}))
    return {name: Found(at["page"], tuple(at["box"])) for name, at in said.items()}


def _ask(content: bytes, asked: dict[str, Any]) -> bytes:
    if not _turns.acquire(timeout=SECONDS):
        raise PdfBusyError
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD)],
            input=json.dumps(asked).encode() + b"\n" + content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PdfError(_("This PDF takes too long to draw. Download it to read it.")) from None
    finally:
        _turns.release()
    if done.returncode == LOCKED:
        raise PdfError(_("This PDF is locked by a password. Download it to read it."))
    if done.returncode or not done.stdout or len(done.stdout) > MAX_ANSWER_BYTES:
        raise PdfError(_("This PDF is damaged, or too large to be drawn. Download it to read it."))
    return done.stdout


__all__ = ["MAX_PAGES", "Found", "Pages", "PdfBusyError", "PdfError", "Sought", "describe", "find"]
__all__ += ["render"]
