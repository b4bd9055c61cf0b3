"""Documents that are looked at page by page: PDF files drawn on the server, and pictures.

What is drawn once is kept a while by the digest of the file, so a page that somebody has seen comes
at once. Nothing is drawn while a page of the control room is being made: `show_pdf` says that the
pages come later, and `prepare` does the work when the browser asks for them.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson
from django.core.cache import caches
from django.utils.translation import gettext as _

from apps.lib import pdf
from apps.lib.errors import NotFoundError

from .registry import Document, Mark, Shown, address_of, content_of, plain_type

SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF: Final = "application/pdf"
WIDTH: Final = 1_400  # pixels of a drawn page: sharp at twice the usual size
MAX_PDF_BYTES: Final = 60_000_000
MAX_PAGES_SHOWN: Final = 100
MAX_MARKS: Final = 500
UNITS: Final = 1_000  # boxes are drawn in thousandths of the page
MARGIN: Final = 3  # of those, around a box: a line across the letters hides them


@dataclass(frozen=True)
class Box:
    """A mark on its page, in thousandths."""

    path: str
    title: str
    is_doubtful: bool
    left: int
    top: int
    width: int
    height: int


@dataclass
class Page:
    """A page as the template draws it; width and height only say its proportions."""

    number: int
    address: str
    width: int
    height: int
    boxes: list[Box] = field(default_factory=list)


def show_image(file: Document, marks: Sequence[Mark]) -> Shown:
    page = Page(1, address_of(file, "image"), 0, 0, _boxes(1, marks))
    return "queues/documents/pages.html", {"file": file, "pages": [page], "amount": 1}


def show_pdf(file: Document, marks: Sequence[Mark]) -> Shown:
    known = _known_pages(file)
    if known is None or not _are_sought_out(file, marks):
        return "queues/documents/pages_later.html", {"file": file}
    placed = _placed(file, marks)
    pages = [
        Page(number, address_of(file, "page", number), *_pixels(size), _boxes(number, placed))
        for number, size in enumerate(known.sizes[:MAX_PAGES_SHOWN], start=1)
    ]
    context = {
        "file": file,
        "pages": pages,
        "amount": known.amount,
        "hidden": max(known.amount - len(pages), 0),
        "is_pdf": True,
    }
    return "queues/documents/pages.html", context


def is_prepared(file: Document) -> bool:
    """Whether `show` has all that it needs at hand."""
    return plain_type(file) != PDF or _store().get(_key(file, "pages")) is not None


def prepare(file: Document, marks: Sequence[Mark] = ()) -> None:
    """Read what `show` needs of a file: seconds for a large PDF. Never raises."""
    if plain_type(file) != PDF:
        return
    if not is_prepared(file):
        _read_pages(file)
    if any(_is_sought(mark) for mark in marks):
        _find(file, marks)


def page_of(file: Document, number: int) -> bytes:
    """Return a page of a PDF as a PNG. Raises NotFoundError, pdf.PdfError, pdf.PdfBusyError."""
    prepare(file)
    known = _known_pages(file)
    if known is None or not 1 <= number <= min(known.amount, MAX_PAGES_SHOWN):
        raise NotFoundError(_("This file has no such page."))
    key = _key(file, f"page:{number}:{WIDTH}")
    drawn: bytes | None = _store().get(key)
    if drawn is None:
        drawn = pdf.render(_content(file), number, width=WIDTH)
        _store().set(key, drawn)
    return drawn


def _read_pages(file: Document) -> None:
    try:
        said: Any = pdf.describe(_content(file))
    except pdf.PdfBusyError:
        return
    except pdf.PdfError as error:
        said = error.message
    _store().set(_key(file, "pages"), said)


def _known_pages(file: Document) -> pdf.Pages | None:
    """Return the pages, None if nobody looked yet. Raises PdfError for what can't be shown."""
    known = _store().get(_key(file, "pages"))
    if isinstance(known, str):
        raise pdf.PdfError(known)
    return known if isinstance(known, pdf.Pages) else None


