"""Reads BPMN files from strangers: no document types, entities or network, bounded in size."""

from typing import Any, NoReturn

from lxml import etree

from apps.lib.texts import gettext as _
from apps.lib.xml_errors import why_malformed

from . import names
from .model import Element, Model, line_of, model_of
from .problems import ModelError, Problem

MAX_BYTES = 5_000_000
MAX_DEPTH = 100  # each subprocess is one level; this also bounds the recursion of the compiler
MAX_ELEMENTS = 100_000


def read_model(xml: bytes) -> Model:
    """Return the model. Raises ModelError for what is no BPMN, too large, or a trap."""
    if len(xml) > MAX_BYTES:
        _refuse(
            _("The file is larger than %(n)d MB.") % {"n": MAX_BYTES // 1_000_000},
            _("Split it: a call activity starts a workflow of another file."),
        )
    root = _parse(xml)
    _check_size(root)
    if root.tag != names.qualified("definitions"):
        _refuse(
            _("The file is no BPMN model: its root is “%(tag)s”.") % {"tag": str(root.tag)[:120]},
            _("Hand in a BPMN 2.0 diagram, as modelers save it."),
            line=line_of(root),
        )
    return model_of(root)


def _parse(xml: bytes) -> Element:
    # Nothing is fetched; libxml2's own limits on depth and on the growth by entities stay on.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        strip_cdata=False,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        _refuse(
            _("The file is not well-formed XML: %(reason)s.") % {"reason": why_malformed(error)},
            _("Save it again from the modeler."),
            line=getattr(error, "lineno", None),
        )
    info: Any = root.getroottree().docinfo  # the stubs don't know doctype
    if info.doctype:
        _refuse(_("The file declares a document type."), _("Remove the part from <!DOCTYPE to >."))
    return root


def _check_size(root: Element) -> None:
    depth = 0
    for n, (event, _element) in enumerate(etree.iterwalk(root, events=("start", "end"))):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH or n > 2 * MAX_ELEMENTS:
            _refuse(
                _("The model is nested too deep, or has too many elements."),
                _("Split it: a call activity starts a workflow of another file."),
            )


def _refuse(message: str, advice: str, *, line: int | None = None) -> NoReturn:
    raise ModelError([Problem("", line or 0, message, advice)]) from None
