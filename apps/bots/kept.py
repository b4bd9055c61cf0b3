"""What is kept for bots, as automations ask for it: values, secrets, credentials.

apps.assets keeps them and registers how they are read; bots do not import it.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import Json
from apps.lib.secrecy import Secret

from .exceptions import ApplicationException


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and a password; `password.reveal()` is the text."""

    username: str
    password: Secret


Kept: TypeAlias = "Json | Secret | Credential"


class Reader(Protocol):
    def __call__(self, key: str, *, run_id: int, item_id: int | None) -> Kept:
        """Return what is kept under `key` for the bot of that run. Raises DomainError."""


_readers: list[Reader] = []


def register_reader(reader: Reader) -> None:
    """Say how assets are read; apps.assets calls it when ready."""
    _readers[:] = [reader]


class ReadsAssets:
    """The part of a context by which an automation asks for assets of its folder.

    Each call reads anew, so that a changed password is found; each read of a secret is recorded.
    All raise ApplicationException when there is no such asset, when it is of another kind, or
    when it can't be opened.
    """

    __slots__ = ()

    def asset(self, key: str) -> Json:
        """Return a text, a number, a flag or JSON."""
        found = self._read(key)
        if isinstance(found, Secret | Credential):
            raise _wrong_kind(key, found)
        return found

    def secret(self, key: str) -> Secret:
        """Return a secret: `.reveal()` is the text, everything else shows dots."""
        found = self._read(key)
        if not isinstance(found, Secret):
            raise _wrong_kind(key, found)
        return found

    def credential(self, key: str) -> Credential:
        """Return a user name and a password."""
        found = self._read(key)
        if not isinstance(found, Credential):
            raise _wrong_kind(key, found)
        return found

    def _asked_by(self) -> tuple[int, int | None]:
        """Return the run, and the item in hand."""
        raise NotImplementedError

    def _read(self, key: str) -> Kept:
        run_id, item_id = self._asked_by()
        try:
            return _readers[0](key, run_id=run_id, item_id=item_id)
        except DomainError as error:
            raise ApplicationException(error.message, code=error.code) from None


def _wrong_kind(key: str, found: Kept) -> ApplicationException:
    if isinstance(found, Secret):
        method = "secret"
    else:
        method = "credential" if isinstance(found, Credential) else "asset"
    return ApplicationException(
        _("“%(key)s” is of another kind: ask for it with %(method)s(…).")
        % {"key": key, "method": method},
        code="wrong_kind_of_asset",
    )
