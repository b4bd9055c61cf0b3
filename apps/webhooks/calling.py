"""One call to one endpoint: where it was checked, within a time, and nothing followed.

Pure network: no database, so that threads may do it. The name is looked up once, its addresses are
checked, and the connection goes to one of these: a name that answers differently a moment later
leads nowhere else. Everything together has one deadline, however slowly the other side drips.
"""

import socket
import ssl
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException, HTTPResponse
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError, InvalidError
from apps.lib.hosts import addresses_of
from apps.lib.json import JsonObject

TOTAL_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
MAX_READ_BYTES: Final = 2_000
MAX_HEADERS, MAX_VALUE = 30, 300
MAX_RETRY_AFTER_CHARS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` is 0 when nothing was answered; `error` says why it counts as not taken."""

    status: int = 0
    error: str = ""
    headers: JsonObject = field(default_factory=dict)
    body: str = ""
    retry_after: str = ""
    seconds: float = 0.0

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300 and not self.error


class TooSlowError(Exception):
    """The deadline has passed."""


def send(call: Call, *, total_seconds: float = TOTAL_SECONDS) -> Answer:
    """Make the call; never raises for what the other side does."""
    begun = monotonic()
    try:
        found = _exchange(call, begun + total_seconds)
    except TooSlowError:
        found = Answer(error=_("No answer within %(n)d seconds.") % {"n": round(total_seconds)})
    except DomainError as error:
        found = Answer(error=error.message)
    except ssl.SSLCertVerificationError as error:
        text = _("Its certificate is not trusted: %(why)s.")
        found = Answer(error=text % {"why": error.verify_message})
    except (OSError, HTTPException, ValueError) as error:
        found = Answer(error=_in_words(error))
    return Answer(
        status=found.status,
        error=found.error[:300],
        headers=found.headers,
        body=found.body,
        retry_after=found.retry_after,
        seconds=monotonic() - begun,
    )


def check_url(url: str) -> None:
    """Raise InvalidError unless calls may go there; the host is looked up."""
    parts = _parts(url)
    addresses_of(str(parts.hostname), None, allowed=settings.WEBHOOK_HOSTS, setting="WEBHOOK_HOSTS")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
        is_plain = url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        host, is_plain = "", False
    if not host or not is_plain or parts.scheme not in ("https", "http"):
        raise InvalidError(_("Write the address as https://example.com/path."))
    if parts.username is not None or parts.password is not None:
        raise InvalidError(_("Leave user and password out of the address: calls are signed."))
    if parts.scheme == "http" and host.lower() not in settings.WEBHOOK_HOSTS:
        raise InvalidError(_("The address must begin with https://."))
    return parts


def _exchange(call: Call, deadline: float) -> Answer:
    parts = _parts(call.url)
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = addresses_of(host, port, allowed=settings.WEBHOOK_HOSTS, setting="WEBHOOK_HOSTS")
    with _connected(found, port, deadline) as plain:
        if parts.scheme == "http":
            return _talk(plain, _request(parts, call), deadline)
        plain.settimeout(_left(deadline))
        with _tls().wrap_socket(plain, server_hostname=host) as secured:
            return _talk(secured, _request(parts, call), deadline)


def _connected(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """Return a connection to the first of the addresses that takes one."""
    last: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection(
                (address, port), timeout=min(CONNECT_SECONDS, _left(deadline))
            )
        except OSError as error:
            last = error
    raise last or OSError(_("no address"))


def _request(parts: SplitResult, call: Call) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Host": parts.netloc,
        "Content-Length": str(len(call.body)),
        "Connection": "close",
        "Accept-Encoding": "identity",
        **call.headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + call.body


def _talk(connection: socket.socket, request: bytes, deadline: float) -> Answer:
    connection.settimeout(_left(deadline))
    try:
        # the timeout is for all of it
        connection.sendall(request)
    except TimeoutError:
        raise TooSlowError from None
    response = HTTPResponse(_Timed(connection, deadline), method="POST")  # type: ignore[arg-type]
    response.begin()
    shown: JsonObject = {
        name.lower()[:80]: _printable(value) for name, value in response.getheaders()[:MAX_HEADERS]
    }
    return Answer(
        status=response.status,
        error="" if 200 <= response.status < 300 else _refusal(response.status),
        headers=shown,
        body=_beginning(response),
        retry_after=(response.getheader("Retry-After") or "")[:MAX_RETRY_AFTER_CHARS],
    )


def _beginning(response: HTTPResponse) -> str:
    """Return the beginning of the body. Whether it was taken the status has said: what goes wrong
    from here on changes nothing."""
    found = b""
    try:
        while len(found) < MAX_READ_BYTES:
            piece = response.read1(MAX_READ_BYTES - len(found))
            if not piece:
                break
            found += piece
    except (OSError, HTTPException, ValueError, TooSlowError):
        pass
    return found.decode("utf-8", "replace").replace("\x00", "")


class _Timed:
    """A connection that HTTPResponse reads from, each time only for what is left."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._reader = BufferedReader(_TimedRaw(connection, deadline))

    def makefile(self, _mode: str) -> "BufferedReader[_TimedRaw]":
        return self._reader


class _TimedRaw(RawIOBase):
    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._deadline))
        try:
            return self._connection.recv_into(buffer)
        except TimeoutError:
            raise TooSlowError from None


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TooSlowError
    return left


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return _("It answers %(status)d: redirects are not followed.") % {"status": status}
    return _("It answers %(status)d.") % {"status": status}


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("It could not be reached in time.")
    if isinstance(error, ConnectionRefusedError):
        return _("Nothing listens there.")
    if isinstance(error, HTTPException):
        return _("What it answers is not HTTP.")
    said = str(error) or type(error).__name__
    return _("It could not be reached: %(why)s") % {"why": _printable(said)}


def _printable(text: str) -> str:
    return "".join(each for each in text[:MAX_VALUE] if each.isprintable())


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
