"""Standard Webhooks (standardwebhooks.com): names of headers, secrets, and how both sides sign.

A sender signs `id.timestamp.body` with HMAC-SHA256, over the bytes as they go out.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from hmac import digest as hmac_digest
from typing import Final

from .secrecy import Secret

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX: Final = "whsec_"
# of a new secret; others make shorter and longer ones
SECRET_BYTES: Final = 32


def new_secret() -> Secret:
    """Return a fresh secret in the form that both sides take: `whsec_` and base64."""
    return Secret(PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


def mac(secret: Secret, webhook_id: str, timestamp: str, body: bytes) -> bytes:
    """Return the bare signature of these bytes."""
    key = base64.b64decode(secret.reveal().removeprefix(PREFIX))
    return hmac_digest(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256)


def sign(secret: Secret, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature as it stands in the header."""
    return f"v1,{base64.b64encode(mac(secret, webhook_id, str(timestamp), body)).decode()}"


def sign_with_all(secrets: Iterable[Secret], webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the header of a sender that changes its secret: a signature by each."""
    return " ".join(sign(each, webhook_id, timestamp, body) for each in secrets)
