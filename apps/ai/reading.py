"""Documents of items as text that a model can read: bounded, and never believed."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from html.parser import HTMLParser
from typing import cast

import pypdfium2
import pypdfium2.raw as pdfium_c
from django.utils.translation import gettext as _

from apps.bots.contexts import ItemFileLike
from apps.bots.exceptions import BusinessException

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_PAGES = 50
MAX_CHARACTERS = 200_000
TEXT_TYPES = {"application/json", "application/xml", "application/xhtml+xml", "application/csv"}


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document as text, by pages; `pdf` is there when places on its pages can be found."""

    name: str
    pages: tuple[str, ...]
    pdf: bytes = field(default=b"", repr=False)
    was_cut: bool = False

    @property
    def text(self) -> str:
        return "\n\n".join(self.pages)


def read_documents(files: Sequence[ItemFileLike], names: Sequence[str] = ()) -> list[Document]:
    """Return the documents called `names` (all that can be read, when there are none).

    Raises BusinessException for a name that is not there and for what can't be read.
    """
    missing = set(names) - {each.name for each in files}
    if missing:
        raise BusinessException(
            _("The item has no file “%s”.") % sorted(missing)[0], code="file_missing"
        )
    chosen = [each for each in files if not names or each.name in names]
    if names:
        return [read_document(each) for each in chosen]
    return [read_document(each) for each in chosen if _is_readable(each)]


def read_document(file: ItemFileLike) -> Document:
    """Return the file as text. Raises BusinessException for what can't be read."""
    if file.size > MAX_FILE_BYTES:
        raise BusinessException(_("“%s” is too large to be read.") % file.name, code="too_large")
    with file.open() as opened:
        content = opened.read()
    kind = _kind(file)
    if kind == "application/pdf":
        return _pdf(file.name, content)
    if kind == "message/rfc822":
        return _cut(file.name, [_email(content)])
    if kind == "text/html":
        return _cut(file.name, [_without_tags(_decoded(content))])
    if kind.startswith("text/") or kind in TEXT_TYPES or kind.endswith(("+xml", "+json")):
        return _cut(file.name, [_decoded(content)])
    raise BusinessException(
        _("“%(name)s” (%(kind)s) can't be read as text.") % {"name": file.name, "kind": kind},
        code="unreadable_file",
    )


def _is_readable(file: ItemFileLike) -> bool:
    kind = _kind(file)
    known = kind in TEXT_TYPES or kind in ("application/pdf", "message/rfc822")
    return known or kind.startswith("text/") or kind.endswith(("+xml", "+json"))


def _kind(file: ItemFileLike) -> str:
    return file.content_type.partition(";")[0].strip().lower()


def _pdf(name: str, content: bytes) -> Document:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise BusinessException(
            _("“%(name)s” can't be opened as a PDF: %(why)s") % {"name": name, "why": error},
            code="unreadable_file",
        ) from None
    try:
        n_pages = len(document)
        pages = [_page_text(document, number) for number in range(min(n_pages, MAX_PAGES))]
    finally:
        document.close()
    if not any(page.strip() for page in pages):
        raise BusinessException(
            _("“%s” holds pictures alone; it has no text to be read.") % name, code="no_text"
        )
    return _cut(name, pages, pdf=content, n_left=n_pages - len(pages))


def _page_text(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    text = page.get_textpage()
    try:
        return cast(str, text.get_text_bounded()).replace("\r\n", "\n")
    finally:
        text.close()
        page.close()


def find_box(content: bytes, wanted: str) -> tuple[int, list[float]] | None:
    """Return page (from 1) and box of the first place where `wanted` stands in a PDF, or None."""
    text = wanted.strip()
    if not 2 <= len(text) <= 200:
        return None
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    try:
        for number in range(min(len(document), MAX_PAGES)):
            box = _box_on(document[number], text)
            if box is not None:
                return number + 1, box
    finally:
        document.close()
    return None


def _box_on(page: pypdfium2.PdfPage, text: str) -> list[float] | None:
    textpage = page.get_textpage()
    try:
        found = textpage.search(text, match_case=True, match_whole_word=True).get_next()
        if found is None:
            return None
        start, length = found
        n_boxes = pdfium_c.FPDFText_CountRects(textpage.raw, start, length)
        boxes = [textpage.get_rect(index) for index in range(n_boxes)]
        return _as_shares(boxes, *page.get_size()) if boxes else None
    finally:
        textpage.close()
        page.close()


def _as_shares(
    boxes: list[tuple[float, float, float, float]], width: float, height: float
) -> list[float]:
    """PDF measures from the bottom left, people look from the top left."""
    left = min(box[0] for box in boxes) / width
    right = max(box[2] for box in boxes) / width
    top = 1 - max(box[3] for box in boxes) / height
    bottom = 1 - min(box[1] for box in boxes) / height
    return [round(min(1.0, max(0.0, side)), 4) for side in (left, top, right, bottom)]


def _email(content: bytes) -> str:
    message = message_from_bytes(content, policy=policy.default)
    head = [f"{name}: {message[name]}" for name in ("From", "To", "Date", "Subject")]
    return "\n".join([*(line for line in head if not line.endswith(": None")), "", _body(message)])


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = _decoded(cast(bytes, cast(Message, part).get_payload(decode=True) or b""))
    return _without_tags(text) if part.get_content_type() == "text/html" else text


class _Text(HTMLParser):
    """Keeps what people would read; scripts, styles and what is hidden in tags go."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "template")
        if tag in ("p", "br", "div", "tr", "li", "h1", "h2", "h3"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "template"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _without_tags(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _cut(name: str, pages: list[str], *, pdf: bytes = b"", n_left: int = 0) -> Document:
    kept: list[str] = []
    room = MAX_CHARACTERS
    for page in pages:
        kept.append(page[:room].replace("\x00", ""))
        room -= len(kept[-1])
        if room <= 0:
            break
    was_cut = n_left > 0 or sum(map(len, pages)) > MAX_CHARACTERS
    return Document(name=name, pages=tuple(kept), pdf=pdf, was_cut=was_cut)
