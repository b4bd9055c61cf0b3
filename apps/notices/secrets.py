"""Secrets at rest: addresses that anybody could write to, and the key of our push messages.

Encrypted with a key that is derived from SECRET_KEY: who changes that has to add addresses again.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"apps.notices.addresses"


class UnreadableError(Exception):
    """It was encrypted with another SECRET_KEY."""


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises UnreadableError."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnreadableError from None


def digest_of(text: str) -> str:
    """Return what tells the same secret again, and nothing about it."""
    return hmac.new(_key(b"digest"), text.encode(), hashlib.sha256).hexdigest()


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"seal")))


def _key(use: bytes) -> bytes:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=PURPOSE, info=use)
    return derived.derive(settings.SECRET_KEY.encode())
