"""One element of a UBL document, with readers that name what is wrong with it."""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from lxml import etree

from .safe_xml import UblError

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
PREFIXES = {"cac": CAC, "cbc": CBC}

MAX_TEXT_CHARACTERS = 1_000
DECIMAL = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,10})?|\.[0-9]{1,10})")
# xsd:date may carry a time zone; an invoice's day is meant as written.
DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Node:
    """An element, the currency of its document, and its `place` in the payload for messages."""

    element: etree._Element
    currency: str = ""
    place: str = ""

    def at(self, place: str) -> "Node":
        return replace(self, place=place)

    def first(self, path: str) -> "Node | None":
        found = self.element.find(path, PREFIXES)
        return None if found is None else Node(found, self.currency, self.place)

    def all(self, path: str) -> "list[Node]":
        found = self.element.findall(path, PREFIXES)
        return [Node(element, self.currency, self.place) for element in found]

    def required(self, path: str) -> "Node":
        found = self.first(path)
        if found is None:
            raise self._missing(path)
        return found

    def attribute(self, name: str) -> str:
        return _limited(self.element.get(name, "").strip(), name, MAX_TEXT_CHARACTERS, self.place)

    def own_text(self, *, limit: int = MAX_TEXT_CHARACTERS) -> str:
        text = " ".join((self.element.text or "").split())
        return _limited(text, self.name, limit, self.place)

    def own_paragraphs(self, *, limit: int) -> str:
        """Return the text with its line breaks, each line trimmed."""
        lines = (self.element.text or "").strip().splitlines()
        text = "\n".join(" ".join(line.split()) for line in lines)
        return _limited(text, self.name, limit, self.place)

    @property
    def name(self) -> str:
        return etree.QName(self.element).localname

    def text(self, path: str, *, limit: int = MAX_TEXT_CHARACTERS) -> str:
        """Return the text at `path` with single spaces; empty when it is not there."""
        found = self.first(path)
        return found.own_text(limit=limit) if found else ""

    def paragraphs(self, path: str, *, limit: int) -> str:
        found = self.first(path)
        return found.own_paragraphs(limit=limit) if found else ""

    def required_text(self, path: str, *, limit: int = MAX_TEXT_CHARACTERS) -> str:
        text = self.text(path, limit=limit)
        if not text:
            raise self._missing(path)
        return text

    def decimal(self, path: str) -> Decimal | None:
        node = self.first(path)
        return self._own_decimal(node, path) if node else None

    def amount(self, path: str) -> Decimal | None:
        """Return the amount at `path`; raises UblError if it is not in the document's currency."""
        node = self.first(path)
        if node is None:
            return None
        amount = self._own_decimal(node, path)
        currency = node.attribute("currencyID")
        if currency and self.currency and currency != self.currency:
            problem = _("is in %(currency)s, but the invoice is in %(expected)s") % {
                "currency": currency[:20],
                "expected": self.currency,
            }
            raise self._wrong(path, str(amount), problem)
        return amount

    def required_amount(self, path: str) -> Decimal:
        amount = self.amount(path)
        if amount is None:
            raise self._missing(path)
        return amount

    def day(self, path: str) -> date | None:
        text = self.text(path)
        if not text:
            return None
        match = DATE.fullmatch(text)
        try:
            return date.fromisoformat(match[1] if match else "")
        except ValueError:
            problem = _("is not a date. Write it as in 2026-01-31")
            raise self._wrong(path, text, problem) from None

    def required_day(self, path: str) -> date:
        found = self.day(path)
        if found is None:
            raise self._missing(path)
        return found

    def required_boolean(self, path: str) -> bool:
        text = self.required_text(path)
        if text not in BOOLEANS:
            raise self._wrong(path, text, _("is neither true nor false"))
        return BOOLEANS[text]

    def _own_decimal(self, node: "Node", path: str) -> Decimal | None:
        text = node.own_text()
        if not text:
            return None
        if not DECIMAL.fullmatch(text):
            problem = _("is not a number that can be read. Write it as in 1234.50")
            raise self._wrong(path, text, problem)
        return Decimal(text)

    def _missing(self, path: str) -> UblError:
        name = _last_name(path)
        message = _("%(place)s%(name)s is missing, and the invoice can't be read without it.")
        return UblError(message % {"place": _place(self.place), "name": name}, field=self._at(name))

    def _wrong(self, path: str, value: str, problem: str) -> UblError:
        name = _last_name(path)
        message = _("%(place)s%(name)s “%(value)s” %(problem)s.") % {
            "place": _place(self.place),
            "name": name,
            "value": value[:60],
            "problem": problem,
        }
        return UblError(message, field=self._at(name))

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name


def _last_name(path: str) -> str:
    return path.rpartition(":")[2]


def _place(place: str) -> str:
    """Return "Line 3: " for `lines.2`, as people count; empty for the document itself."""
    parts = place.split(".")
    if parts[0] == "lines":
        return _("Line %(number)d: ") % {"number": int(parts[1]) + 1}
    return ""


def _limited(text: str, name: str, limit: int, place: str) -> str:
    if len(text) > limit:
        message = _("%(place)s%(name)s is %(length)d characters long; at most %(limit)d are read.")
        values = {"place": _place(place), "name": name, "length": len(text), "limit": limit}
        raise UblError(message % values, field=f"{place}.{name}" if place else name)
    return text
