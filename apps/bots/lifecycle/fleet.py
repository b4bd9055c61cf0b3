"""What people want of bots: work, finish, rest; and times in which they are serviced."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.bots.models import Automation, Bot, BotPool, Maintenance, Run
from apps.events import bus, live
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.doorbell import ring
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.limits.models import FolderStop

from .wishing import ask_all

LONGEST_MAINTENANCE: Final = timedelta(days=31)
MAX_REASON: Final = 300
Strategy = Maintenance.Strategy


def set_standing(bot: Bot, standing: Bot.Standing | str, *, by: Actor, reason: str = "") -> Bot:
    """Enable a bot, let it finish and then stop (drain), or forbid it to work (disable).

    A bot that drains ends what it has in hand: an item of a queue, or a single run as a whole. A
    disabled bot's single runs are asked to stop, too.
    """
    with transaction.atomic():
        bot = Bot.objects.select_for_update().get(pk=bot.pk)
        before, after = bot.standing, Bot.Standing(standing)
        if before == after:
            return bot
        Bot.objects.filter(pk=bot.pk).update(standing=after)
        bot.standing = after
        if after != Bot.Standing.ENABLED:
            at_work = Run.objects.filter(bot=bot)
            if after == Bot.Standing.DRAINING:
                at_work = at_work.filter(version__automation__kind=Automation.Kind.ITEM)
            ask_all(at_work, by=by.name)
        bus.publish(
            "bot.standing_changed",
            subject=("bot", bot.pk),
            folder_id=bot.folder_id,
            by=by,
            data={"name": bot.name, "before": before, "after": after.value, "reason": reason},
        )
    live.nudge("bots", "overview")
    return bot


@transaction.atomic
def plan_maintenance(  # noqa: PLR0913 - one for each thing that is said of it
    of: Bot | BotPool,
    *,
    until: datetime,
    starts_at: datetime | None = None,
    strategy: str = Strategy.DRAIN,
    reason: str = "",
    by: Actor,
) -> Maintenance:
    """Let a bot, or all bots of a pool, take no work from `starts_at` (now by default) `until`.

    What is at work then is treated as `strategy` says. Raises InvalidError naming the field.
    """
    now = database_now()
    begins = starts_at or now
    _check_maintenance(begins, until, strategy, reason, now)
    planned = Maintenance.objects.create(
        folder_id=of.folder_id,
        bot=of if isinstance(of, Bot) else None,
        pool=of if isinstance(of, BotPool) else None,
        strategy=strategy,
        reason=reason,
        starts_at=begins,
        ends_at=until,
        by=by.name[:150],
    )
    _record(planned, "maintenance_planned", by, {"until": until.isoformat(), "reason": reason})
    if begins <= now:
        _begin(planned)
    ring("scheduler")
    return planned


@transaction.atomic
def end_maintenance(planned: Maintenance, *, by: Actor) -> Maintenance:
    """End it now, or call it off before it began. Raises ConflictError when it is over."""
    over = Maintenance.objects.filter(pk=planned.pk, ended_at=None, ends_at__gt=Now())
    if not over.update(ended_at=Now()):
        raise ConflictError(_("This maintenance is over already."))
    planned.refresh_from_db()
    _record(planned, "maintenance_ended", by, {})
    return planned


def follow_the_clock() -> int:
    """Begin and end maintenance that is due, and stop runs of stopped folders; say how many.

    Claims look at the clock themselves: this is about what is at work, and about history.
    """
    n = 0
    # what was over before any scheduler saw it begin must not touch what is at work by now
    due = Maintenance.objects.filter(
        ended_at=None, began_at=None, starts_at__lte=Now(), ends_at__gt=Now()
    )
    for planned in due.select_related("bot", "pool"):
        n += _begin(planned)
    over = Maintenance.objects.filter(ended_at=None, ends_at__lte=Now())
    for planned in over.select_related("bot", "pool"):
        n += _let_go(planned)
    return n + stop_runs_of_stopped_folders()


@transaction.atomic
def stop_runs_of_stopped_folders() -> int:
    """Ask what is at work to end where an emergency stop says so; return how many were asked."""
    n = 0
    for stop in FolderStop.objects.filter(stops_runs=True):
        n += len(ask_all(Run.objects.filter(folder_id=stop.folder_id), by=stop.by))
    return n


@transaction.atomic
def _begin(planned: Maintenance) -> bool:
    """Treat what is at work as the strategy says; once, whoever of many does it."""
    mine = Maintenance.objects.filter(pk=planned.pk, began_at=None, ended_at=None)
    if not mine.update(began_at=Now()):
        return False
    of_it = Q(bot=planned.bot_id) if planned.bot_id else Q(bot__pool=planned.pool_id)
    at_work = Run.objects.filter(of_it, status__in=Run.HELD)
    if planned.strategy == Strategy.DRAIN:
        at_work = at_work.filter(version__automation__kind=Automation.Kind.ITEM)
    ask_all(at_work, by=planned.by, kill=planned.strategy == Strategy.KILL)
    _record(planned, "maintenance_began", SYSTEM, {})
    return True


@transaction.atomic
def _let_go(planned: Maintenance) -> bool:
    mine = Maintenance.objects.filter(pk=planned.pk, ended_at=None, ends_at__lte=Now())
    if not mine.update(ended_at=Now()):
        return False
    _record(planned, "maintenance_ended", SYSTEM, {})
    return True


def _check_maintenance(
    begins: datetime, until: datetime, strategy: str, reason: str, now: datetime
) -> None:
    problems = []
    if strategy not in Strategy.values:
        known = ", ".join(Strategy.values)
        problems.append(FieldProblem("strategy", _("must be one of: %s") % known))
    if until <= now:
        problems.append(FieldProblem("until", _("must be in the future")))
    elif until <= begins:
        problems.append(FieldProblem("until", _("must be later than its beginning")))
    elif until - begins > LONGEST_MAINTENANCE:
        problems.append(FieldProblem("until", _("must be within 31 days of its beginning")))
    if begins < now - timedelta(minutes=5):
        problems.append(FieldProblem("starts_at", _("must not be in the past")))
    if len(reason) > MAX_REASON:
        problems.append(FieldProblem("reason", _("must have at most %d characters") % MAX_REASON))
    if problems:
        raise InvalidError(f"{problems[0].path}: {problems[0].message}.", fields=problems)


def _record(planned: Maintenance, verb: str, by: Actor, data: JsonObject) -> None:
    of = planned.bot or planned.pool
    assert of is not None
    subject = "bot" if planned.bot_id else "bot_pool"
    bus.publish(
        f"{subject}.{verb}",
        subject=(subject, of.pk),
        folder_id=planned.folder_id,
        by=by,
        data={"name": str(of), "strategy": planned.strategy, **data},
        topics=["bots", "overview"],
    )
    live.nudge("bots", "overview")
