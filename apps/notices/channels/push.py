"""Web push: the message is encrypted for the one browser that reads it (RFC 8291), and signed so
that its push service knows us (VAPID, RFC 8292)."""

import base64
import json
import os
import time
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError, InvalidError
from apps.lib.sealing import SealBrokenError, seal, unseal
from apps.notices.hosts import check_host, is_trusted
from apps.notices.models import ADDRESS, Address, PushKeys

from .messages import Message
from .results import SendError

CURVE = ec.SECP256R1()
RECORD_BYTES = 4096
# Push services take 4 kB in all
MAX_TEXT = 600
KEEP_SECONDS = 24 * 3600
SIGNED_FOR_SECONDS = 12 * 3600
TIMEOUT_SECONDS = 10.0
GONE = {404, 410}
PUSH_KEY = "notices.push_key"


def send(address: Address, message: Message) -> None:
    try:
        browser = json.loads(unseal(address.secret, purpose=ADDRESS))
        check_endpoint(browser["endpoint"])
        answer = _post(browser, message)
    except SealBrokenError:
        raise SendError(_("This browser must be added again."), fault="gone") from None
    except DomainError as error:
        raise SendError(error.message) from None
    except httpx.HTTPError as error:
        raise SendError(_("The push service can't be reached."), fault="server") from error
    if answer.status_code in GONE:
        raise SendError(_("The browser no longer takes messages."), fault="gone")
    if answer.status_code >= 300:
        text = _("The push service answers %(status)d.")
        raise SendError(text % {"status": answer.status_code})


def check_endpoint(endpoint: str) -> None:
    """Raise InvalidError unless it can be the address of a push service."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_trusted(host))
    except ValueError:
        is_safe = False
    if not is_safe or not host or len(endpoint) > 1_000:
        raise InvalidError(_("This is not the address of a push service."))
    check_host(host)


def check_keys(p256dh: str, auth: str) -> None:
    """Raise InvalidError unless a message can be encrypted for them."""
    try:
        encrypt(b"test", receiver=unpack(p256dh), auth=unpack(auth))
    except (ValueError, TypeError):
        raise InvalidError(_("The browser's keys can't be used.")) from None


def public_key() -> str:
    """Return the key that browsers subscribe with; made on first use."""
    return _keys().public


def encrypt(
    text: bytes,
    *,
    receiver: bytes,
    auth: bytes,
    salt: bytes | None = None,
    own: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return the body of a push message: one record of aes128gcm. Raises ValueError.

    `receiver` and `auth` are the browser's; the last two are random except in tests.
    """
    if len(auth) != 16:
        raise ValueError("auth has 16 bytes")
    salt = salt or os.urandom(16)
    own = own or ec.generate_private_key(CURVE)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver)
    ours = _point(own)
    shared = own.exchange(ec.ECDH(), theirs)
    secret = _derive(shared, auth, b"WebPush: info\x00" + receiver + ours, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours
    # 0x02 ends the last record
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _post(browser: dict[str, str], message: Message) -> httpx.Response:
    shown = {
        "title": message.title[:200],
        "body": message.body[:MAX_TEXT],
        "url": message.path,
        "tag": message.tag,
    }
    body = encrypt(
        json.dumps(shown).encode(),
        receiver=unpack(browser["p256dh"]),
        auth=unpack(browser["auth"]),
    )
    headers = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEEP_SECONDS),
        "Authorization": _authorization(browser["endpoint"]),
    }
    return httpx.post(
        browser["endpoint"],
        content=body,
        headers=headers,
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
    )


def _authorization(endpoint: str) -> str:
    """Return the VAPID header: a signed JWT that names us and the push service."""
    parts, keys = urlsplit(endpoint), _keys()
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + SIGNED_FOR_SECONDS,
        "sub": settings.PUBLIC_URL or "mailto:nobody@example.com",
    }
    signed = ".".join(
        pack(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    private = serialization.load_pem_private_key(
        unseal(keys.private, purpose=PUSH_KEY).encode(), None
    )
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = pack(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={keys.public}"


def _keys() -> PushKeys:
    """Two processes may make them at once: the first stays."""
    found = PushKeys.objects.first()
    if found is None:
        private = ec.generate_private_key(CURVE)
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made = PushKeys(public=pack(_point(private)), private=seal(pem.decode(), purpose=PUSH_KEY))
        PushKeys.objects.bulk_create([made], ignore_conflicts=True)
        found = PushKeys.objects.get()
    return found


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
