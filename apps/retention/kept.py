"""Which tables keep history by the month; the layers above add theirs."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from apps.lib.errors import NotFoundError


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One table. `months` is how many stay unless people say otherwise; None: all."""

    table: str
    title: str | Promise
    about: str | Promise
    months: int | None = None


_KEPT: Final[dict[str, Kept]] = {}


def register(kept: Kept) -> None:
    """Have the months of a table looked after; for AppConfig.ready."""
    _KEPT[kept.table] = kept


def all_kept() -> list[Kept]:
    return sorted(_KEPT.values(), key=lambda each: each.table)


def kept_in(table: str) -> Kept:
    """Raises NotFoundError for a table that nobody registered."""
    try:
        return _KEPT[table]
    except KeyError:
        raise NotFoundError(f"{table!r} is no table that keeps history.") from None
