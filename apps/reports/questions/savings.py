"""What automation saves, in time and money, with the formula and the values put into it.

Each day counts with the values that held on it. Amounts are rounded once, where a line of the
table is made: what stands below and above the lines are their sums.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.ai.models import ModelEndpoint
from apps.reports.figures import Amount, Asked, Sums, measures
from apps.reports.models import Measure, Worth
from apps.reports.periods import Span
from apps.reports.shapes import (
    ZERO,
    Column,
    Days,
    Figure,
    Kind,
    Report,
    Row,
    Series,
    Table,
    plain,
    rounded,
    words_of,
)

COUNTED = measures(Measure.DONE, Measure.BY_HAND, Measure.DECISION_SECONDS, Measure.RUN_SECONDS)
LAST_DAY = date(9999, 12, 31)
# with more queues than this, the table below has the rest
MOST_FORMULAS = 12

_HELD = """
  from reports_dayfigure f
  join unnest(%(worths)s::bigint[], %(queues)s::bigint[], %(firsts)s::date[], %(lasts)s::date[],
              %(minutes)s::numeric[]) as h (worth_id, queue_id, first, last, minutes)
    on h.queue_id = f.queue_id and f.day >= h.first and f.day <= h.last
 where f.measure = any (%(measures)s) and f.day >= %(first)s and f.day <= %(last)s
   and f.folder_id = any (%(folders)s::bigint[])
   and (%(queue)s::bigint is null or f.queue_id = %(queue)s)
   and (%(automation)s::bigint is null or f.automation_id = %(automation)s)
"""
BY_VERSION = f"""
select h.worth_id, f.measure, sum(f.n) {_HELD}
   and (f.measure <> 'model_cost' or f.detail = any (%(endpoints)s::text[]))
 group by 1, 2
"""
HOURS_BY_DAY = f"""
select f.day, sum(case f.measure when 'done' then f.n when 'by_hand' then -f.n end
                  * h.minutes / 60) {_HELD}
   and f.measure in ('done', 'by_hand')
 group by 1
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Values of a queue, and from which day to which they hold."""

    worth: Worth
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a queue saved while the same values held, each part rounded as it is shown."""

    held: Held
    n: Decimal
    hours_by_hand: Decimal
    people_hours: Decimal
    bot_hours: Decimal
    by_hand: Decimal
    people: Decimal
    bots: Decimal
    models: Decimal

    @property
    def saved(self) -> Decimal:
        return self.by_hand - self.people - self.bots - self.models


Part = Callable[[Line], Decimal]


def savings(asked: Asked) -> Report:
    held = versions(asked.queues)
    lines = _lines(asked, asked.span, held)
    before = _lines(asked, asked.before, held) if asked.before else []
    return Report(
        figures=_figures(asked, lines, before),
        tables=[_table(asked, lines)],
        days=_days(asked, held),
        formulas=[
            _(
                "saved = items done by bots × minutes by hand × rate of a person "
                "− minutes of people × rate of a person − hours of bots × rate of a bot "
                "− calls of models"
            ),
            *(_formula(asked, line) for line in lines[:MOST_FORMULAS]),
            *_more_formulas(len(lines)),
        ],
        notes=_notes(asked, held),
    )


def versions(queue_ids: Iterable[int]) -> dict[int, list[Held]]:
    """Return the values of each queue in the order of their days; the newest of a day holds."""
    newest: dict[int, dict[date, Worth]] = defaultdict(dict)
    for worth in Worth.objects.filter(queue__in=list(queue_ids)).order_by("since", "pk"):
        newest[worth.queue_id][worth.since] = worth
    found = {}
    for queue_id, by_day in newest.items():
        starts = [*sorted(by_day), None]
        found[queue_id] = [
            Held(by_day[first], first, _day_before(following))
            for first, following in pairwise(starts)
            if first is not None
        ]
    return found


