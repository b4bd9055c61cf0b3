"""Reads a mailbox by IMAP: what is new since last time, and what a message says.

Nothing is changed there, not even what counts as read. What the server says is never quoted: it has
seen the password.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from socket import SHUT_RDWR
from threading import Timer
from typing import Final

from django.utils.translation import gettext as _

from apps.bots.kept import Credential

from .refusals import RefusedError

TIMEOUT_SECONDS: Final = 15
MAX_MESSAGE_BYTES: Final = 40 * 1024 * 1024
MAX_HEADER_BYTES: Final = 64 * 1024
# of UTF-8: with all else that is told of a mail it stays below what is kept of a delivery
MAX_TEXT_BYTES: Final = 40_000
MAX_ATTACHMENTS: Final = 20
# as IMAP writes them, whatever language we speak
MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
# Of one look; a server that goes on sending nonsense holds up the other mailboxes no longer
LONGEST_LOOK_SECONDS: Final = 300
_FAULTS: Final = (imaplib.IMAP4.error, OSError, EOFError, ValueError)


class UnreadableError(Exception):
    """A mail can't be read at all; what it broke is its cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which mailbox, and how it is reached."""

    host: str
    port: int
    tls: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as far as triggers care."""

    message_id: str
    sender: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    n_left_out: int = 0


class _Bounded(imaplib.IMAP4):
    """Hung up on after a while: a timeout of the socket alone never comes while a server talks."""

    _end: Timer

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        super().open(host, port, timeout)
        self._end = Timer(LONGEST_LOOK_SECONDS, self._hang_up)
        self._end.daemon = True
        self._end.start()

    def shutdown(self) -> None:
        self._end.cancel()
        super().shutdown()

    def _hang_up(self) -> None:
        """Whoever reads from it is told that it broke off."""
        with suppress(OSError):
            self.sock.shutdown(SHUT_RDWR)


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):  # type: ignore[misc] # its stubs lack a default
    """The same over TLS from the beginning."""


class Mailbox:
    """A mailbox that is open for reading. Its methods raise RefusedError when it breaks off."""

    def __init__(self, connection: imaplib.IMAP4, validity: int, next_uid: int) -> None:
        self._connection = connection
        # numbers of messages hold as long as this stays the same
        self.validity = validity
        self.next_uid = next_uid

    def uids_after(self, uid: int) -> list[int]:
        # with nothing newer the server answers the newest there is
        return [each for each in self._search(f"UID {uid + 1}:*") if each > uid]

    def uids_since(self, day: date) -> list[int]:
        """Return those that came on that day or later."""
        return self._search(f"SINCE {day.day}-{MONTHS[day.month - 1]}-{day.year}")

    def size_of(self, uid: int) -> int:
        answer = self._fetch(uid, "(RFC822.SIZE)")
        said = b" ".join(_bytes_of(part) for part in answer)
        found = re.search(rb"RFC822\.SIZE (\d{1,15})", said)
        return int(found[1]) if found else 0

    def header_of(self, uid: int) -> EmailMessage:
        return _parsed(self._literal(uid, f"(BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>)"))

    def mail_of(self, uid: int) -> Mail:
        return read_mail(self._literal(uid, "(BODY.PEEK[])"))

    def _search(self, criteria: str) -> list[int]:
        _said, answer = self._ask("SEARCH", criteria)
        words = b" ".join(_bytes_of(part) for part in answer).split()
        return sorted(int(word) for word in words if word.isdigit())

    def _literal(self, uid: int, what: str) -> bytes:
        parts = [part[1] for part in self._fetch(uid, what) if isinstance(part, tuple)]
        return bytes(parts[0]) if parts else b""

    def _fetch(self, uid: int, what: str) -> list[object]:
        return self._ask("FETCH", str(uid), what)[1]

    def _ask(self, command: str, *words: str) -> tuple[str, list[object]]:
        try:
            said, answer = self._connection.uid(command, *words)
        except _FAULTS as error:
            raise _broken(error) from None
        if said != "OK":
            raise _refused(_("The mail server did not answer a question about the mailbox."))
        return said, list(answer)


@contextmanager
def opened_mailbox(place: Place, credential: Credential) -> Iterator[Mailbox]:
    """Give the mailbox, for reading alone. Raises RefusedError, which never holds the password."""
    connection = _connect(place)
    try:
        _sign_in(connection, credential)
        yield _select(connection, place.mailbox)
    finally:
        _leave(connection)


def is_wanted(header: EmailMessage, sender: str, subject: str) -> bool:
    """Tell whether a message is from there and its subject has those words, in any case."""
    address = parseaddr(_said(header, "from"))[1].lower()
    is_from = not sender or address == sender.lower() or address.endswith(_domain(sender))
    return is_from and subject.lower() in _said(header, "subject").lower()


def read_mail(raw: bytes) -> Mail:
    """Return what the message says; what can't be read of it is left out.

    Raises UnreadableError where nothing can: parts in parts in parts without end, say.
    """
    try:
        return _read_mail(_parsed(raw))
    except Exception as error:  # whatever senders make up and the library does not expect
        raise UnreadableError from error


def _read_mail(message: EmailMessage) -> Mail:
    parts = [part for part in message.walk() if part.get_filename() or _is_file(part)]
    kept = [_attachment(part) for part in parts[:MAX_ATTACHMENTS]]
    return Mail(
        message_id=message_id_of(message),
        sender=parseaddr(_said(message, "from"))[1][:300],
        subject=_said(message, "subject")[:500],
        text=_text(message).encode()[:MAX_TEXT_BYTES].decode(errors="ignore"),
        attachments=tuple(each for each in kept if each.content),
        n_left_out=max(0, len(parts) - MAX_ATTACHMENTS),
    )


def message_id_of(message: EmailMessage) -> str:
    return _said(message, "message-id")[:150]


def _connect(place: Place) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    try:
        if place.tls == "tls":
            return _BoundedTls(place.host, place.port, ssl_context=context, timeout=TIMEOUT_SECONDS)
        connection = _Bounded(place.host, place.port, timeout=TIMEOUT_SECONDS)
    except _FAULTS as error:
        raise _broken(error) from None
    if place.tls == "starttls":
        _encrypt(connection, context)
    return connection


def _encrypt(connection: imaplib.IMAP4, context: ssl.SSLContext) -> None:
    try:
        connection.starttls(context)
    except _FAULTS as error:
        _leave(connection)
        raise _broken(error) from None


def _leave(connection: imaplib.IMAP4) -> None:
    """Say goodbye; what hears it no more is hung up on all the same."""
    try:
        connection.logout()
    except _FAULTS:
        with suppress(OSError):
            connection.shutdown()


def _sign_in(connection: imaplib.IMAP4, credential: Credential) -> None:
    password = credential.password.reveal()
    if not (credential.username + password).isprintable():
        raise _refused(_("The user name or the password has characters that IMAP can't take."))
    user = credential.username.replace("\\", "\\\\").replace('"', '\\"')
    try:
        connection.login(f'"{user}"', password)
    except imaplib.IMAP4.abort as error:
        raise _broken(error) from None
    except imaplib.IMAP4.error:
        raise _refused(_("The mail server refused the user name or the password.")) from None
    except _FAULTS as error:
        raise _broken(error) from None


def _select(connection: imaplib.IMAP4, mailbox: str) -> Mailbox:
    escaped = mailbox.replace("\\", "\\\\").replace('"', '\\"')
    try:
        said, _n = connection.select(f'"{escaped}"', readonly=True)
    except _FAULTS as error:
        raise _broken(error) from None
    if said != "OK":
        raise _refused(_("There is no mailbox “%(name)s”.") % {"name": mailbox})
    return Mailbox(connection, _told(connection, "UIDVALIDITY"), _told(connection, "UIDNEXT"))


def _told(connection: imaplib.IMAP4, what: str) -> int:
    """Return a number that came with opening the mailbox."""
    answer = connection.response(what)[1]
    digits = _bytes_of(answer[-1]) if answer else b""
    if not digits.isdigit():
        raise _refused(_("The mail server does not say %(what)s.") % {"what": what})
    return int(digits)


def _broken(error: Exception) -> RefusedError:
    """Name what went wrong on the way; of what the server said nothing is repeated."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return _refused(_("The mail server can't be reached: %(why)s") % {"why": why[:200]})


