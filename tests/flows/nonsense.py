"""What nobody means: values for addresses, and how to find out which names a page reads."""

import base64
import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.urls import URLPattern, URLResolver


def forged(*values: Any) -> str:
    """Return what looks like a cursor."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


# as they stand in an address, percent-encoded
VALUES = {
    "nothing": "",
    "a nul byte": "%00",
    "a nul byte within": "a%00b",
    "very long": "a" * 10_000,
    "negative": "-1",
    "too large": "9" * 40,
    "more digits than Python reads": "9" * 5_000,
    "too large for the database": str(2**63),
    "a number of another script": "%D9%A3",
    "no number": "NaN",
    "infinite": "1e999",
    "a day that never was": "2026-02-31",
    "the first day": "0001-01-01",
    "the last moment": "9999-12-31T23:59:59",
    "the last moment somewhere": "9999-12-31T23:59:59-14:00",
    "a span without end": "-" + "9" * 20 + "h",
    "half a character": "%ED%A0%80",
    "no text at all": "%FF%FE",
    "an escaped escape": "%2500",
    "an empty list": "%5B%5D",
    "half an object": "%7B%22a%22",
    "a cursor of nothing": forged(),
    "a cursor of another list": forged("-id", 5),
    "a cursor of nonsense": forged("-occurred_at,-id", {"at": "9999-12-31T23:59:59-14:00"}, 9**40),
    "an unknown zone": "Mars/Olympus_Mons",
    "a path for a zone": "../../etc/passwd",
    "a smile": "%F0%9F%98%80",
    "from right to left": "%E2%80%AE%D7%A9",
    "wildcards": "%25_%25%5C",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "quotes": "%27%22%3B--",
}
# in the place of a number or a key in a path
PLACES = ("9" * 40, str(2**63), "%00", "-1", "%F0%9F%98%80", "%ED%A0%80", "a" * 3_000)

LINK = re.compile(r'href="([^"?#]*)\?([^"#]+)')
ASKING_FORM = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
FIELD = re.compile(r'<(?:input|select|textarea)[^>]*\sname="([^"]+)"')


class Watched(QueryDict):
    """A query that remembers what it was asked for."""

    asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def getlist(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().getlist(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


@contextmanager
def names_looked_up() -> Iterator[set[str]]:
    """Note which names are looked up in `request.GET` meanwhile."""
    names: set[str] = set()
    Watched.asked = names
    usual = WSGIRequest.GET

    def watched(request: WSGIRequest) -> Watched:
        if "_watched" not in request.__dict__:
            query = Watched(request.META.get("QUERY_STRING", ""), mutable=True)
            request.__dict__["_watched"] = query
        found: Watched = request.__dict__["_watched"]
        return found

    WSGIRequest.GET = property(watched)  # type: ignore[assignment,method-assign]
    try:
        yield names
    finally:
        WSGIRequest.GET = usual  # type: ignore[method-assign]


def names_on_page(text: str, address: str) -> set[str]:
    """Return the names in a page's links to itself, and in its forms that ask."""
    links = [query for path, query in LINK.findall(text) if path in ("", address)]
    in_links = {name for query in links for name, _value in parse_qsl(html.unescape(query))}
    in_forms = {name for form in ASKING_FORM.findall(text) for name in FIELD.findall(form)}
    return in_links | in_forms


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return every address of an URL conf with what answers there."""
    for each in patterns:
        address = f"{before}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, address)
        else:
            yield address, each