def _lines(asked: Asked, span: Span | None, held: dict[int, list[Held]]) -> list[Line]:
    """Return a line for each queue and each of its versions that held on a day of the span."""
    if span is None:
        return []
    found = _by_version(asked, span, held)
    lines = []
    for queue_id in asked.in_order(held):
        for each in held[queue_id]:
            key = each.worth.pk
            if key in found.by_key:
                lines.append(_line(each, found.of(key)))
    return lines


def _by_version(asked: Asked, span: Span, held: dict[int, list[Held]]) -> Sums:
    """Return the sums of the span by the values that held: one query."""
    sums = Sums()
    with connection.cursor() as cursor:
        cursor.execute(BY_VERSION, _values(asked, span, held))
        for worth_id, measure, n in cursor.fetchall():
            sums.add(worth_id, measure, n)
    return sums


def _values(asked: Asked, span: Span, held: dict[int, list[Held]]) -> dict[str, Any]:
    ranges = [
        each
        for some in held.values()
        for each in some
        if each.first <= span.last and each.last >= span.first
    ]
    own_money = ModelEndpoint.objects.filter(currency=settings.CURRENCY).order_by()
    return {
        "measures": [*COUNTED, Measure.MODEL_COST.value],
        "first": span.first,
        "last": span.last,
        "folders": asked.folders,
        "queue": asked.wanted.queue,
        "automation": asked.wanted.automation,
        "endpoints": [str(pk) for pk in own_money.values_list("pk", flat=True)],
        "worths": [each.worth.pk for each in ranges],
        "queues": [each.worth.queue_id for each in ranges],
        "firsts": [each.first for each in ranges],
        "lasts": [each.last for each in ranges],
        "minutes": [each.worth.minutes_by_hand for each in ranges],
    }


def _line(held: Held, amount: Amount) -> Line:
    worth = held.worth
    n = _by_bots(amount)
    hours = n * worth.minutes_by_hand / 60
    people = amount[Measure.DECISION_SECONDS] / 3600
    at_work = amount[Measure.RUN_SECONDS] / 3600
    return Line(
        held=held,
        n=n,
        hours_by_hand=rounded(hours, "hours"),
        people_hours=rounded(people, "hours"),
        bot_hours=rounded(at_work, "hours"),
        by_hand=rounded(hours * worth.rate_per_hour, "money"),
        people=rounded(people * worth.rate_per_hour, "money"),
        bots=rounded(at_work * worth.bot_cost_per_hour, "money"),
        models=rounded(amount[Measure.MODEL_COST], "money"),
    )


def _by_bots(amount: Amount) -> Decimal:
    """Return the items that bots did; what a person did by hand saved nothing."""
    return max(ZERO, amount[Measure.DONE] - amount[Measure.BY_HAND])


def _day_before(day: date | None) -> date:
    return LAST_DAY if day is None else day - timedelta(days=1)


def _figures(asked: Asked, lines: list[Line], before: list[Line]) -> list[Figure]:
    parts: list[tuple[str, str, Kind, Part, str]] = [
        (
            "saved",
            _("Saved"),
            "money",
            lambda line: line.saved,
            _("= work by hand − people − bots − models; the sum of the lines below."),
        ),
        (
            "time_saved",
            _("Time saved"),
            "hours",
            lambda line: line.hours_by_hand - line.people_hours,
            _("= items done by bots × minutes by hand − minutes that people spent on decisions."),
        ),
        (
            "by_hand",
            _("Work by hand that was not needed"),
            "money",
            lambda line: line.by_hand,
            _("= items done by bots × minutes by hand × rate of a person."),
        ),
        (
            "cost",
            _("What it cost"),
            "money",
            lambda line: line.people + line.bots + line.models,
            _("= people's minutes × their rate + hours of runs × rate of a bot + calls of models."),
        ),
    ]
    return [_figure(asked, lines, before, *each) for each in parts]


def _figure(  # noqa: PLR0913 - the parts of a figure
    asked: Asked,
    lines: list[Line],
    before: list[Line],
    key: str,
    label: str,
    kind: Kind,
    part: Part,
    definition: str,
) -> Figure:
    return Figure(
        key=key,
        label=label,
        value=sum((part(each) for each in lines), ZERO) if lines else None,
        before=sum((part(each) for each in before), ZERO) if before else None,
        is_compared=asked.is_compared,
        kind=kind,
        definition=definition,
        more_is="" if key == "cost" else "good",
    )


