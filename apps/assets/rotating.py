"""A new vault key: all that is sealed is sealed anew, in batches, while bots go on reading.

A row is written only if it still holds what was read (compare and set on the sealed bytes), so
that a secret entered meanwhile is never overwritten by an older one; and a reader sees the old
bytes with the old key's name, or the new ones with the new one's.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.db.models import Model, QuerySet

from apps.lib.keyring import Keyring, Sealed, VaultError

from .models import Asset, AssetOverride
from .vault import keyring

BATCH_ROWS = 500
AnyHeld: TypeAlias = type[Model]
# Tables with the columns `sealed` and `key_name`
_models: list[AnyHeld] = [Asset, AssetOverride]


def register_sealed(model: AnyHeld) -> None:
    """Have the rows of another app's table sealed anew, too; it has `sealed` and `key_name`."""
    if model not in _models:
        _models.append(model)


@dataclass
class Rotated:
    """How a rotation went; `stuck` counts rows by the key that they stay sealed under."""

    key_name: str
    n_done: int = 0
    stuck: Counter[str] = field(default_factory=Counter)
    why: str = ""


def rotate() -> Rotated:
    """Seal all under the newest key; return how it went. May run twice at once, or be broken off.

    What can't be unwrapped stays as it is. Raises VaultError when there is no key at all.
    """
    keys = keyring()
    rotated = Rotated(keys.newest.name)
    for model in _models:
        last = 0
        while numbers := _batch(model, keys.newest.name, after=last):
            for number in numbers:
                _rotate_row(model, number, keys, rotated)
            last = numbers[-1]
    return rotated


def sealed_by_key() -> Counter[str]:
    """Return how many secrets are sealed under each key."""
    found: Counter[str] = Counter()
    for model in _models:
        rows = model._default_manager.filter(sealed__isnull=False).order_by()
        found.update(rows.values_list("key_name", flat=True))
    return found


def _batch(model: AnyHeld, newest: str, *, after: int) -> list[int]:
    found = _stale(model, newest).filter(pk__gt=after).order_by("pk")
    return list(found.values_list("pk", flat=True)[:BATCH_ROWS])


def _rotate_row(model: AnyHeld, pk: int, keys: Keyring, rotated: Rotated) -> None:
    """Until it is done or gone: who enters a secret meanwhile may use the older key for it."""
    rows = _stale(model, keys.newest.name).filter(pk=pk).only("sealed", "key_name")
    while (row := rows.first()) is not None:
        assert row.sealed is not None
        old = Sealed(row.key_name, bytes(row.sealed))
        try:
            new = keys.rewrap(old)
        except VaultError as error:
            rotated.stuck[old.key_name] += 1
            rotated.why = error.message
            return
        mine = model._default_manager.filter(pk=pk, sealed=old.box)
        rotated.n_done += mine.update(sealed=new.box, key_name=new.key_name)


def _stale(model: AnyHeld, newest: str) -> QuerySet[Any]:
    found: QuerySet[Any] = model._default_manager.filter(sealed__isnull=False)
    return found.exclude(key_name=newest)
