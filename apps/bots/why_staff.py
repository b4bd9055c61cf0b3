"""Who could do the work of a pool now: its bots, how they stand, and their free slots."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, Value
from django.db.models.functions import Now

from .models import ANSWER_SECONDS, Bot, Maintenance, Run, Seconds

Standing = Bot.Standing


@dataclass(frozen=True, slots=True)
class Need:
    """What a bot must be to do some work."""

    capabilities: frozenset[str] = frozenset()
    pinned_bot_id: int | None = None

    def missing(self, bot: Bot) -> frozenset[str]:
        return self.capabilities - frozenset(bot.capabilities)

    def fits(self, bot: Bot) -> bool:
        return self.pinned_bot_id in (None, bot.pk) and not self.missing(bot)


@dataclass(frozen=True, slots=True)
class Hand:
    """A bot as far as waiting work is concerned."""

    bot: Bot
    n_slots: int  # that answer
    held: Sequence[Run] = field(default_factory=list)
    maintenance: Maintenance | None = None  # that holds now, of the bot or its pool

    @property
    def answers(self) -> bool:
        return self.n_slots > 0

    @property
    def is_working(self) -> bool:
        """Whether it takes work at all."""
        is_on = self.bot.standing == Standing.ENABLED and self.maintenance is None
        return self.answers and is_on

    @property
    def n_free(self) -> int:
        return max(0, self.n_slots - len(self.held)) if self.is_working else 0

    @property
    def hung(self) -> list[Run]:
        return [run for run in self.held if getattr(run, "is_hung", False)]


def hands_of(pool_id: int) -> list[Hand]:
    """Return the bots of the pool by name, in three queries."""
    fresh = Q(slots__heartbeat_at__gte=Now() - Seconds(Value(float(ANSWER_SECONDS))))
    bots = Bot.objects.filter(pool_id=pool_id).annotate(n_answering=Count("slots", filter=fresh))
    held: dict[int | None, list[Run]] = defaultdict(list)
    runs = Run.objects.filter(pool_id=pool_id, status__in=Run.HELD)
    for run in runs.select_related("version__automation").with_hung().order_by("pk"):
        held[run.bot_id].append(run)
    serviced = _maintenances(pool_id)
    whole = serviced.get(None)
    return [
        Hand(bot, bot.n_answering, held[bot.pk], serviced.get(bot.pk, whole))
        for bot in bots.order_by("name")
    ]


def fitting(hands: Iterable[Hand], need: Need) -> list[Hand]:
    return [hand for hand in hands if need.fits(hand.bot)]


def _maintenances(pool_id: int) -> dict[int | None, Maintenance]:
    """Return what holds now, by the bot's number; None: of the whole pool. The longest counts."""
    rows = Maintenance.objects.now_on().filter(Q(pool=pool_id) | Q(bot__pool=pool_id))
    return {each.bot_id: each for each in rows.order_by("ends_at")}
