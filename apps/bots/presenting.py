"""Bots and runs in words: who answers, what they do, what is wrong."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.clock import database_now, start_of_today
from apps.lib.durations import duration_in_words

from .models import ANSWER_SECONDS, Bot, BotPool, BotSlot, LogLine, Maintenance, Run, Seconds

MAX_LOG_LINES = 1000
PAGE_SIZE = 50
# the word, the tone and the glyph of a bot's state
STATES: Final = {
    "idle": (gettext_lazy("Idle"), "waiting", "robot"),
    "busy": (gettext_lazy("Busy"), "running", "player-play"),
    "hung": (gettext_lazy("Hung"), "failed", "alert-triangle"),
    "draining": (gettext_lazy("Finish, then stop"), "paused", "player-pause"),
    "serviced": (gettext_lazy("Maintenance"), "paused", "clock"),
    "disabled": (gettext_lazy("Disabled"), "cancelled", "ban"),
    "offline": (gettext_lazy("Offline"), "failed", "x"),
}


@dataclass(frozen=True)
class SlotCard:
    """One slot: whether its process answers, and whether it works."""

    number: int
    pid: int | None
    answers: bool
    run: Run | None  # what it works on

    @property
    def is_busy(self) -> bool:
        return self.run is not None

    @property
    def tone(self) -> str:
        if not self.answers or (self.run and getattr(self.run, "is_hung", False)):
            return "failed"
        return "running" if self.is_busy else "waiting"


@dataclass(frozen=True)
class BotCard:
    """A bot as the fleet shows it: one state word, its slots, what they do."""

    bot: Bot
    state: str  # idle | busy | hung | draining | serviced | disabled | offline
    word: str
    tone: str
    glyph: str
    runs: list[Run]
    slots: list["SlotCard"]
    n_today: int
    maintenance: Maintenance | None = None  # the one that is on

    @property
    def n_slots(self) -> int:
        return len(self.slots) or self.bot.n_slots

    @property
    def n_answering(self) -> int:
        return sum(slot.answers for slot in self.slots)

    @property
    def n_busy(self) -> int:
        return sum(slot.is_busy for slot in self.slots)

    @property
    def note(self) -> str:
        if self.state == "offline" and self.bot.heartbeat_at is None:
            return _("never seen")
        return _("%(busy)s of %(slots)s slots at work") % {
            "busy": len(self.runs),
            "slots": self.n_slots,
        }


def bot_cards(bots: QuerySet[Bot]) -> list[BotCard]:
    """Return a card per bot, in five queries however many there are."""
    found = list(bots.select_related("pool").with_presence())  # type: ignore[attr-defined]
    serviced = maintenance_now(found)
    held: dict[int | None, list[Run]] = defaultdict(list)
    runs = Run.objects.filter(bot__in=found, status__in=Run.HELD)
    for run in runs.select_related("version__automation").with_hung():
        held[run.bot_id].append(run)
    slots: dict[int, list[BotSlot]] = defaultdict(list)
    for slot in BotSlot.objects.filter(bot__in=found).annotate(answers=_answers()):
        slots[slot.bot_id].append(slot)
    today = Run.objects.filter(bot__in=found, created_at__gte=start_of_today())
    n_today = dict(today.values_list("bot_id").annotate(n=Count("pk")))
    return [
        _card(bot, held[bot.pk], slots[bot.pk], n_today.get(bot.pk, 0), serviced.get(bot.pk))
        for bot in found
    ]


def maintenance_now(bots: list[Bot]) -> dict[int, Maintenance]:
    """Return what each bot is serviced by now, itself or with its pool: what ends last."""
    mine = Q(bot__in=bots) | Q(pool__in={bot.pool_id for bot in bots})
    found: dict[int, Maintenance] = {}
    for each in Maintenance.objects.filter(mine).now_on().order_by("ends_at"):
        for bot in bots:
            if bot.pk == each.bot_id or bot.pool_id == each.pool_id:
                found[bot.pk] = each
    return found


def planned_maintenance(of: Bot | BotPool) -> list[Maintenance]:
    """Return what is on and what is to come; of a bot, that of its pool, too."""
    mine = Q(pool=of) if isinstance(of, BotPool) else Q(bot=of) | Q(pool=of.pool_id)
    not_over = Maintenance.objects.filter(mine, ended_at=None, ends_at__gt=Now())
    return list(not_over.select_related("bot", "pool").annotate(is_on=_has_begun()))


def _has_begun() -> Case:
    return Case(When(starts_at__lte=Now(), then=True), default=False)


def _card(
    bot: Bot,
    runs: list[Run],
    slots: list[BotSlot],
    n_today: int,
    maintenance: Maintenance | None,
) -> BotCard:
    by_slot = {run.slot_number: run for run in runs}
    cards = [
        SlotCard(
            slot.number, slot.pid, bool(getattr(slot, "answers", False)), by_slot.get(slot.number)
        )
        for slot in sorted(slots, key=lambda slot: slot.number)
    ]
    state = _state(
        bot, runs, any(card.answers for card in cards), is_serviced=maintenance is not None
    )
    word, tone, glyph = STATES[state]
    return BotCard(bot, state, str(word), tone, glyph, runs, cards, n_today, maintenance)


def fleet_cells(cards: list[BotCard]) -> list[dict[str, Any]]:
    """Return the fleet in one line of counts."""
    n_slots = sum(card.n_slots for card in cards)
    n_answering = sum(card.n_answering for card in cards)
    n_busy = sum(card.n_busy for card in cards)
    silent = n_slots - n_answering
    off = sum(card.state in ("draining", "serviced", "disabled") for card in cards)
    return [
        {"label": _("Bots"), "value": len(cards)},
        {"label": _("Slots at work"), "value": n_busy, "of": n_slots},
        {"label": _("Free slots"), "value": max(0, n_answering - n_busy)},
        {"label": _("Do not answer"), "value": silent, "tone": "failed" if silent else ""},
        {"label": _("Finishing or disabled"), "value": off, "tone": "retry" if off else ""},
        {"label": _("Runs today"), "value": sum(card.n_today for card in cards)},
    ]


def _answers() -> Case:
    fresh = Q(heartbeat_at__gte=Now() - Seconds(Value(float(ANSWER_SECONDS))))
    return Case(When(fresh, then=True), default=False)


def _state(bot: Bot, runs: list[Run], answers: bool, *, is_serviced: bool) -> str:
    if bot.standing == Bot.Standing.DISABLED:
        return "disabled"
    if is_serviced:
        return "serviced"
    if not answers:
        return "offline"
    if bot.standing == Bot.Standing.DRAINING:
        return "draining"
    if any(getattr(run, "is_hung", False) for run in runs):
        return "hung"
    return "busy" if runs else "idle"


def recent_runs(
    runs: QuerySet[Run], *, before: int | None = None, limit: int = PAGE_SIZE
) -> tuple[list[Run], int | None]:
    """Return a page of runs, newest first, and the id the next page starts below (None: last)."""
    if before is not None:
        runs = runs.filter(pk__lt=before)
    page = list(
        runs.select_related("version__automation", "bot", "pool")
        .with_hung()  # type: ignore[attr-defined]
        .order_by("-pk")[: limit + 1]
    )
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def run_facts(run: Run) -> list[tuple[str, Any]]:
    usual = run.version.automation.usual_seconds
    pairs: list[tuple[str, Any]] = [
        (_("Automation"), run.version),
        (_("Bot"), _("%(bot)s, slot %(n)s") % {"bot": run.bot, "n": run.slot_number}
         if run.bot else _("waits for a free slot")),
        (_("Pool"), run.pool),
        (_("Priority"), run.priority),
        (_("Asked for"), _clock(run.created_at)),
        (_("Because"), run.started_because or "–"),
        (_("Began"), _clock(run.started_at)),
        (_("Ended"), _clock(run.ended_at)),
        (_("Took"), _took(run)),
        (_("Done"), run.n_successful),
        (_("Not done"), run.n_failed),
    ]  # fmt: skip
    if run.pinned_bot_id is not None:
        pairs.append((_("Only by"), run.pinned_bot))
    if run.required_capabilities:
        pairs.append((_("Needs a bot with"), ", ".join(run.required_capabilities)))
    if usual is not None:
        pairs.append((_("Usually, each"), duration_in_words(usual)))
    return pairs


def run_log(run: Run) -> list[dict[str, Any]]:
    lines = LogLine.objects.filter(run_id=run.pk).order_by("-at", "-id")[:MAX_LOG_LINES]
    return [log_entry(line) for line in reversed(lines)]


def log_entry(line: LogLine) -> dict[str, Any]:
    return {"n": line.id, "at": line.at, "level": line.level, "message": line.message}


def _took(run: Run) -> str:
    if run.started_at is None:
        return "–"
    end = run.ended_at or database_now()
    return duration_in_words((end - run.started_at).total_seconds())


def _clock(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else "–"
