"""XML as people can read it: indented, foldable, escaped; no entity is ever resolved."""

from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString
from lxml import etree

from .plain import TEXT, show_text
from .registry import Document, Shown, content_of

XML_TYPES = frozenset({"application/xml", "text/xml"})
MAX_ELEMENTS: Final = 4_000
MAX_DEPTH: Final = 60
MAX_TEXT: Final = 2_000
OPEN_DEPTH: Final = 3


def show_xml(file: Document) -> Shown | None:
    """Show elements that fold; a file with too many of them as indented text."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True
    )
    try:
        root = etree.fromstring(content_of(file) or b"", parser)
    except (etree.XMLSyntaxError, ValueError):
        return show_text(file)
    if _is_handy(root):
        html = SafeString("".join(_drawn(root, 0)))
        return "queues/documents/xml.html", {"file": file, "html": html}
    text = etree.tostring(root, pretty_print=True, encoding="unicode")
    return TEXT, {"file": file, "text": text}


def _is_handy(root: Any) -> bool:
    for amount, element in enumerate(root.iter()):
        depth = sum(1 for _above in element.iterancestors()) if amount % 50 == 0 else 0
        if amount > MAX_ELEMENTS or depth > MAX_DEPTH:
            return False
    return True


def _drawn(element: Any, depth: int) -> list[str]:
    """Return the element as HTML; every word of the file in it is escaped."""
    if not isinstance(element.tag, str):
        return [_note(element)]
    children = list(element)
    name, text = _tag(element), _text(element.text)
    if not children:
        value = f"<b>{text}</b>" if text else ""
        return [f'<p class="xml-leaf"><span class="xml-name">{name}</span> {value}</p>']
    if depth >= MAX_DEPTH:
        return [f'<p class="xml-leaf"><span class="xml-name">{name}</span> …</p>']
    is_open = " open" if depth < OPEN_DEPTH or len(children) <= 8 else ""
    parts = [
        f'<details class="xml-element"{is_open}><summary><span class="xml-name">{name}</span> '
        f'<span class="xml-hint">{_hint(children)}</span></summary>'
    ]
    parts += [f'<p class="xml-leaf"><b>{text}</b></p>'] if text else []
    for child in children:
        parts += _drawn(child, depth + 1)
        tail = _text(child.tail)
        parts += [f'<p class="xml-leaf"><b>{tail}</b></p>'] if tail else []
    return [*parts, "</details>"]


def _tag(element: Any) -> str:
    """Return the name without its namespace, and the attributes."""
    said: list[str] = [escape(etree.QName(element).localname)]
    for name, value in element.attrib.items():
        short = escape(etree.QName(name).localname)
        said.append(f'<span class="xml-attribute">{short}={escape(value[:MAX_TEXT])}</span>')
    return " ".join(said)


def _hint(children: list[Any]) -> str:
    """Return the first short values within, to be read while it is folded."""
    texts = [(child.text or "").strip() for child in children if isinstance(child.tag, str)]
    return escape(" · ".join(text for text in texts if text and len(text) <= 40)[:120])


def _text(text: str | None) -> str:
    return escape((text or "").strip()[:MAX_TEXT])


def _note(element: Any) -> str:
    return f'<p class="xml-leaf xml-comment">{_text(str(element.text or ""))}</p>'


__all__ = ["XML_TYPES", "show_xml"]
