"""Passkeys: what the browser is asked for, and whether its answer is one."""

from ipaddress import ip_address
from typing import Final

import orjson
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from fido2.webauthn import AuthenticationResponse

from apps.accounts.models import User
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject

MAX_ANSWER: Final = 64 * 1024
# What strangers' bytes make the parsers of other people raise
_BROKEN: Final = (
    *(AttributeError, IndexError, InvalidSignature, KeyError, TypeError),
    *(ValidationError, ValueError),
)


def are_possible(request: HttpRequest) -> bool:
    """Say whether browsers make passkeys for this address: a name, and https or this machine."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost"
    return False


def ask_to_register(person: User) -> JsonObject:
    """Return what the browser makes a passkey from; it asks for a finger, a face or a PIN."""
    asked: JsonObject = dict(auth.begin_registration(person, passwordless=True))
    return asked


def ask_to_show(person: User | None) -> JsonObject:
    """Return what the browser shows a passkey for: one of `person`, or of whoever has one."""
    asked: JsonObject = dict(auth.begin_authentication(person))
    return asked


def registered(request: HttpRequest, answer: str) -> JsonObject:
    """Return the credential in the browser's answer. Raises InvalidError unless it is one."""
    credential = _read(answer)
    try:
        auth.parse_registration_response(credential)
        binding = auth.complete_registration(credential)
        is_verified = binding.is_user_verified()
    except _BROKEN:
        raise _refused() from None
    finally:
        auth.clear_state()
    if not is_verified:
        raise _refused()
    return credential


def shown(answer: str, *, person: User | None) -> Authenticator:
    """Return the passkey in the browser's answer: of `person`, or, alone, of whoever shows it.

    Alone it stands for both factors: then the device must have asked for a finger, a face or a PIN.
    Raises InvalidError unless it is a right answer to what was last asked in this session.
    """
    credential = _read(answer)
    try:
        response = AuthenticationResponse.from_dict(credential)
        is_verified = response.response.authenticator_data.is_user_verified()
        owner = person or auth.extract_user_from_response(credential)
        found: Authenticator = auth.complete_authentication(owner, credential)
    except _BROKEN:
        raise _refused() from None
    finally:
        auth.clear_state()
    if person is None and not is_verified:
        raise _refused()
    found.user = owner
    return found


def _read(answer: str) -> JsonObject:
    try:
        read = orjson.loads(answer[:MAX_ANSWER])
    except orjson.JSONDecodeError:
        raise _refused() from None
    if not isinstance(read, dict) or not isinstance(read.get("response"), dict):
        raise _refused()
    return read


def _refused() -> InvalidError:
    message = _("The passkey was not taken. Try again, or use another way.")
    return InvalidError(message, fields=[FieldProblem("credential", message)])
