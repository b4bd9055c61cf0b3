"""How busy the bots are, and with what."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.bots.models import Bot
from apps.lib.clock import database_now
from apps.reports.asking import zone
from apps.reports.figures import Amount, Asked, Both, Sums, amount_of, measures, per_day
from apps.reports.models import Measure
from apps.reports.periods import Span
from apps.reports.shapes import (
    ZERO,
    Column,
    Days,
    Figure,
    Report,
    Row,
    Series,
    Table,
    Value,
    share,
)

COUNTED = measures(Measure.RUNS, Measure.RUNS_FAILED, Measure.RUN_SECONDS)
HOUR = 3600


class _Fleet(NamedTuple):
    """The bots that the reader sees, and how many hours their slots were there for."""

    bots: dict[int, Bot]
    now: datetime

    def hours(self, span: Span, pk: int | None = None) -> Decimal:
        bots = self.bots.values() if pk is None else [self.bots[pk]] if pk in self.bots else []
        return sum((self._hours_of(bot, span) for bot in bots), ZERO)

    def _hours_of(self, bot: Bot, span: Span) -> Decimal:
        begins = max(span.begins(zone()), bot.created_at)
        seconds = (min(span.ends(zone()), self.now) - begins).total_seconds()
        return Decimal(round(max(0.0, seconds))) * bot.n_slots / HOUR


def bots(asked: Asked) -> Report:
    found = asked.now(COUNTED, "detail", "automation_id")
    both = Both(found.total, asked.then(COUNTED).total if asked.is_compared else None)
    visible = Bot.objects.filter(folder_id__in=asked.folders)
    fleet = _Fleet({bot.pk: bot for bot in visible}, database_now())
    return Report(
        figures=[
            _use(asked, both, fleet),
            both.figure(
                "busy_hours",
                _("At work"),
                _hours,
                _(
                    "= time that runs held a slot; a run counts on each day for its time on it. "
                    "Bots that take items by API alone have no runs, and do not count."
                ),
                kind="hours",
            ),
            both.figure(
                "runs", _("Runs"), amount_of(Measure.RUNS), _("= runs that ended, however.")
            ),
            both.figure(
                "runs_failed_share",
                _("Runs that failed"),
                _failed,
                _("= runs that broke or were lost with their bot ÷ runs."),
                kind="percent",
                more_is="bad",
            ),
        ],
        tables=[_by_bot(asked, found, fleet), _by_automation(asked, found)],
        days=_days(asked),
        notes=[
            _("Slots are counted as they are now: how many there were on each day is not kept.")
        ],
    )


def _use(asked: Asked, both: Both, fleet: _Fleet) -> Figure:
    then = None
    if both.then is not None and asked.before is not None:
        then = share(_hours(both.then), fleet.hours(asked.before))
    return Figure(
        key="use",
        label=_("Use"),
        value=share(_hours(both.now), fleet.hours(asked.span)),
        before=then,
        is_compared=asked.is_compared,
        kind="percent",
        definition=_("= hours at work ÷ (slots of the bots × hours since each was there)."),
    )


def _by_bot(asked: Asked, found: Sums, fleet: _Fleet) -> Table:
    by_bot = found.under(0)
    keys = sorted(by_bot.by_key, key=lambda key: (_name(fleet, key).casefold(), key))
    return Table(
        key="bots",
        title=_("By bot"),
        columns=[
            Column(_("Bot"), "text"),
            Column(_("Slots")),
            Column(_("At work"), "hours"),
            Column(_("Use"), "percent"),
            Column(_("Runs")),
            Column(_("Failed")),
        ],
        rows=[_bot_row(asked, fleet, key, by_bot.of(key)) for key in keys],
        total=[
            _("All"),
            sum((Decimal(bot.n_slots) for bot in fleet.bots.values()), ZERO),
            _hours(found.total),
            share(_hours(found.total), fleet.hours(asked.span)),
            found.total[Measure.RUNS],
            found.total[Measure.RUNS_FAILED],
        ],
        note=_("All: of all bots that you may see, those that did nothing included."),
        empty=_("No bot was at work in this time."),
    )


def _bot_row(asked: Asked, fleet: _Fleet, key: str, amount: Amount) -> Row:
    bot = fleet.bots.get(int(key)) if key else None
    values: list[Value] = [
        _name(fleet, key),
        Decimal(bot.n_slots) if bot else None,
        _hours(amount),
        share(_hours(amount), fleet.hours(asked.span, bot.pk)) if bot else None,
        amount[Measure.RUNS],
        amount[Measure.RUNS_FAILED],
    ]
    return Row(values, url=reverse("bots:bot_detail", args=[bot.pk]) if bot else "")


def _by_automation(asked: Asked, found: Sums) -> Table:
    by_automation = found.under(1)
    gone = _("An automation that is gone")
    titles = {pk: asked.automations.get(pk, gone) for pk in by_automation.by_key}
    return Table(
        key="automations",
        title=_("By automation"),
        columns=[
            Column(_("Automation"), "text"),
            Column(_("At work"), "hours"),
            Column(_("Share"), "percent"),
            Column(_("Runs")),
            Column(_("Failed")),
        ],
        rows=[
            Row([titles[pk], *_line(by_automation.of(pk), found.total)])
            for pk in sorted(titles, key=lambda pk: (titles[pk].casefold(), pk))
        ],
        total=[_("All"), *_line(found.total, found.total)],
        empty=_("No bot was at work in this time."),
    )


def _line(amount: Amount, total: Amount) -> list[Value]:
    return [
        _hours(amount),
        share(_hours(amount), _hours(total)),
        amount[Measure.RUNS],
        amount[Measure.RUNS_FAILED],
    ]


def _days(asked: Asked) -> Days:
    days = asked.span.days
    seconds = per_day(days, asked.days(measures(Measure.RUN_SECONDS)), "", Measure.RUN_SECONDS)
    hours = [each / HOUR for each in seconds.values]
    return Days(
        title=_("Hours at work, day by day"),
        days=days,
        series=[Series(label=_("Hours at work"), values=hours)],
        kind="hours",
    )


def _name(fleet: _Fleet, key: str) -> str:
    bot = fleet.bots.get(int(key)) if key else None
    if bot is not None:
        return bot.name
    return _("A bot of another folder, or gone") if key else _("Nobody knows")


def _hours(amount: Amount) -> Decimal:
    return amount[Measure.RUN_SECONDS] / HOUR


def _failed(amount: Amount) -> Decimal | None:
    return share(amount[Measure.RUNS_FAILED], amount[Measure.RUNS])
