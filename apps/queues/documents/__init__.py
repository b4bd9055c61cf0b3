"""Documents of items and tasks, shown to people: who shows what.

Other apps register viewers for what they understand:

    register_viewer(show_invoice, content_types=["application/xml"], accepts=is_invoice)

A viewer gets the file and returns a template and its context; None, or any DomainError, leaves the
file to the next one. What nobody understands is offered as a download. Documents come from
outside: viewers must neither trust them nor put them on the page unescaped.
"""

from . import mail, paged, plain, xml
from .paged import SAFE_IMAGES, is_prepared, page_of, prepare
from .registry import (
    Document,
    Entry,
    Mark,
    Shown,
    Viewer,
    address_of,
    build_in,
    content_of,
    plain_type,
    register_place,
    register_viewer,
    show,
)

build_in(
    (
        Entry(paged.show_image, SAFE_IMAGES, None, True),
        Entry(paged.show_pdf, frozenset({"application/pdf"}), None, True),
        Entry(mail.show_mail, frozenset({"message/rfc822"})),
        Entry(plain.show_table, plain.TABLE_TYPES),
        Entry(xml.show_xml, xml.XML_TYPES),
        Entry(xml.show_xml, frozenset(), lambda file: plain_type(file).endswith("+xml")),
        Entry(plain.show_json, frozenset({"application/json"})),
        Entry(plain.show_json, frozenset(), lambda file: plain_type(file).endswith("+json")),
        Entry(plain.show_text, frozenset(), plain.is_text),
    )
)

__all__ = [
    "SAFE_IMAGES",
    "Document",
    "Mark",
    "Shown",
    "Viewer",
    "address_of",
    "content_of",
    "is_prepared",
    "page_of",
    "plain_type",
    "prepare",
    "register_place",
    "register_viewer",
    "show",
]
