"""Signatures of Standard Webhooks (standardwebhooks.com): who sent it, and when.

The signature covers the bytes as they came, so it is checked before anything reads them.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Final

from django.utils.translation import gettext as _

from apps.lib.secrecy import Secret
from apps.lib.standard_webhooks import ID, SIGNATURE, TIMESTAMP, mac, new_secret, sign

from .refusals import RefusedError

__all__ = ["ID", "SIGNATURE", "TIMESTAMP", "Signed", "check", "new_secret", "sign"]

# More than a sender that changes its secret ever sends
MAX_SIGNATURES: Final = 10
# a stop would move the borders of what is signed: `a.1` + `2` reads as `a` + `1.2`
ACCEPTABLE_ID: Final = re.compile(r"[A-Za-z0-9_~:+/=-]{1,150}", re.ASCII)
ACCEPTABLE_TIME: Final = re.compile(r"[0-9]{1,11}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature vouches for."""

    id: str
    sent_at: datetime


def check(
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Iterable[Secret],
    now: datetime,
    tolerance_seconds: int,
) -> Signed:
    """Return who and when, for lower-case `headers`. Raises RefusedError, which says what is wrong.

    Any of `secrets` may have signed, and one signature of several is enough: so either side can
    change its secret first.
    """
    webhook_id, timestamp = _id_of(headers), _time_of(headers, now, tolerance_seconds)
    given = _signatures_of(headers)
    known = list(secrets)
    if not known:
        raise _unsigned("no_secret", _("There is no secret for this address yet."))
    made = [mac(secret, webhook_id, headers[TIMESTAMP], body) for secret in known]
    # every pair, so that the time it takes says nothing about which one fits
    fits = [compare_digest(one, other) for one in made for other in given]
    if not any(fits):
        raise _unsigned("bad_signature", _("The signature does not fit the secret and the body."))
    return Signed(webhook_id, timestamp)


def _id_of(headers: Mapping[str, str]) -> str:
    webhook_id = _header(headers, ID)
    if not ACCEPTABLE_ID.fullmatch(webhook_id):
        message = _("webhook-id may have up to 150 letters, digits and _ ~ : + / = - only.")
        raise RefusedError("bad_id", message, status=400)
    return webhook_id


def _time_of(headers: Mapping[str, str], now: datetime, tolerance_seconds: int) -> datetime:
    said = _header(headers, TIMESTAMP)
    if not ACCEPTABLE_TIME.fullmatch(said):
        message = _("webhook-timestamp must be a number of seconds since 1970.")
        raise RefusedError("bad_timestamp", message, status=400)
    age = now.timestamp() - int(said)
    words = {"seconds": abs(round(age)), "most": tolerance_seconds}
    if age > tolerance_seconds:
        message = _("It was signed %(seconds)d s ago; at most %(most)d s are taken.")
        raise _unsigned("too_old", message % words)
    if -age > tolerance_seconds:
        message = _("It was signed %(seconds)d s in the future; at most %(most)d s are taken.")
        raise _unsigned("too_early", message % words)
    return datetime.fromtimestamp(int(said), UTC)


def _signatures_of(headers: Mapping[str, str]) -> list[bytes]:
    parts = _header(headers, SIGNATURE).split(" ")[:MAX_SIGNATURES]
    found = [_decoded(part.removeprefix("v1,")) for part in parts if part.startswith("v1,")]
    if not found:
        message = _("webhook-signature must be “v1,” and the signature in base64.")
        raise _unsigned("bad_signature", message)
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""  # fits nothing


def _header(headers: Mapping[str, str], name: str) -> str:
    found = headers.get(name, "")
    if not found:
        message = _("The header %(name)s is missing.") % {"name": name}
        raise RefusedError("missing_header", message, status=400)
    return found


def _unsigned(code: str, message: str) -> RefusedError:
    return RefusedError(code, message, status=401)
