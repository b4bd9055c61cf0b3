"""The pair of keys that evidence is signed with: made once, whoever needs it first."""

import hashlib
from dataclasses import dataclass
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.db import connection, transaction

from apps.lib.sealing import SealBrokenError, seal, unseal

from .models import EvidenceKey

log = structlog.get_logger("controlroom.evidence")

PURPOSE: Final = "evidence-key"
LOCK: Final = 7_317_003


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: Ed25519PrivateKey
    public_pem: str

    def sign(self, content: bytes) -> bytes:
        return self.private.sign(content)


def signing_key() -> SigningKey:
    """Return the key that signs; several at once that need a first one get the same.

    A new one is made, too, when SECRET_KEY changed and the old one is no fallback: then nothing
    opens the last one any more.
    """
    return _newest() or _make()


def known_public_keys() -> list[str]:
    """Return the public keys of all that ever signed here, the newest first."""
    rows = EvidenceKey.objects.order_by("-id")
    return list(rows.values_list("public_pem", flat=True))


def read_public_key(pem: bytes) -> Ed25519PublicKey:
    """Raises ValueError for what is no public Ed25519 key."""
    try:
        key = load_pem_public_key(pem)
    except Exception as error:  # the library raises several of its own, too
        raise ValueError("no public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    return key


def fingerprint_of(pem: str) -> str:
    """Return what people compare over the telephone: SHA-256 of the key's 32 bytes."""
    raw = read_public_key(pem.encode()).public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _newest() -> SigningKey | None:
    row = EvidenceKey.objects.last()
    if row is None:
        return None
    try:
        found = load_pem_private_key(
            unseal(row.sealed_private_pem, purpose=PURPOSE).encode(), password=None
        )
    except SealBrokenError:
        log.warning("evidence_key_sealed_for_ever", key=row.pk)
        return None
    if not isinstance(found, Ed25519PrivateKey):
        raise TypeError("the key that is kept for evidence is of another kind")
    return SigningKey(found, row.public_pem)


@transaction.atomic
def _make() -> SigningKey:
    with connection.cursor() as cursor:
        # who waited finds the key of who was first
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    known = _newest()
    if known is not None:
        return known
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    EvidenceKey.objects.create(
        public_pem=public_pem, sealed_private_pem=seal(private_pem, purpose=PURPOSE)
    )
    return SigningKey(private, public_pem)
