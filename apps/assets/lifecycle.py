"""What people do to assets; each leaves one event, and no secret in it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.bots.kept import Kept
from apps.bots.models import Bot
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.secrecy import MASK

from . import vault
from .models import MAX_KEY, MAX_ROTATION_DAYS, Asset, AssetOverride, Held
from .values import KEEP, Given, check_value, refuse

FACTS = ("title", "description", "rotate_after_days")
HELD = ("value", "sealed", "key_name", "set_at")
SHOWN_LENGTH = 400
SLUG = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_KEY}}}", re.ASCII)


def save_asset(
    asset: Asset, facts: Mapping[str, Any], *, value: Given = KEEP, by: Actor
) -> list[JsonObject]:
    """Set these facts, and the value if one is given, of a new or a known asset; return what
    changed, secrets as dots.

    Raises InvalidError naming each field, and VaultError when a secret can't be sealed.
    """
    is_new = asset.pk is None
    changes = _set_facts(asset, facts)
    _check_facts(asset)
    written = [str(change["field"]) for change in changes]
    if value is not KEEP:
        shown = _set_value(asset, asset.kind, vault.Place.of(asset), value)
        changes += shown
        written += HELD if shown else []
    elif is_new:
        check_value(asset.kind, None)
    if written or is_new:
        _store(asset, None if is_new else written, by, changes)
    return changes


def save_override(asset: Asset, bot: Bot, value: Kept, *, by: Actor) -> list[JsonObject]:
    """Keep `value` for this bot, in the place of the asset's own. Raises like `save_asset`."""
    place = vault.Place.of(asset, bot.pk)
    with transaction.atomic():
        # two at once would both make one
        Asset.objects.select_for_update().get(pk=asset.pk)
        override = AssetOverride.objects.filter(asset=asset, bot=bot).first()
        override = override or AssetOverride(asset=asset, bot=bot)
        changes = _set_value(override, asset.kind, place, value)
        if changes:
            override.set_at = Now()
            override.save()
            _record("asset.override_set", asset, by, {"bot": bot.name, "changes": [*changes]})
    return changes


def remove_override(override: AssetOverride, *, by: Actor) -> None:
    """From now on that bot gets the asset's own value."""
    with transaction.atomic():
        _record("asset.override_removed", override.asset, by, {"bot": override.bot.name})
        override.delete()


def remove_asset(asset: Asset, *, by: Actor) -> None:
    """Remove it with all that single bots got; who was given it stays recorded."""
    with transaction.atomic():
        _record("asset.removed", asset, by, {})
        asset.delete()


def assets_of(folder: Folder) -> FolderQuerySet:
    return Asset.objects.filter(folder=folder)


def _set_facts(asset: Asset, facts: Mapping[str, Any]) -> list[JsonObject]:
    changes: list[JsonObject] = []
    for name in FACTS:
        before = getattr(asset, name)
        if name in facts and facts[name] != before:
            setattr(asset, name, facts[name])
            changes.append({"field": name, "before": before, "after": facts[name]})
    return changes


def _set_value(held: Held, kind: str, place: vault.Place, value: Kept) -> list[JsonObject]:
    """Put `value` in; return what people may see of the change. A secret is always a new one."""
    check_value(kind, value)
    was_there, before = held.pk is not None, held.value
    vault.put(held, place, value)
    if held.sealed is not None:
        name = "secret" if kind == Asset.Kind.SECRET else "password"
        return [{"field": name, "before": MASK if was_there else None, "after": MASK}]
    if was_there and _same(before, held.value):
        return []
    return [{"field": "value", "before": shown(before), "after": shown(held.value)}]


def shown(value: Json) -> str | None:
    """Return a plain value as a short text for people."""
    if value is None:
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"


def _same(one: Json, other: Json) -> bool:
    """True and 1 are the same to Python, not to people."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _check_facts(asset: Asset) -> None:
    if asset.pk is None and not SLUG.fullmatch(asset.key):
        words = {"n": MAX_KEY}
        raise refuse(
            "key", _("must be up to %(n)d letters, digits, dashes and underscores") % words
        )
    if not asset.title.strip():
        raise refuse("title", _("is missing"))
    days = asset.rotate_after_days
    if days is not None and not 1 <= days <= MAX_ROTATION_DAYS:
        words = {"n": MAX_ROTATION_DAYS}
        raise refuse("rotate_after_days", _("must be from 1 to %(n)d") % words)
    if days is not None and not asset.is_secret:
        raise refuse("rotate_after_days", _("is for secrets and credentials only"))


def _store(asset: Asset, written: list[str] | None, by: Actor, changes: list[JsonObject]) -> None:
    """Write the named columns (None: a new row) and the event."""
    if written is None or "sealed" in written:
        asset.set_at = Now()
    try:
        with transaction.atomic():
            asset.save(force_insert=written is None, update_fields=written)
            kind = "asset.created" if written is None else "asset.changed"
            _record(kind, asset, by, {"changes": list[Json](changes)})
    except IntegrityError:
        taken = FieldProblem("key", _("Another asset of this folder has this key."))
        raise InvalidError(taken.message, fields=[taken]) from None
    asset.refresh_from_db()


def _record(kind: str, asset: Asset, by: Actor, data: JsonObject) -> None:
    publish(
        kind,
        subject=("asset", asset.pk),
        folder_id=asset.folder_id,
        by=by,
        data={"title": asset.title, "key": asset.key, "kind": asset.kind, **data},
    )