def _refused(message: str) -> RefusedError:
    return RefusedError("mailbox", message, status=502)


def _parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _said(message: EmailMessage, name: str) -> str:
    """Return a header as text; broken ones are left out."""
    try:
        found = str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, LookupError):
        return ""
    return storable(" ".join(found.split()))


def _domain(sender: str) -> str:
    """`@example.com` and `example.com` stand for all of that domain."""
    return ("@" + sender.rpartition("@")[2].lower()) if sender.find("@") < 1 else "\x00"


def _text(message: EmailMessage) -> str:
    try:
        body = message.get_body(preferencelist=("plain", "html"))
        return storable(str(body.get_content())) if body is not None else ""
    except (LookupError, ValueError, KeyError, AttributeError):
        return ""


def _is_file(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment"


def _attachment(part: EmailMessage) -> Attachment:
    try:
        content = part.get_payload(decode=True)
        if content is None:  # a message in a message
            content = b"".join(inner.as_bytes() for inner in part.iter_parts())
        name = storable(part.get_filename() or "attachment")
    except (LookupError, ValueError, AttributeError, TypeError):
        return Attachment("", "", b"")
    return Attachment(name[:200], storable(part.get_content_type())[:100], bytes(content))


def storable(said: str) -> str:
    """Return text that PostgreSQL keeps: no NUL, no halves of pairs."""
    return said.replace("\x00", "").encode("utf-8", "replace").decode("utf-8", "replace")


def _bytes_of(part: object) -> bytes:
    if isinstance(part, tuple):
        return b" ".join(_bytes_of(each) for each in part)
    return part if isinstance(part, bytes) else b""
