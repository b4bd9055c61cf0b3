"""Who could do the work of a pool now: its bots, how they stand, and their free slots."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Prefetch, Q, Value
from django.db.models.functions import Now

from .models import ANSWER_SECONDS, Bot, BotSlot, Run, Seconds

Standing = Bot.Standing


@dataclass(frozen=True, slots=True)
class Hand:
    """A bot as far as waiting work is concerned."""

    bot: Bot
    n_slots: int  # that answer
    held: list[Run] = field(default_factory=list)

    @property
    def answers(self) -> bool:
        return self.n_slots > 0

    @property
    def is_working(self) -> bool:
        """Whether it takes work at all."""
        return self.answers and self.bot.standing == Standing.ENABLED

    @property
    def n_free(self) -> int:
        return max(0, self.n_slots - len(self.held)) if self.is_working else 0

    @property
    def hung(self) -> list[Run]:
        return [run for run in self.held if getattr(run, "is_hung", False)]


def hands_of(pool_id: int) -> list[Hand]:
    """Return the bots of the pool by name, in three queries."""
    fresh = Q(heartbeat_at__gte=Now() - Seconds(Value(float(ANSWER_SECONDS))))
    slots = Prefetch("slots", BotSlot.objects.filter(fresh), to_attr="answering")
    bots = list(Bot.objects.filter(pool_id=pool_id).prefetch_related(slots).order_by("name"))
    held: dict[int | None, list[Run]] = defaultdict(list)
    runs = Run.objects.filter(pool_id=pool_id, status__in=Run.HELD)
    for run in runs.select_related("version__automation").with_hung().order_by("pk"):
        held[run.bot_id].append(run)
    return [Hand(bot, len(getattr(bot, "answering", ())), held[bot.pk]) for bot in bots]
