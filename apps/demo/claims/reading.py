"""Reads a claim: what its e-mail and its PDF say, where it stands, and how sure that is."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from typing import Final

import pypdfium2

from apps.demo.reading.classifier import TextClassifier
from apps.lib.errors import InvalidError
from apps.lib.json import Json
from apps.lib.texts import gettext as _

MAX_MAIL_BYTES = 10 * 1024 * 1024
MAX_PDF_PAGES = 10
MAX_SENDER = 300

# A clear print is misread this seldom; of a digit that can't be read, one guess in ten is right
SURE: Final = 0.99
GUESSED: Final = 0.1
UNREADABLE: Final = "?"
ORDER = re.compile(r"Order number:\s*(SO-[0-9?]{4,10})")
AMOUNT = re.compile(r"Amount claimed:\s*([0-9]{1,9}\.[0-9]{2}) EUR")
ACCOUNT = re.compile(r"New account:\s*([A-Z]{2}[0-9]{2}[A-Z0-9]{8,30})")
CUSTOMER = re.compile(r"Customer:\s*(.{1,200})")
CONTACT = re.compile(r"Contact:\s*(.{1,200})")
NUMBER = re.compile(r"\bCL-[0-9]{1,9}\b")

Box = tuple[float, float, float, float]


class ClaimError(InvalidError):
    """This is no claim that can be read; the message says why."""

    code = "unreadable_claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One value, how sure it is, and where it stands: in the PDF (page and box) or the mail."""

    field: str
    value: Json
    confidence: float
    source: str
    file: str = ""
    page: int = 1
    box: Box | None = None


def opened(mail: bytes) -> EmailMessage:
    """Return the e-mail. Raises ClaimError when it is too large."""
    if len(mail) > MAX_MAIL_BYTES:
        raise ClaimError(_("The e-mail is too large to be a claim."))
    return email.message_from_bytes(mail, policy=policy.default)


def number_of(message: EmailMessage) -> str:
    """Return the number of the claim as its subject says; "" if it does not."""
    found = NUMBER.search(str(message.get("Subject", "")))
    return found[0] if found else ""


def sender_of(message: EmailMessage) -> str:
    """Return who wrote it: their name, else their address; "" if it does not say."""
    senders = getattr(message.get("From"), "addresses", ())
    return next((str(each.display_name or each.addr_spec) for each in senders), "")[:MAX_SENDER]


def form_of(message: EmailMessage) -> tuple[str, bytes]:
    """Return name and content of the PDF that came with it. Raises ClaimError without one."""
    for part in message.iter_attachments():
        if part.get_content_type() == "application/pdf":
            content = part.get_payload(decode=True)
            return part.get_filename() or "claim.pdf", content if isinstance(
                content, bytes
            ) else b""
    raise ClaimError(_("The e-mail has no PDF with it."))


def read_claim(mail: bytes, classifier: TextClassifier) -> list[Found]:
    """Return what the claim says, one entry for each field. Raises ClaimError."""
    message = opened(mail)
    name, pdf = form_of(message)
    body = message.get_body(("plain",))
    text = body.get_content() if isinstance(body, EmailMessage) else ""
    read = classifier.read([text])[0]
    number = number_of(message)
    return [
        Found(field="kind", value=read.label, confidence=read.confidence, source=_("E-mail, text")),
        Found(
            field="number",
            value=number,
            confidence=SURE if number else 0.0,
            source=_("E-mail, subject"),
        ),
        *_read_form(name, pdf),
    ]


def _read_form(name: str, pdf: bytes) -> Iterator[Found]:
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        raise ClaimError(_("The PDF of the e-mail can't be opened.")) from None
    with document:
        if len(document) > MAX_PDF_PAGES:
            raise ClaimError(_("The PDF has too many pages to be a claim."))
        page = document[0]
        text_page = page.get_textpage()
        text = text_page.get_text_range()
        for field, pattern in (
            ("customer", CUSTOMER),
            ("contact", CONTACT),
            ("order_number", ORDER),
            ("amount", AMOUNT),
            ("iban", ACCOUNT),
        ):
            found = pattern.search(text)
            if found is None and field == "iban":
                continue  # most claims have none
            said = found[1].strip() if found else ""
            unreadable = said.count(UNREADABLE) if field == "order_number" else 0
            yield Found(
                field=field,
                value=said.replace(UNREADABLE, "0") if unreadable else said,
                confidence=SURE * GUESSED**unreadable if said else 0.0,
                source=_("%(file)s, page 1") % {"file": name},
                file=name,
                box=_box_of(page, text_page, said) if said else None,
            )


def _box_of(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, said: str) -> Box | None:
    """Return where `said` stands: left, top, right, bottom as shares of the page."""
    place = text.search(said).get_next()
    if place is None:
        return None
    first, count = place
    boxes = [text.get_charbox(number) for number in range(first, first + count)]
    width, height = page.get_size()
    return (
        round(min(box[0] for box in boxes) / width, 4),
        round(1 - max(box[3] for box in boxes) / height, 4),
        round(max(box[2] for box in boxes) / width, 4),
        round(1 - min(box[1] for box in boxes) / height, 4),
    )
