"""Secrets at rest: sealed with a key made from SECRET_KEY, so that the database alone is no use.

Each purpose has a key of its own: what was sealed as an API key can't be passed off as something
else. `SECRET_KEY_FALLBACKS` still open what was sealed before SECRET_KEY changed.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from .errors import ConflictError


class SealBrokenError(ConflictError):
    """The secret can't be opened: SECRET_KEY has changed since it was kept. Enter it again."""

    code = "seal_broken"
    title = "The secret can't be opened"


def seal(text: str, *, purpose: str) -> str:
    """Return `text` so that only this control room can read it; "" stays empty."""
    return _box(purpose).encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str, *, purpose: str) -> str:
    """Return what was sealed for `purpose`. Raises SealBrokenError."""
    if not sealed:
        return ""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBrokenError(
            _("The secret can't be opened: SECRET_KEY has changed. Enter the secret again.")
        ) from None


def _box(purpose: str) -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(str(secret), purpose)) for secret in secrets])


def _key(secret: str, purpose: str) -> bytes:
    made = HKDF(SHA256(), length=32, salt=None, info=f"controlroom:{purpose}".encode())
    return base64.urlsafe_b64encode(made.derive(secret.encode()))
