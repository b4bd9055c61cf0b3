"""Whether work is done when it is due."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.reports.figures import Amount, Asked, Both, Sums, amount_of, measures, per_day
from apps.reports.models import Measure
from apps.reports.shapes import Column, Days, Figure, Report, Row, Series, Table, Value, share

COUNTED = measures(Measure.DUE, Measure.MISSED, Measure.TASKS_DUE, Measure.TASKS_LATE)


def service(asked: Asked) -> Report:
    found = asked.now(COUNTED, "queue_id")
    both = Both(found.total, asked.then(COUNTED).total if asked.is_compared else None)
    return Report(
        figures=_figures(asked, both),
        tables=[_by_queue(asked, found)],
        days=_days(asked),
        notes=[_("Deadlines count from the day on which this control room first kept them.")],
    )


def _figures(asked: Asked, both: Both) -> list[Figure]:
    return [
        both.figure(
            "in_time_share",
            _("Done in time"),
            _share,
            _(
                "= in time ÷ due. In time: ended by then, neither as failed nor as expired. "
                "Left out or cancelled is in time, too: nobody waits for it."
            ),
            kind="percent",
            more_is="good",
        ),
        both.figure(
            "due",
            _("Due"),
            amount_of(Measure.DUE),
            _("= items whose deadline lay in this time."),
        ),
        both.figure(
            "missed",
            _("Missed"),
            amount_of(Measure.MISSED),
            _("= of those due, the ones not in time. Done later, they stay missed."),
            more_is="bad",
            url=_list_of(asked),
        ),
        both.figure(
            "decisions_in_time_share",
            _("Decided in time"),
            _tasks_share,
            _("= decided by their deadline ÷ decided, of tasks that have a deadline."),
            kind="percent",
            more_is="good",
        ),
    ]


def _by_queue(asked: Asked, found: Sums) -> Table:
    return Table(
        key="queues",
        title=_("By queue"),
        columns=[
            Column(_("Queue"), "text"),
            Column(_("Due")),
            Column(_("Missed")),
            Column(_("Done in time"), "percent"),
            Column(_("Decisions due")),
            Column(_("Decided late")),
        ],
        rows=[
            Row([asked.queue_title(pk), *_line(found.of(pk))], url=asked.queue_url(pk))
            for pk in asked.in_order(found.by_key)
        ],
        total=[_("All"), *_line(found.total)],
        empty=_("Nothing was due in this time."),
    )


def _line(amount: Amount) -> list[Value]:
    return [
        amount[Measure.DUE],
        amount[Measure.MISSED],
        _share(amount),
        amount[Measure.TASKS_DUE],
        amount[Measure.TASKS_LATE],
    ]


def _days(asked: Asked) -> Days:
    days = asked.span.days
    found = asked.days(measures(Measure.DUE, Measure.MISSED))
    missed = per_day(days, found, _("Missed"), Measure.MISSED)
    due = per_day(days, found, "", Measure.DUE)
    kept = [n - late for n, late in zip(due.values, missed.values, strict=True)]
    return Days(
        title=_("Due, day by day"),
        days=days,
        series=[Series(label=_("In time"), values=kept), missed],
    )


def _share(amount: Amount) -> Decimal | None:
    return share(amount[Measure.DUE] - amount[Measure.MISSED], amount[Measure.DUE])


def _tasks_share(amount: Amount) -> Decimal | None:
    n = amount[Measure.TASKS_DUE]
    return share(n - amount[Measure.TASKS_LATE], n)


def _list_of(asked: Asked) -> str:
    """Return the list of today's missed deadlines, which is of all folders and queues."""
    wanted = asked.wanted
    is_all = not (wanted.folder or wanted.queue or wanted.automation)
    return reverse("dashboard:list", args=["late"]) if wanted.period == "today" and is_all else ""
