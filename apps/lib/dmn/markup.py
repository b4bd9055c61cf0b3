"""Decision models as XML: read safely, and looked through without regard to the DMN version."""

from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from lxml import etree

from apps.lib.xml_errors import why_malformed

from .errors import DmnError, DmnProblem

MAX_BYTES = 4_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 200_000

NAMESPACES: Final = {
    "http://www.omg.org/spec/DMN/20130901": "1.0",
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",
}
Element = etree._Element


def parse_definitions(xml: bytes) -> Element:
    """Return the root of a model. Raises DmnError for what is no DMN, too large, or a trap."""
    if len(xml) > MAX_BYTES:
        raise _refusal(
            _("The model is larger than %(n)d MB.") % {"n": MAX_BYTES // 1_000_000},
            _("Split it into several models that import each other."),
        )
    root = _parse(xml)
    if local_name(root) != "definitions" or namespace_of(root) not in NAMESPACES:
        raise _refusal(
            _("The file is no DMN model: its root is %(tag)s.") % {"tag": root.tag},
            _("Hand in a model of DMN 1.1 to 1.5, as modelers save it."),
        )
    _check_size(root)
    return root


def _parse(xml: bytes) -> Element:
    # Entities are not resolved, nothing is fetched, and libxml2's own limits stay on.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _refusal(
            _("The file is not well-formed XML: %(reason)s.") % {"reason": why_malformed(error)},
            _("Save it again from the modeler."),
            line=getattr(error, "lineno", None),
        ) from None
    info: Any = root.getroottree().docinfo  # the stubs don't know it
    if info.doctype:
        raise _refusal(
            _("The file declares a document type."), _("Remove the line that begins <!DOCTYPE.")
        )
    return root


def _check_size(root: Element) -> None:
    depth = 0
    for n, (event, _element) in enumerate(etree.iterwalk(root, events=("start", "end"))):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH or n > 2 * MAX_ELEMENTS:
            raise _refusal(
                _("The model is nested too deep, or has too many elements."),
                _("Split it into several models that import each other."),
            )


def _refusal(message: str, advice: str, *, line: int | None = None) -> DmnError:
    return DmnError([DmnProblem("definitions", line, message, advice)])


def local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def namespace_of(element: Element) -> str:
    return str(element.tag)[1:].partition("}")[0] if str(element.tag).startswith("{") else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the children of the model's own namespace that have one of `names`, or any name."""
    own = namespace_of(element)
    for child in element:
        is_own = isinstance(child.tag, str) and namespace_of(child) == own
        if is_own and (not names or local_name(child) in names):
            yield child


def child(element: Element, *names: str) -> Element | None:
    return next(children(element, *names), None)


def line_of(element: Element) -> int | None:
    line: Any = element.sourceline  # the stubs leave it open
    return int(line) if line else None


def text_of(element: Element | None, name: str = "text") -> str:
    """Return the text of the child `name`, or an empty text."""
    if element is None:
        return ""
    inner = child(element, name)
    return "" if inner is None else written_in(inner)


def written_in(element: Element) -> str:
    """Return all text inside the element."""
    return "".join(str(each) for each in element.itertext())
