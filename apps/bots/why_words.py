"""What may be wrong with bots, in words, and what would help."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words
from apps.lib.why import ADMINISTER, OPERATE, Act, Blocker, Link

from .models import Bot, BotPool, Maintenance, Run
from .why_staff import Hand, Need

Standing = Bot.Standing
MAX_NAMED = 3


def no_bot(pool: BotPool) -> Blocker:
    words = {"pool": pool.title, "key": pool.key}
    return Blocker(
        code="no_bot",
        sentence=_("The pool “%(pool)s” has no bot.") % words,
        next=_("It starts as soon as there is one: “manage.py bot --pool %(key)s” on any machine.")
        % words,
        act=_look_at(pool),
    )


def nobody_can(pool: BotPool, hands: Sequence[Hand], need: Need) -> Blocker:
    """No bot of the pool is the right one."""
    if need.pinned_bot_id is not None:
        pinned = next((hand.bot for hand in hands if hand.bot.pk == need.pinned_bot_id), None)
        if pinned is None:
            return _pinned_elsewhere(pool)
        return _lacks(pinned, need.missing(pinned))
    words = {"pool": pool.title, "what": ", ".join(sorted(need.capabilities))}
    return Blocker(
        code="capability",
        sentence=_("No bot of the pool “%(pool)s” can do all that it needs: %(what)s.") % words,
        next=_("It starts as soon as one can: “manage.py bot --pool %(key)s --capability …”.")
        % {"key": pool.key},
        act=_set_up(pool, _("Say what the bots can do")),
    )


def _lacks(bot: Bot, missing: Iterable[str]) -> Blocker:
    words = {"bot": bot.name, "what": ", ".join(sorted(missing))}
    return Blocker(
        code="capability",
        sentence=_("It may run on “%(bot)s” only, which can't do what it needs: %(what)s.") % words,
        next=_("It starts when the bot can."),
        act=Act(
            label=_("Say what “%(bot)s” can do") % words,
            url=reverse("bot_settings:edit", args=["bot", bot.pk]),
            right=ADMINISTER,
            folder_id=bot.folder_id,
        ),
        about=(_link(bot),),
    )


def _pinned_elsewhere(pool: BotPool) -> Blocker:
    return Blocker(
        code="pinned_bot_away",
        sentence=_("The bot that it shall run on is not in the pool “%(pool)s” any more.")
        % {"pool": pool.title},
        next=_("It starts when that bot is back in the pool."),
        act=_set_up(pool, _("Move the bot back")),
    )


def _set_up(pool: BotPool, label: str) -> Act:
    return Act(
        label=label,
        url=reverse("bot_settings:list"),
        right=ADMINISTER,
        folder_id=pool.folder_id,
    )


def away(pool: BotPool, fit: Sequence[Hand], need: Need) -> list[Blocker]:
    """None of those that could takes work now."""
    found = [_not_working(hand, pool) for hand in fit][:MAX_NAMED]
    if need.pinned_bot_id is None:
        return found
    only = _("It may run on “%(bot)s” only.") % {"bot": fit[0].bot.name}
    return [
        replace(each, code="pinned_bot_away", sentence=f"{only} {each.sentence}") for each in found
    ]


def _not_working(hand: Hand, pool: BotPool) -> Blocker:
    if hand.bot.standing != Standing.ENABLED:
        return _forbidden(hand.bot)
    if hand.maintenance is not None:
        return _serviced(hand.bot, hand.maintenance)
    return _not_answering(hand.bot, pool)


def _serviced(bot: Bot, maintenance: Maintenance) -> Blocker:
    words = {"bot": bot.name, "reason": maintenance.reason}
    sentence = _("“%(bot)s” is being serviced: %(reason)s")
    if not maintenance.reason:
        sentence = _("“%(bot)s” is being serviced.")
    return Blocker(
        code="maintenance",
        sentence=sentence % words,
        next=_("It takes work again by itself"),
        at=maintenance.ends_at,
        act=_end_of(maintenance),
        about=(_link(bot),),
    )


def _forbidden(bot: Bot) -> Blocker:
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


def silent(run: Run, bot: Bot) -> Blocker:
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


def hung(run: Run) -> Blocker:
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


def slots_busy(pool: BotPool, hands: Sequence[Hand]) -> Blocker:
    n = sum(hand.n_slots for hand in hands if hand.is_working)
    sentence = ngettext(
        "The one slot of the pool “%(pool)s” is at work.",
        "All %(n)d slots of the pool “%(pool)s” are at work.",
        n,
    )
    return Blocker(
        code="slots_busy",
        sentence=sentence % {"n": n, "pool": pool.title},
        act=_look_at(pool),
        is_usual=True,
    )


def with_place(blocker: Blocker, place: int, eta: datetime | None, *, n_own: int) -> Blocker:
    """Return `slots_busy` with the place in line; `n_own` slots its source has already."""
    if blocker.code != "slots_busy":
        return blocker
    if eta is None:
        text = _("It is number %(place)s in line. Nobody knows how long those at work will take.")
    else:
        text = _("It is number %(place)s in line, and starts at about the time given here.")
    own = _("Slots are shared out: its own queue or automation has %(n)d of them.")
    said = [own % {"n": n_own}] if n_own else []
    return replace(blocker, next=" ".join([*said, text % {"place": place}]), at=eta)


def _link(bot: Bot) -> Link:
    return Link(bot.name, reverse("bots:bot_detail", args=[bot.pk]))


def _end_of(maintenance: Maintenance) -> Act:
    return Act(
        label=_("End the maintenance"),
        url=reverse("bots:maintenance_end", args=[maintenance.pk]),
        method="post",
        right=OPERATE,
        folder_id=maintenance.folder_id,
    )


def _look_at(pool: BotPool) -> Act:
    return Act(label=_("Look at the pool"), url=reverse("bots:pool_detail", args=[pool.pk]))