def _table(asked: Asked, lines: list[Line]) -> Table:
    columns = [
        Column(_("Queue"), "text"),
        Column(_("Values"), "text"),
        Column(_("Done by bots")),
        Column(_("By hand"), "hours"),
        Column(_("Work by hand"), "money"),
        Column(_("People"), "money"),
        Column(_("Bots"), "money"),
        Column(_("Models"), "money"),
        Column(_("Saved"), "money"),
    ]
    rows = [
        Row(
            [
                asked.queue_title(line.held.worth.queue_id),
                values_in_words(line.held),
                *_parts(line),
            ],
            url=reverse("reports:worth", args=[line.held.worth.queue_id]),
        )
        for line in lines
    ]
    parts = [_parts(line) for line in lines]
    return Table(
        key="queues",
        title=_("By queue, and by the values that held"),
        columns=columns,
        rows=rows,
        total=[_("All"), "", *(sum(column, ZERO) for column in zip(*parts, strict=True))]
        if parts
        else [],
        empty=_("No queue with values was worked in this time."),
    )


def _parts(line: Line) -> list[Decimal]:
    return [
        line.n,
        line.hours_by_hand,
        line.by_hand,
        line.people,
        line.bots,
        line.models,
        line.saved,
    ]


def values_in_words(held: Held) -> str:
    worth = held.worth
    said = {
        "minutes": words_of(worth.minutes_by_hand, "minutes"),
        "rate": words_of(worth.rate_per_hour, "money"),
        "bot": words_of(worth.bot_cost_per_hour, "money"),
        "day": worth.since.isoformat(),
    }
    return _("%(minutes)s, %(rate)s/h, bot %(bot)s/h, from %(day)s") % said


def _formula(asked: Asked, line: Line) -> str:
    worth = line.held.worth
    said = {
        "queue": asked.queue_title(worth.queue_id),
        "n": plain(line.n, "count"),
        "minutes": plain(worth.minutes_by_hand, "rate"),
        "rate": words_of(worth.rate_per_hour, "money"),
        "people": words_of(line.people, "money"),
        "hours": plain(line.bot_hours, "hours"),
        "bot": words_of(worth.bot_cost_per_hour, "money"),
        "models": words_of(line.models, "money"),
        "saved": words_of(line.saved, "money"),
    }
    return (
        _(
            "%(queue)s: %(n)s items × %(minutes)s min ÷ 60 × %(rate)s − %(people)s for people "
            "− %(hours)s h × %(bot)s for bots − %(models)s for models = %(saved)s"
        )
        % said
    )


def _more_formulas(n: int) -> list[str]:
    if n <= MOST_FORMULAS:
        return []
    words = _("… and so on for %(n)d further lines of the table below.")
    return [words % {"n": n - MOST_FORMULAS}]


def _notes(asked: Asked, held: dict[int, list[Held]]) -> list[str]:
    notes = [_("What a person did by hand counts as nothing saved.")]
    wanted = asked.wanted
    shown = [
        queue
        for queue in asked.queues.values()
        if wanted.queue in (None, queue.pk) and wanted.automation in (None, queue.automation_id)
    ]
    n = sum(queue.pk not in held for queue in shown)
    if n:
        words = ngettext(
            "%(n)d queue has no values yet and is left out.",
            "%(n)d queues have no values yet and are left out.",
            n,
        )
        notes.append(words % {"n": n})
    return notes


def _days(asked: Asked, held: dict[int, list[Held]]) -> Days:
    with connection.cursor() as cursor:
        cursor.execute(HOURS_BY_DAY, _values(asked, asked.span, held))
        hours = dict(cursor.fetchall())
    days = asked.span.days
    label = _("Hours of work by hand that were not needed")
    return Days(
        title=_("Work by hand that was not needed, day by day"),
        days=days,
        series=[Series(label=label, values=[hours.get(day) or ZERO for day in days])],
        kind="hours",
    )
