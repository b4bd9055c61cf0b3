"""Why a run waits: who could do it, what those do instead, and when its turn comes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from apps.lib.clock import database_now
from apps.lib.why import NOT_WAITING, Blocker, Why, because, estimate

from .models import Automation, BotPool, Run
from .turns import TURN_SECONDS
from .why_holds import holds_of
from .why_staff import Hand, Need, fitting, hands_of
from .why_words import away, hung, no_bot, nobody_can, silent, slots_busy, with_place

MAX_NAMED = 3
ANYBODY: Final = Need()


def why_run(run: Run) -> Why:
    """Return why the run does not get on: it waits for a slot, or has one and hangs."""
    if run.is_final:
        return NOT_WAITING
    hands = hands_of(run.pool_id)
    if run.status == Run.Status.PENDING:
        return why_pending(run, hands, held_back=holds_of(run))
    trouble = held_up(run, hands)
    return because(trouble) if trouble else NOT_WAITING


def why_pending(run: Run, hands: Sequence[Hand], *, held_back: Iterable[Blocker] = ()) -> Why:
    """`held_back`: what limits and stops keep it from starting, beside its bots."""
    need = Need(frozenset(run.required_capabilities), run.pinned_bot_id)
    found = [*held_back, *staffing(run.pool, hands, need)]
    if any(each.code == "slots_busy" for each in found):
        fit = fitting(hands, need)
        place = place_in_line(run)
        eta = eta_of(place, fit)
        n_own = sum(each.source == run.source for hand in fit for each in hand.held)
        found = [with_place(each, place, eta, n_own=n_own) for each in found]
        return because(found, eta=eta)
    return because(found or about_to_start())


def staffing(pool: BotPool, hands: Sequence[Hand], need: Need = ANYBODY) -> list[Blocker]:
    """Return why no slot of the pool is free for such work; nothing when one is."""
    if not hands:
        return [no_bot(pool)]
    fit = fitting(hands, need)
    if not fit:
        return [nobody_can(pool, hands, need)]
    if not any(hand.is_working for hand in fit):
        return away(pool, fit, need)
    if any(hand.n_free for hand in fit):
        return []
    stuck = [hung(run) for hand in fit if hand.is_working for run in hand.hung]
    return [*stuck[:MAX_NAMED], slots_busy(pool, fit)]


def held_up(run: Run, hands: Sequence[Hand]) -> Blocker | None:
    """Return what is wrong with a run that has a slot; None when it gets on."""
    for hand in hands:
        if run.pk in {each.pk for each in hand.held}:
            if not hand.answers:
                return silent(run, hand.bot)
            if run.pk in {each.pk for each in hand.hung}:
                return hung(run)
    return None


def place_in_line(run: Run) -> int:
    """Return about which in line a pending run is, 1: next; sources take turns (see turns.py)."""
    waiting = Run.objects.filter(pool_id=run.pool_id, status=Run.Status.PENDING)
    earlier = Q(rank_at__lt=run.rank_at) | Q(rank_at=run.rank_at, pk__lt=run.pk)
    rows = waiting.values("source").annotate(n=Count("pk"), n_before=Count("pk", filter=earlier))
    mine: int = sum(row["n_before"] for row in rows if row["source"] == run.source)
    others: int = sum(min(row["n"], mine) for row in rows if row["source"] != run.source)
    return 1 + mine + others


def eta_of(place: int, hands: Sequence[Hand]) -> datetime | None:
    """Return about when the run at `place` gets a slot, by what the runs at work usually take.

    A run that drains a queue gives its slot up when it is another one's turn.
    """
    slots = sum(hand.n_slots for hand in hands if hand.is_working)
    held = [run for hand in hands if hand.is_working for run in hand.held]
    usual = [_seconds(run.version.automation) for run in held]
    known = [each for each in usual if each is not None]
    if not known or len(known) < len(usual):
        return None
    return estimate(database_now(), place=place, seconds_each=sum(known) / len(known), slots=slots)


def about_to_start() -> Blocker:
    return Blocker(
        code="nothing",
        sentence=_("Nothing is in its way."),
        next=_("It is about to start: within seconds."),
        is_usual=True,
    )


def _seconds(automation: Automation) -> float | None:
    if automation.kind == Automation.Kind.ITEM:
        return TURN_SECONDS + (automation.usual_seconds or 1.0)
    return automation.usual_seconds
