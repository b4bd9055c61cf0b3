"""Seals and opens what is secret; nothing else in this app sees the text."""

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from apps.bots.kept import Credential, Kept
from apps.lib.json import Json
from apps.lib.keyring import Keyring, Sealed, VaultError, read_keyring
from apps.lib.secrecy import Secret

from .models import Asset, Held
from .values import packed, unpacked

log = structlog.get_logger("controlroom.assets")

FORM = 1  # of the place below; a new form opens what the old one sealed, or is sealed anew


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is kept: what is sealed for one place opens in no other."""

    folder_id: int
    key: str
    kind: str
    bot_id: int | None = None

    @classmethod
    def of(cls, asset: Asset, bot_id: int | None = None) -> "Place":
        return cls(asset.folder_id, asset.key, asset.kind, bot_id)

    def as_list(self) -> list[Json]:
        return ["controlroom.asset", FORM, self.folder_id, self.key, self.kind, self.bot_id]


def keyring() -> Keyring:
    """Return the vault keys known now. Raises VaultError when they can't be read."""
    return read_keyring(settings.VAULT_KEYS, settings.VAULT_KEYS_PATH)


def put(held: Held, place: Place, value: Kept) -> None:
    """Set the columns of `held` so that it keeps `value`; nothing is saved. Raises VaultError."""
    if isinstance(value, Secret | Credential):
        sealed = keyring().seal(packed(value), place.as_list())
        held.value, held.sealed, held.key_name = None, sealed.box, sealed.key_name
    else:
        held.value, held.sealed, held.key_name = value, None, ""


def take(held: Held, place: Place) -> Kept:
    """Return what is kept there. Raises VaultError, which names the asset, never its value."""
    if held.sealed is None:
        plain: Json = held.value
        return plain
    sealed = Sealed(held.key_name, bytes(held.sealed))
    try:
        return unpacked(place.kind, keyring().open(sealed, place.as_list()))
    except VaultError as error:
        log.warning("asset_not_opened", asset=place.key, folder_id=place.folder_id)
        words = {"asset": place.key, "why": error.message}
        raise VaultError(_("“%(asset)s” can't be opened. %(why)s") % words) from None
