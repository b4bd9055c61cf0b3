"""The values of `format` that are checked, each with words that show one; others are notes."""

import ipaddress
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 2_048  # no value of these formats is longer; keeps hostile text cheap

_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?)", re.ASCII
)
_EMAIL = re.compile(r"[^\s@\"<>(),;:\\]{1,64}@[^\s@\"<>(),;:\\]{1,255}")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)
_URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:", re.ASCII)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    return len(text) == 10 and text[4] == "-" and _parses(date.fromisoformat, text)


def _moment(text: str) -> object:
    # Python takes at most six decimals; what comes after them changes no date
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper()))


def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None and _parses(_moment, text)


def _is_time(text: str) -> bool:
    if _TIME.fullmatch(text) is None:
        return False
    return _parses(time.fromisoformat, re.sub(r"(\.\d{6})\d+", r"\1", text.upper()))


def _is_hostname(text: str) -> bool:
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


def _is_uri(text: str) -> bool:
    return _SCHEME.match(text) is not None and _is_uri_reference(text)


def _is_uri_reference(text: str) -> bool:
    return _URI_CHARACTERS.fullmatch(text) is not None and _parses(urlsplit, text)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and _parses(uuid.UUID, text)


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


FORMATS: dict[str, tuple[Callable[[str], bool], object]] = {
    "date": (_is_date, _("must be a date such as 2026-03-31")),
    "date-time": (
        _is_date_time,
        _("must be a date and time with its zone, such as 2026-03-31T17:00:00+02:00"),
    ),
    "time": (_is_time, _("must be a time with its zone, such as 17:00:00+02:00")),
    "duration": (
        lambda text: _DURATION.fullmatch(text) is not None,
        _("must be a duration such as P3D or PT8H"),
    ),
    "email": (_is_email, _("must be an e-mail address such as name@example.com")),
    "idn-email": (_is_email, _("must be an e-mail address such as name@example.com")),
    "hostname": (_is_hostname, _("must be a host name such as www.example.com")),
    "ipv4": (
        lambda text: _parses(ipaddress.IPv4Address, text),
        _("must be an IP address such as 192.0.2.1"),
    ),
    "ipv6": (
        lambda text: _parses(ipaddress.IPv6Address, text),
        _("must be an IPv6 address such as 2001:db8::1"),
    ),
    "uri": (_is_uri, _("must be an address such as https://example.com/page")),
    "uri-reference": (
        _is_uri_reference,
        _("must be an address such as /page or https://example.com"),
    ),
    "uuid": (_is_uuid, _("must be a UUID such as 7d444840-9dc0-11d1-b245-5ffdce74fad2")),
}


def has_format(name: object, value: object) -> bool:
    """Say whether `value` is of the format; what is not text, or not a known format, always is."""
    known = FORMATS.get(name) if isinstance(name, str) else None
    if known is None or not isinstance(value, str):
        return True
    return len(value) <= MAX_LENGTH and known[0](value)
