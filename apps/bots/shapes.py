"""In which shape the fleet is shown: a card a bot, a square a bot, or a table."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .presenting import BotCard

CARDS, SQUARES, TABLE = "cards", "squares", "table"
SHAPES: Final[dict[str, str | Promise]] = {
    CARDS: _("Cards"),
    SQUARES: _("Squares"),
    TABLE: _("Table"),
}


@dataclass(frozen=True)
class PoolOfCards:
    pool_id: int
    title: str
    cards: list[BotCard]

    @property
    def n_busy(self) -> int:
        return sum(card.n_busy for card in self.cards)

    @property
    def n_slots(self) -> int:
        return sum(card.n_slots for card in self.cards)


def shape_named(text: str) -> str:
    """Return the shape that an address names; cards for anything else."""
    return text if text in SHAPES else CARDS


def shape_tabs(shape: str) -> list[dict[str, object]]:
    page = reverse("bots:bot_list")
    return [
        {
            "url": page if each == CARDS else f"{page}?shape={each}",
            "label": label,
            "current": each == shape,
        }
        for each, label in SHAPES.items()
    ]


def by_pool(cards: list[BotCard]) -> list[PoolOfCards]:
    """Return the pools by their titles, each with its bots in their order."""
    found: dict[int, PoolOfCards] = {}
    for card in sorted(cards, key=lambda card: (str(card.bot.pool), card.bot.name)):
        pool = card.bot.pool
        found.setdefault(pool.pk, PoolOfCards(pool.pk, str(pool), [])).cards.append(card)
    return list(found.values())
