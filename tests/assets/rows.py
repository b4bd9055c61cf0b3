"""Assets for tests, made by the lifecycle."""

from typing import Any

from apps.accounts.models import Folder
from apps.assets.lifecycle import save_asset, save_override
from apps.assets.models import Asset, AssetOverride
from apps.bots.kept import Credential, Kept
from apps.bots.models import Bot
from apps.lib.actors import SYSTEM
from apps.lib.keyring import VaultKey, new_key
from apps.lib.secrecy import Secret

KINDS = {str: "text", bool: "flag", int: "number", float: "number", Secret: "secret"}


def make_asset(folder: Folder, key: str, value: Kept, **facts: Any) -> Asset:
    kind = KINDS.get(type(value), "credential" if isinstance(value, Credential) else "json")
    asset = Asset(folder=folder, key=key, kind=kind)
    save_asset(asset, {"title": key.capitalize(), **facts}, value=value, by=SYSTEM)
    return asset


def login(password: str = "hunter2", username: str = "svc") -> Credential:
    return Credential(username, Secret(password))


def override(asset: Asset, bot: Bot, value: Kept) -> AssetOverride:
    save_override(asset, bot, value, by=SYSTEM)
    return AssetOverride.objects.get(asset=asset, bot=bot)


def use_keys(settings: Any, *keys: VaultKey) -> None:
    settings.VAULT_KEYS = ",".join(key.text for key in keys)


def two_keys() -> tuple[VaultKey, VaultKey]:
    return new_key(), new_key()
