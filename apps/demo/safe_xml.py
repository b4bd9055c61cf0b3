"""XML from strangers: parsed without entities, DTDs and network, or refused in a sentence."""

from django.utils.translation import gettext as _
from lxml import etree

from apps.lib.errors import FieldProblem, InvalidError, TooLargeError

MAX_BYTES = 25 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
# Each tag and attribute costs some 100 bytes when parsed: 25 MB of "<b/>" would take 750 MB.
MAX_TAGS_AND_ATTRIBUTES = 1_000_000

NOT_XML = {
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"{": "JSON",
    b"[": "JSON",
}


class UblError(InvalidError):
    """The file is not an invoice that we can read; the message says what was found instead."""

    code = "unreadable_invoice"
    title = "This invoice can't be read"

    def __init__(self, message: str, *, field: str = "file") -> None:
        super().__init__(message, fields=[FieldProblem(field, message)])


def parse_xml(data: bytes) -> etree._Element:
    """Return the root element of `data`; comments and processing instructions are left out.

    Raises TooLargeError beyond 25 MB or a million tags, and UblError for what is not well-formed,
    declares a DOCTYPE (and with it all entities), or passes libxml2's limits on depth (256) and
    text (10 MB).
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(
            _("The file is larger than %(limit)d MB. Send a smaller one.")
            % {"limit": MAX_BYTES // (1024 * 1024)}
        )
    if data.count(b"<") + data.count(b"=") > MAX_TAGS_AND_ATTRIBUTES:
        raise TooLargeError(_("The file has more than a million tags. Send a smaller one."))
    try:
        _refuse_doctype(data)
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise UblError(_explain(data, error)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype_error()
    return root


class _DoctypeMetError(Exception):
    """Ends the first look at a document: it has a DOCTYPE."""


class _RootMetError(Exception):
    """Ends the first look at a document: its prolog is over and had no DOCTYPE."""


class _Prolog:
    """Parser target that looks at what stands before the root element, and no further."""

    def doctype(self, *_parts: str | None) -> None:
        raise _DoctypeMetError

    def start(self, tag: str | bytes, attrib: object) -> None:
        raise _RootMetError

    def end(self, tag: str | bytes) -> None: ...

    def data(self, data: str | bytes) -> None: ...

    def comment(self, text: str | bytes) -> None: ...

    def close(self) -> None: ...


def _refuse_doctype(data: bytes) -> None:
    # Before the real parse: a DOCTYPE's declarations are the weapon, so none of them is processed.
    parser = etree.XMLParser(
        target=_Prolog(), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for start in range(0, len(data), CHUNK_BYTES):
            parser.feed(data[start : start + CHUNK_BYTES])
        parser.close()
    except _RootMetError:
        pass
    except _DoctypeMetError:
        raise _doctype_error() from None


def _doctype_error() -> UblError:
    return UblError(
        _(
            "The file has a DOCTYPE, which could pull in entities or other files. "
            "Invoices need none: send it without the DOCTYPE."
        )
    )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _explain(data: bytes, error: etree.XMLSyntaxError) -> str:
    start = data[:64].lstrip()
    found = next((name for magic, name in NOT_XML.items() if start.startswith(magic)), None)
    if not data.strip():
        return _("The file is empty. Send a UBL invoice as XML.")
    if found:
        return _("This is a %(found)s file, not XML. Send a UBL invoice as XML.") % {"found": found}
    line, column = error.position
    code = getattr(error, "code", 0)
    if code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return _(
            "The file holds a text longer than 10 MB or is nested too deep (line %(line)d). "
            "Send it with smaller attachments."
        ) % {"line": line}
    if code == etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
        return _("This is not an XML file. Send a UBL invoice as XML.")
    what = str(error.msg).partition(", line ")[0].strip()
    return _("The file is not well-formed XML: %(what)s (line %(line)d, column %(column)d).") % {
        "what": what,
        "line": line,
        "column": column,
    }
