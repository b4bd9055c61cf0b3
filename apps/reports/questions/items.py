"""How much goes through without a person."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.reports.figures import Amount, Asked, Both, Sums, amount_of, measures, per_day
from apps.reports.models import Measure
from apps.reports.shapes import Column, Days, Figure, Report, Row, Series, Table, Value, share

COUNTED = measures(
    *(Measure.ADDED, Measure.DONE, Measure.HELPED, Measure.REOPENED),
    *(Measure.FAILED, Measure.LEFT_OUT, Measure.CANCELLED, Measure.EXPIRED),
)


def straight_through(asked: Asked) -> Report:
    now = asked.now(COUNTED, "queue_id")
    both = Both(now.total, asked.then(COUNTED).total if asked.is_compared else None)
    again = _(
        "An item that is reopened and done again is done twice, on two days; the first of them "
        "stays as it was."
    )
    return Report(
        figures=[*_of_done(asked, both), *_of_the_rest(both)],
        tables=[_by_queue(asked, now)],
        days=_days(asked),
        notes=[again],
    )


def _of_done(asked: Asked, both: Both) -> list[Figure]:
    return [
        both.figure(
            "straight_through_share",
            _("Straight-through"),
            _share,
            _(
                "= done without a person ÷ done. Without a person: nobody decided about the item, "
                "corrected, retried, held or reopened it, or did it by hand, before it was done."
            ),
            kind="percent",
            more_is="good",
        ),
        both.figure(
            "done",
            _("Done"),
            amount_of(Measure.DONE),
            _("= each time that an item ended as done, by a bot or by a person."),
            more_is="good",
            url=_list_of(asked, "successful"),
        ),
        both.figure(
            "helped",
            _("Done with a person's help"),
            amount_of(Measure.HELPED),
            _("= of those done, the ones on which a person had laid hands."),
            more_is="bad",
        ),
    ]


def _of_the_rest(both: Both) -> list[Figure]:
    return [
        both.figure(
            "ended_otherwise",
            _("Ended otherwise"),
            _otherwise,
            _("= failed + left out + cancelled + expired."),
            more_is="bad",
        ),
        both.figure(
            "added",
            _("Came in"),
            amount_of(Measure.ADDED),
            _("= items that were added, whenever they end."),
        ),
        both.figure(
            "reopened",
            _("Reopened"),
            amount_of(Measure.REOPENED),
            _("= each time that an item that had ended was opened again."),
            more_is="bad",
        ),
    ]


def _by_queue(asked: Asked, now: Sums) -> Table:
    return Table(
        key="queues",
        title=_("By queue"),
        columns=[
            Column(_("Queue"), "text"),
            Column(_("Came in")),
            Column(_("Done")),
            Column(_("With help")),
            Column(_("Straight-through"), "percent"),
            Column(_("Failed")),
            Column(_("Other ends")),
        ],
        rows=[
            Row([asked.queue_title(pk), *_line(now.of(pk))], url=asked.queue_url(pk))
            for pk in asked.in_order(now.by_key)
        ],
        total=[_("All"), *_line(now.total)],
        empty=_("No item came in or ended in this time."),
    )


def _line(amount: Amount) -> list[Value]:
    return [
        amount[Measure.ADDED],
        amount[Measure.DONE],
        amount[Measure.HELPED],
        _share(amount),
        amount[Measure.FAILED],
        amount.sum(Measure.LEFT_OUT, Measure.CANCELLED, Measure.EXPIRED),
    ]


def _days(asked: Asked) -> Days:
    days = asked.span.days
    found = asked.days(measures(Measure.DONE, Measure.HELPED))
    helped = per_day(days, found, _("Done with a person's help"), Measure.HELPED)
    alone = [found.of(day)[Measure.DONE] - n for day, n in zip(days, helped.values, strict=True)]
    return Days(
        title=_("Done, day by day"),
        days=days,
        series=[Series(label=_("Done without a person"), values=alone), helped],
    )


def _share(amount: Amount) -> Decimal | None:
    return share(amount[Measure.DONE] - amount[Measure.HELPED], amount[Measure.DONE])


def _otherwise(amount: Amount) -> Decimal:
    return amount.sum(Measure.FAILED, Measure.LEFT_OUT, Measure.CANCELLED, Measure.EXPIRED)


def _list_of(asked: Asked, status: str) -> str:
    """Return the list of what ended today in one queue: no list is narrowed to other days."""
    wanted = asked.wanted
    if wanted.period != "today" or wanted.queue not in asked.queues:
        return ""
    return f"{reverse('queues:queue_detail', args=[wanted.queue])}?status={status}&ended=today"