def _content(file: Document) -> bytes:
    content = content_of(file, at_most=MAX_PDF_BYTES)
    if content is None:
        raise pdf.PdfError(_("This PDF is too large to be drawn. Download it to read it."))
    return content


def _pixels(size: tuple[float, float]) -> tuple[int, int]:
    wide, high = size
    return WIDTH, max(round(WIDTH * high / wide), 1)


# ---- boxes: as they were said, or where the value stands in the text layer


def _boxes(page: int, marks: Sequence[Mark]) -> list[Box]:
    return [_box(mark, mark.box) for mark in marks[:MAX_MARKS] if mark.page == page and mark.box]


def _box(mark: Mark, said: tuple[float, float, float, float]) -> Box:
    """Keep the box on the page, and large enough to be seen and hit."""
    left, top, right, bottom = (
        min(max(share * UNITS + margin, 0), UNITS)
        for share, margin in zip(said, (-MARGIN, -MARGIN, MARGIN, MARGIN), strict=True)
    )
    wide, high = max(right - left, 8), max(bottom - top, 8)
    return Box(
        mark.path,
        mark.title,
        mark.is_doubtful,
        left=round(min(left, UNITS - wide)),
        top=round(min(top, UNITS - high)),
        width=round(wide),
        height=round(high),
    )


def _placed(file: Document, marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks, those without a box where their text was found."""
    found: dict[str, pdf.Found] = _store().get(_find_key(file, marks)) or {}
    return [
        Mark(
            path=mark.path,
            title=mark.title,
            is_doubtful=mark.is_doubtful,
            page=found[mark.path].page,
            box=found[mark.path].box,
        )
        if mark.path in found
        else mark
        for mark in marks
    ]


def _find(file: Document, marks: Sequence[Mark]) -> None:
    key = _find_key(file, marks)
    if _store().get(key) is not None:
        return
    sought = [
        pdf.Sought(mark.path, spellings(mark.text), mark.page or None)
        for mark in marks[:MAX_MARKS]
        if _is_sought(mark)
    ]
    try:
        _store().set(key, pdf.find(_content(file), sought))
    except pdf.PdfBusyError:
        return
    except pdf.PdfError:
        _store().set(key, {})


def _are_sought_out(file: Document, marks: Sequence[Mark]) -> bool:
    """Whether somebody has looked for the texts whose places nobody named."""
    wanted = any(_is_sought(mark) for mark in marks)
    return not wanted or _store().get(_find_key(file, marks)) is not None


def _is_sought(mark: Mark) -> bool:
    return mark.box is None and bool(mark.text.strip())


def _find_key(file: Document, marks: Sequence[Mark]) -> str:
    sought = [[mark.path, mark.text, mark.page] for mark in marks if _is_sought(mark)]
    return _key(file, f"find:{hashlib.sha256(orjson.dumps(sought)).hexdigest()}")


def spellings(text: str) -> tuple[str, ...]:
    """Return how a document may write a value: numbers and dates have several ways."""
    plain = text.strip()[:200]
    return tuple(dict.fromkeys([*_as_numbers(plain), *_as_dates(plain), plain]))


def _as_numbers(plain: str) -> list[str]:
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", plain, re.ASCII):
        return []
    decimals = max(len(plain.partition(".")[2]), 2)
    english = f"{float(plain):,.{decimals}f}"
    german = english.translate(str.maketrans(",.", ".,"))
    ungrouped = english.replace(",", "")
    written = [english, german, ungrouped, ungrouped.replace(".", ","), plain]
    return [english.replace(",", " "), *written] if "," in english else written


def _as_dates(plain: str) -> list[str]:
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        return []
    orders = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y")
    short = f"{day.day}.{day.month}.{day.year}"
    return [plain, *(day.strftime(order) for order in orders), short]


def _store() -> Any:
    return caches["pages"]


def _key(file: Document, what: str) -> str:
    return f"{file.sha256}:{what}"
