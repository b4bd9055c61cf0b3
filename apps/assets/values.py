"""What the value of an asset may be, and how a secret is packed before it is sealed."""

import json
from enum import Enum
from typing import TypeAlias

from django.utils.translation import gettext as _

from apps.bots.kept import Credential, Kept
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, check_json
from apps.lib.secrecy import Secret

from .models import Asset

MAX_BYTES = 64 * 1024
MAX_USERNAME = 300
Kind = Asset.Kind


class Keep(Enum):
    """Stands where no value is given: what is kept stays."""

    IT = "it"


KEEP = Keep.IT
Given: TypeAlias = "Kept | Keep"


def check_value(kind: str, value: Kept) -> None:
    """Raise InvalidError, naming the field, unless `value` is one of that kind.

    The message never repeats what was given.
    """
    if kind == Kind.SECRET:
        _check_secret(value, "secret")
    elif kind == Kind.CREDENTIAL:
        _check_credential(value)
    else:
        _check_plain(kind, value)


def packed(value: Secret | Credential) -> str:
    """Return the one text that is sealed."""
    if isinstance(value, Secret):
        return value.reveal()
    return json.dumps({"username": value.username, "password": value.password.reveal()})


def unpacked(kind: str, text: str) -> Secret | Credential:
    """Return what `packed` made the text of."""
    if kind == Kind.SECRET:
        return Secret(text)
    found = json.loads(text)
    return Credential(found["username"], Secret(found["password"]))


def refuse(field: str, message: str) -> InvalidError:
    return InvalidError(f"{field}: {message}.", fields=[FieldProblem(field, message)])


def _check_secret(value: Kept, field: str) -> None:
    if not isinstance(value, Secret):
        raise refuse(field, _("must be given as the secret itself, a text"))
    if not value:
        raise refuse(field, _("must not be empty"))
    text = value.reveal()
    if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise refuse(field, _("holds characters that can't be stored"))
    if len(text.encode()) > MAX_BYTES:
        raise refuse(field, _("is longer than %(n)d bytes") % {"n": MAX_BYTES})


def _check_credential(value: Kept) -> None:
    if not isinstance(value, Credential):
        raise refuse("password", _("must be given with a user name"))
    _check_secret(Secret(value.username), "username")
    if len(value.username) > MAX_USERNAME:
        raise refuse("username", _("is longer than %(n)d characters") % {"n": MAX_USERNAME})
    _check_secret(value.password, "password")


def _check_plain(kind: str, value: Kept) -> None:
    if isinstance(value, Secret | Credential) or not _is_of_kind(kind, value):
        raise refuse("value", _WORDS[kind]())
    check_json(value)
    if len(json.dumps(value)) > MAX_BYTES:
        raise refuse("value", _("is longer than %(n)d bytes") % {"n": MAX_BYTES})


def _is_of_kind(kind: str, value: Json) -> bool:
    is_flag = isinstance(value, bool)
    return {
        Kind.TEXT.value: isinstance(value, str),
        Kind.NUMBER.value: isinstance(value, int | float) and not is_flag,
        Kind.FLAG.value: is_flag,
        Kind.JSON.value: value is not None,
    }[str(kind)]


_WORDS = {
    Kind.TEXT.value: lambda: _("must be a text"),
    Kind.NUMBER.value: lambda: _("must be a number"),
    Kind.FLAG.value: lambda: _("must be true or false"),
    Kind.JSON.value: lambda: _("must be JSON, and not null"),
}
