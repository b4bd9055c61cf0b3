"""Assets in words: what they hold, how old their secrets are, who was given them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.accounts.permissions import FolderQuerySet
from apps.lib.clock import database_now
from apps.lib.keyring import VaultError
from apps.lib.secrecy import MASK

from .lifecycle import assets_of, shown
from .models import Asset, AssetOverride, AssetUse, Held
from .vault import keyring

N_USES = 10


@dataclass(frozen=True)
class Row:
    """An asset, or what a bot gets instead, as a list shows it."""

    held: Held
    text: str  # the value; dots for a secret
    warning: str  # why it can't be opened; "": it can
    is_due: bool  # its secret is older than it should be
    last_used_at: datetime | None = None
    n_overrides: int = 0


@dataclass(frozen=True)
class Use:
    at: datetime
    who: str
    url: str
    bot: str
    purpose: str
    item_id: int | None
    was_override: bool


@dataclass(frozen=True)
class KnownKeys:
    """Which vault keys there are now, and what is wrong with them."""

    names: frozenset[str] | None  # None: nobody knows
    fault: str = ""

    @classmethod
    def now(cls, sealed_under: Iterable[str]) -> "KnownKeys":
        try:
            keys = keyring()
        except VaultError as error:
            return cls(None, error.message)
        return cls(frozenset(name for name in sealed_under if name in keys))

    def warning_of(self, held: Held) -> str:
        if not held.key_name or (self.names is not None and held.key_name in self.names):
            return ""
        if self.names is None:
            return self.fault
        words = {"key": held.key_name}
        return (
            _("The key “%(key)s” is not known here. Put it back, or enter the secret again.")
            % words
        )


def asset_rows(folder: Folder) -> list[Row]:
    """Return the assets of a folder by title; three queries."""
    assets: list[Any] = list(
        with_last_use(folder).annotate(n_overrides=Count("overrides")).order_by("title", "id")
    )
    keys = KnownKeys.now({asset.key_name for asset in assets})
    now = database_now()
    return [
        Row(
            held=asset,
            text=text_of(asset),
            warning=keys.warning_of(asset),
            is_due=is_due(asset, now),
            last_used_at=asset.last_used_at,
            n_overrides=asset.n_overrides,
        )
        for asset in assets
    ]


def with_last_use(folder: Folder) -> FolderQuerySet:
    """Return the assets of a folder, each with `last_used_at`."""
    last = Subquery(_uses_of(OuterRef("pk"))[:1])
    found: FolderQuerySet = assets_of(folder).annotate(last_used_at=last)
    return found


def override_rows(asset: Asset) -> list[Row]:
    found = list(AssetOverride.objects.filter(asset=asset).select_related("bot"))
    keys = KnownKeys.now({each.key_name for each in found})
    now = database_now()
    days = asset.rotate_after_days
    return [
        Row(
            held=each,
            text=text_of(each),
            warning=keys.warning_of(each),
            is_due=bool(each.sealed and days and is_older(each.set_at, days, now)),
        )
        for each in found
    ]


def warning_of(asset: Asset) -> str:
    return KnownKeys.now({asset.key_name}).warning_of(asset)


def uses_of(asset_id: int, *, limit: int = N_USES) -> list[Use]:
    """Return who was given the secret lately, newest first."""
    rows = AssetUse.objects.filter(asset_id=asset_id).order_by("-at", "-id")[:limit]
    return [_use(row) for row in rows]


def text_of(held: Held) -> str:
    return MASK if held.sealed is not None else shown(held.value) or "–"


def is_due(asset: Asset, now: datetime) -> bool:
    days = asset.rotate_after_days
    return bool(asset.sealed is not None and days and is_older(asset.set_at, days, now))


def is_due_now(asset: Asset) -> bool:
    return is_due(asset, database_now())


def is_older(moment: datetime, days: int, now: datetime) -> bool:
    return now - moment > timedelta(days=days)


def _uses_of(asset_id: Any) -> QuerySet[AssetUse, datetime]:
    rows = AssetUse.objects.filter(asset_id=asset_id).order_by("-at", "-id")
    return rows.values_list("at", flat=True)


def _use(row: AssetUse) -> Use:
    if row.run_id:
        who, url = _("Run %(n)s") % {"n": row.run_id}, reverse("runs:run_detail", args=[row.run_id])
    else:
        who, url = row.actor_name or _("a program"), ""
    return Use(row.at, who, url, row.bot_name, row.purpose, row.item_id, row.was_override)
