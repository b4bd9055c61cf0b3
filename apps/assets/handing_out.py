"""Bots are given what is kept for them; every secret that goes out is written down first."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.bots.kept import Credential, Kept
from apps.bots.models import Bot, Run
from apps.events.live import nudge
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import NotFoundError
from apps.lib.secrecy import Secret, keep_out

from . import vault
from .models import MAX_KEY, Asset, AssetOverride, AssetUse, Held

MAX_PURPOSE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who is given something, and what for."""

    folder_id: int
    by: Actor = SYSTEM
    bot_id: int | None = None
    bot_name: str = ""
    run_id: int | None = None
    item_id: int | None = None
    purpose: str = ""


def read_for_run(key: str, *, run_id: int, item_id: int | None = None) -> Kept:
    """Return what is kept under `key` for the bot of a run, in the run's folder; 3 statements.

    From then on this process masks the secret in all that it writes down. Raises NotFoundError
    and VaultError.
    """
    run = Run.objects.select_related("bot", "version__automation").get(pk=run_id)
    asker = Asker(
        folder_id=run.folder_id,
        bot_id=run.bot_id,
        bot_name=run.bot.name if run.bot else "",
        run_id=run_id,
        item_id=item_id,
        purpose=run.version.automation.title,
    )
    _asset, value = hand_out(key, asker)
    if isinstance(value, Credential):
        keep_out(value.password)
    elif isinstance(value, Secret):
        keep_out(value)
    return value


def asker_outside(
    folder_id: int, *, by: Actor, bot: str = "", item_id: int | None = None, purpose: str = ""
) -> Asker:
    """Return who asks by the API, as the named bot of the folder. Raises NotFoundError."""
    found = None
    if bot:
        found = Bot.objects.filter(folder_id=folder_id, name=bot).only("pk", "name").first()
        if found is None:
            raise NotFoundError(_("There is no bot “%(name)s” in this folder.") % {"name": bot})
    return Asker(
        folder_id=folder_id,
        by=by,
        bot_id=found.pk if found else None,
        bot_name=found.name if found else "",
        item_id=item_id,
        purpose=purpose,
    )


def hand_out(key: str, asker: Asker) -> tuple[Asset, Kept]:
    """Return the asset and its value for this asker; a secret's use is committed before.

    So not to be called inside a transaction, which could take the record back. Raises
    NotFoundError and VaultError.
    """
    asset = _find(key, asker.folder_id)
    held, bot_id = _held_for(asset, asker.bot_id)
    value = vault.take(held, vault.Place.of(asset, bot_id))
    if asset.is_secret:
        _write_down(asset, asker, was_override=bot_id is not None)
    return asset, value


def _find(key: str, folder_id: int) -> Asset:
    is_key = key.isprintable() and len(key) <= MAX_KEY
    found = Asset.objects.filter(folder_id=folder_id, key=key).first() if is_key else None
    if found is None:
        words = {"key": key[:MAX_KEY]}
        raise NotFoundError(_("There is no asset “%(key)s” in this folder.") % words)
    asset: Asset = found
    return asset


def _held_for(asset: Asset, bot_id: int | None) -> tuple[Held, int | None]:
    """Return the row that counts for this bot, and its number if the row is for it alone."""
    if bot_id is not None:
        override = AssetOverride.objects.filter(asset=asset, bot_id=bot_id).first()
        if override is not None:
            return override, bot_id
    return asset, None


def _write_down(asset: Asset, asker: Asker, *, was_override: bool) -> None:
    AssetUse.objects.create(
        folder_id=asset.folder_id,
        asset_id=asset.pk,
        asset_key=asset.key,
        was_override=was_override,
        run_id=asker.run_id,
        item_id=asker.item_id,
        bot_name=asker.bot_name,
        actor_id=asker.by.user_id,
        actor_name="" if asker.by.kind == "system" else asker.by.name[:150],
        purpose=asker.purpose[:MAX_PURPOSE],
    )
    nudge(f"asset:{asset.pk}")
