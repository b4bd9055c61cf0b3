"""Sealing under keys that can be changed: the newest one seals, all known ones open.

Each text is encrypted with a key of its own (AES-256-GCM), which is wrapped with a vault key (AES
key wrap, RFC 3394). So a change of the vault key writes 40 bytes anew and never sees the text. The
encryption is bound to the `place` where the text is kept: what is copied elsewhere does not open.

Keys are texts `name:base64 of 32 bytes`, newest first, with spaces, commas or line breaks between;
lines that begin with # are comments.
"""

import base64
import binascii
import fcntl
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from django.utils.translation import gettext as _

from .errors import ConflictError
from .json import Json
from .private_files import write_private

KEY_BYTES, WRAPPED_BYTES, NONCE_BYTES = 32, 40, 12
KEY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)


class VaultError(ConflictError):
    """A secret can't be kept or opened; the message says what is missing."""

    code = "vault_closed"
    title = "The vault can't be opened"


@dataclass(frozen=True, slots=True)
class VaultKey:
    name: str
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return f"{self.name}:{base64.b64encode(self.secret).decode()}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is stored of a text: under which key its own key is wrapped, and the bytes."""

    key_name: str
    box: bytes


class Keyring:
    def __init__(self, keys: Sequence[VaultKey]) -> None:
        self._keys = tuple(keys)
        self._by_name = {key.name: key for key in keys}

    def __contains__(self, key_name: str) -> bool:
        return key_name in self._by_name

    @property
    def newest(self) -> VaultKey:
        """Return the key that seals. Raises VaultError when there is none."""
        if not self._keys:
            raise VaultError(
                _(
                    "There is no key to keep secrets with: set CONTROLROOM_VAULT_KEYS, or make a"
                    " key with “manage.py rotate_vault --new-key”."
                )
            )
        return self._keys[0]

    def seal(self, text: str, place: Sequence[Json]) -> Sealed:
        """Return `text` so that only a keyring with the newest key opens it, and only there."""
        own, nonce = AESGCM.generate_key(256), secrets.token_bytes(NONCE_BYTES)
        body = AESGCM(own).encrypt(nonce, text.encode(), _bound_to(place))
        return self._wrapped(own, nonce + body)

    def open(self, sealed: Sealed, place: Sequence[Json]) -> str:
        """Return what was sealed for `place`.

        Raises VaultError, with a message for each: the key is unknown here, it is another one of
        that name, or the bytes belong elsewhere.
        """
        own, rest = self._unwrapped(sealed)
        try:
            found = AESGCM(own).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _bound_to(place))
        except (InvalidTag, ValueError):
            raise VaultError(
                _("What is stored was sealed for something else, or was changed. Enter it again.")
            ) from None
        return found.decode()

    def rewrap(self, sealed: Sealed) -> Sealed:
        """Return the same text under the newest key, without opening it. Raises VaultError."""
        own, rest = self._unwrapped(sealed)
        return self._wrapped(own, rest)

    def _wrapped(self, own: bytes, rest: bytes) -> Sealed:
        key = self.newest
        return Sealed(key.name, aes_key_wrap(key.secret, own) + rest)

    def _unwrapped(self, sealed: Sealed) -> tuple[bytes, bytes]:
        key = self._by_name.get(sealed.key_name)
        words = {"key": sealed.key_name}
        if key is None:
            raise VaultError(
                _(
                    "It is sealed with the key “%(key)s”, which is not known here. Add that key to"
                    " the vault keys, or enter the secret again."
                )
                % words
            )
        try:
            own = aes_key_unwrap(key.secret, sealed.box[:WRAPPED_BYTES])
        except (InvalidUnwrap, ValueError):
            raise VaultError(
                _(
                    "The key “%(key)s” known here is not the one it was sealed with. Put the right"
                    " key back, or enter the secret again."
                )
                % words
            ) from None
        return own, sealed.box[WRAPPED_BYTES:]


def parse_keys(text: str) -> list[VaultKey]:
    """Return the keys that `text` names. Raises ValueError; its message holds no key."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    keys = [
        _parse_key(part, n)
        for n, part in enumerate(re.split(r"[\s,]+", " ".join(lines).strip()), start=1)
        if part
    ]
    if len({key.name for key in keys}) != len(keys):
        raise ValueError("two keys have the same name.")
    return keys


def new_key() -> VaultKey:
    """Return a fresh random key; its name tells the day, for people."""
    day = datetime.now(UTC).date().isoformat()
    return VaultKey(f"{day}-{secrets.token_hex(3)}", secrets.token_bytes(KEY_BYTES))


def read_keyring(said: str, file: Path) -> Keyring:
    """Return the keys that `said` (a setting) names, else those of `file`, else none.

    The file is read each time, so that a key added to it is known to every process at once.
    Raises VaultError when the file can't be read.
    """
    if said:
        return Keyring(parse_keys(said))
    try:
        return Keyring(parse_keys(file.read_text()))
    except FileNotFoundError:
        return Keyring(())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        message = _("The file with the vault keys (%(path)s) can't be used: %(why)s")
        raise VaultError(message % {"path": file, "why": why}) from None


def ensure_key(file: Path) -> None:
    """Make `file` with a first key, unless it is there."""
    with _alone(file):
        if not file.exists():
            write_private(file, f"{new_key().text}\n")


def add_key(file: Path) -> VaultKey:
    """Put a new key in front of those of `file`, and return it. Raises VaultError."""
    key = new_key()
    with _alone(file):
        read_keyring("", file)  # what can't be read is not built upon
        known = file.read_text() if file.exists() else ""
        write_private(file, f"{key.text}\n{known}")
    return key


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Two who add a key at once must not lose one: what is sealed with it would be lost, too."""
    with file.with_name(f".{file.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parse_key(part: str, n: int) -> VaultKey:
    name, _colon, secret = part.partition(":")
    if not KEY_NAME.fullmatch(name):
        raise ValueError(f"key {n} has no name; expected NAME:BASE64, as rotate_vault prints it.")
    try:
        found = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise ValueError(f"key {n} ({name}) is not 32 bytes in base64.")
    return VaultKey(name, found)


def _bound_to(place: Sequence[Json]) -> bytes:
    return json.dumps(list(place), separators=(",", ":"), ensure_ascii=True).encode()
