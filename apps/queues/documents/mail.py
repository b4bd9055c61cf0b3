"""E-mail as people read it: who, to whom, when, what; its HTML without anything that acts."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final

import nh3
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .plain import decoded
from .registry import Document, Shown, content_of

MAX_BYTES: Final = 10_000_000
MAX_BODY: Final = 300_000
MAX_PARTS: Final = 200
MAX_HEADER: Final = 1_000

# nothing here fetches, frames, styles or sends; a link says where it leads
TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "q", "s", "small"),
    *("span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u"),
    "ul",
}
ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}


@dataclass(frozen=True)
class Attached:
    """A file within the mail; it is listed, never opened."""

    name: str
    content_type: str
    size: int


def show_mail(file: Document) -> Shown | None:
    content = content_of(file, at_most=MAX_BYTES)
    if content is None:
        return None
    message = email.message_from_bytes(content, policy=email.policy.default)
    if not message.keys():
        return None
    text, html = _bodies(message)
    context = {
        "file": file,
        "subject": _header(message, "subject") or _("No subject"),
        "headers": [
            (title, value)
            for name, title in (("from", _("From")), ("to", _("To")), ("cc", _("Copy to")))
            if (value := _header(message, name))
        ],
        "date": _date(message),
        "text": text,
        "html": SafeString(clean_html(html)) if html else "",
        "attached": _attached(message),
    }
    return "queues/documents/mail.html", context


def clean_html(html: str) -> str:
    """Return `html` with nothing that runs, fetches or looks like a part of this page."""
    return nh3.clean(
        html[:MAX_BODY],
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "template"},
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _bodies(message: EmailMessage) -> tuple[str, str]:
    """Return the plain and the HTML body, "" for what there is none of."""
    return _body(message, "plain"), _body(message, "html")


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
        content = part.get_content() if part is not None else ""
    except (LookupError, ValueError, AttributeError, KeyError):
        # a charset that nobody knows, or parts that are not what they say
        return _raw_body(message, kind)
    return content[:MAX_BODY] if isinstance(content, str) else ""


def _raw_body(message: EmailMessage, kind: str) -> str:
    for part in _parts(message):
        if part.get_content_type() == f"text/{kind}":
            payload = part.get_payload(decode=True)
            return (decoded(payload if isinstance(payload, bytes) else None) or "")[:MAX_BODY]
    return ""


def _parts(message: EmailMessage) -> list[Any]:
    found: list[Any] = []
    for part in message.walk():
        if len(found) == MAX_PARTS:
            break
        found.append(part)
    return found


def _attached(message: EmailMessage) -> list[Attached]:
    found = []
    for part in _parts(message):
        name = part.get_filename()
        if part.is_multipart() or not (name or part.get_content_disposition() == "attachment"):
            continue
        payload = part.get_payload(decode=True)
        size = len(payload) if isinstance(payload, bytes) else 0
        found.append(Attached(str(name or _("No name"))[:255], part.get_content_type(), size))
    return found


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))[:MAX_HEADER]
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""


def _date(message: EmailMessage) -> Any:
    """Return when it was sent; as it is written when that can't be read."""
    try:
        moment = message["date"].datetime
    except (ValueError, AttributeError, TypeError, LookupError):
        return _header(message, "date")
    return moment if moment is not None and moment.tzinfo else _header(message, "date")
