"""Why a run waits: who could do it, what those do instead, and when its turn comes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.clock import database_now
from apps.lib.durations import duration_in_words
from apps.lib.why import NOT_WAITING, OPERATE, Act, Blocker, Link, Why, because, estimate

from .models import Automation, Bot, BotPool, Run
from .turns import TURN_SECONDS
from .why_staff import Hand, hands_of

Standing = Bot.Standing
MAX_NAMED = 3


def why_run(run: Run) -> Why:
    """Return why the run does not get on: it waits for a slot, or has one and hangs."""
    if run.is_final:
        return NOT_WAITING
    hands = hands_of(run.pool_id)
    if run.status == Run.Status.PENDING:
        return why_pending(run, hands)
    return because(held_up(run, hands)) if held_up(run, hands) else NOT_WAITING


def why_pending(run: Run, hands: Sequence[Hand]) -> Why:
    found = staffing(run.pool, hands)
    place = place_in_line(run)
    eta = eta_of(place, hands) if [each.code for each in found] == ["slots_busy"] else None
    return because([_with_place(each, place, eta) for each in found] or about_to_start(), eta=eta)


def staffing(pool: BotPool, hands: Sequence[Hand]) -> list[Blocker]:
    """Return why no slot of the pool is free for work; nothing when one is."""
    if not hands:
        return [_no_bot(pool)]
    if not any(hand.is_working for hand in hands):
        return [_not_working(hand, pool) for hand in hands][:MAX_NAMED]
    if any(hand.n_free for hand in hands):
        return []
    hung = [_hung(run) for hand in hands if hand.is_working for run in hand.hung]
    return [*hung[:MAX_NAMED], _slots_busy(pool, hands)]


def held_up(run: Run, hands: Sequence[Hand]) -> Blocker | None:
    """Return what is wrong with a run that has a slot; None when it gets on."""
    for hand in hands:
        if run.pk in {each.pk for each in hand.held}:
            if not hand.answers:
                return _silent(run, hand.bot)
            if run.pk in {each.pk for each in hand.hung}:
                return _hung(run)
    return None


def place_in_line(run: Run) -> int:
    """Return which in line a pending run is, 1: next; sources take turns (see turns.py)."""
    waiting = Run.objects.filter(pool_id=run.pool_id, status=Run.Status.PENDING)
    rows = waiting.values("source").annotate(
        n=Count("pk"), n_before=Count("pk", filter=Q(pk__lt=run.pk))
    )
    mine = sum(row["n_before"] for row in rows if row["source"] == run.source)
    others = (row for row in rows if row["source"] != run.source)
    return 1 + mine + sum(min(row["n"], mine) for row in others)


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


def _no_bot(pool: BotPool) -> Blocker:
    words = {"pool": pool.title, "key": pool.key}
    return Blocker(
        code="no_bot",
        sentence=_("The pool “%(pool)s” has no bot.") % words,
        next=_("It starts as soon as there is one: “manage.py bot --pool %(key)s” on any machine.")
        % words,
        act=Act(label=_("Look at the bots"), url=reverse("bots:bot_list")),
    )


def _not_working(hand: Hand, pool: BotPool) -> Blocker:
    bot = hand.bot
    if bot.standing == Standing.ENABLED:
        return _not_answering(bot, pool)
    words = {"bot": bot.name}
    is_draining = bot.standing == Standing.DRAINING
    sentence = _("“%(bot)s” finishes what it has and takes nothing new.")
    if not is_draining:
        sentence = _("“%(bot)s” is disabled: it may not work.")
    return Blocker(
        code="bot_draining" if is_draining else "bot_disabled",
        sentence=sentence % words,
        next=_("It starts once somebody enables the bot, or another one comes."),
        act=Act(
            label=_("Enable “%(bot)s”") % words,
            url=reverse("bots:bot_standing", args=[bot.pk]),
            method="post",
            fields={"standing": Standing.ENABLED.value},
            right=OPERATE,
            folder_id=bot.folder_id,
        ),
        about=(_link(bot),),
    )


def _not_answering(bot: Bot, pool: BotPool) -> Blocker:
    words = {"bot": bot.name, "pool": pool.key}
    sentence = _("“%(bot)s” does not answer.")
    if bot.heartbeat_at is None:
        sentence = _("“%(bot)s” has not been started yet.")
    return Blocker(
        code="bot_not_answering",
        sentence=sentence % words,
        next=_(
            "It goes on when the bot is back: start it on its machine, "
            "“manage.py bot --pool %(pool)s --name %(bot)s”."
        )
        % words,
        act=Act(
            label=_("Look at “%(bot)s”") % words, url=reverse("bots:bot_detail", args=[bot.pk])
        ),
        about=(_link(bot),),
    )


def _silent(run: Run, bot: Bot) -> Blocker:
    return Blocker(
        code="bot_not_answering",
        sentence=_("“%(bot)s”, which works on it, stopped answering.") % {"bot": bot.name},
        next=_("Within half a minute it is given up: what it had in hand goes back into line."),
        act=Act(
            label=_("Look at “%(bot)s”") % {"bot": bot.name},
            url=reverse("bots:bot_detail", args=[bot.pk]),
        ),
        about=(_link(bot),),
    )


def _hung(run: Run) -> Blocker:
    automation = run.version.automation
    words = {"n": run.pk, "title": automation.title}
    return Blocker(
        code="hung",
        sentence=_("Run %(n)s of “%(title)s” hangs: it has a slot and gets no further.") % words,
        next=_("By itself it ends after %(time)s at the latest. Killed, it frees its slot at once.")
        % {"time": duration_in_words(automation.max_run_seconds)},
        act=Act(
            label=_("Kill run %(n)s") % words,
            url=reverse("runs:run_stop", args=[run.pk]),
            method="post",
            fields={"kill": "1"},
            confirm=_("Kill run %(n)s?") % words,
            right=OPERATE,
            folder_id=run.folder_id,
        ),
        about=(Link(_("Run %(n)s") % words, reverse("runs:run_detail", args=[run.pk])),),
    )


def _slots_busy(pool: BotPool, hands: Sequence[Hand]) -> Blocker:
    n = sum(hand.n_slots for hand in hands if hand.is_working)
    sentence = ngettext(
        "The one slot of the pool “%(pool)s” is at work.",
        "All %(n)d slots of the pool “%(pool)s” are at work.",
        n,
    )
    return Blocker(
        code="slots_busy",
        sentence=sentence % {"n": n, "pool": pool.title},
        act=Act(label=_("See what the bots do"), url=reverse("bots:bot_list")),
        is_usual=True,
    )


def _with_place(blocker: Blocker, place: int, eta: datetime | None) -> Blocker:
    if blocker.code != "slots_busy":
        return blocker
    words = {"place": place}
    if eta is None:
        text = _("It is number %(place)s in line. Nobody knows how long those at work will take.")
    else:
        text = _("It is number %(place)s in line, and starts at about the time given here.")
    return replace(blocker, next=text % words, at=eta)


def _link(bot: Bot) -> Link:
    return Link(bot.name, reverse("bots:bot_detail", args=[bot.pk]))
