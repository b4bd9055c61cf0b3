"""How much time people spend on decisions."""

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.inbox.models import UserTask
from apps.reports.figures import Amount, Asked, Both, Sums, amount_of, measures, per_day
from apps.reports.models import Measure
from apps.reports.shapes import Column, Days, Figure, Report, Row, Series, Table, Value
from apps.reports.sources import FIRST_SECONDS, STAYS_SECONDS

COUNTED = measures(
    *(Measure.DECISIONS, Measure.DECISION_SECONDS, Measure.WAITED_SECONDS, Measure.DECIDED_ALONE),
)
MINUTE, HOUR = 60, 3600


def people(asked: Asked) -> Report:
    found = asked.now(COUNTED, "queue_id", "detail")
    both = Both(found.total, asked.then(COUNTED).total if asked.is_compared else None)
    return Report(
        figures=[*_figures(both), *_further(both)],
        tables=[_by_queue(asked, found), _by_kind(found)],
        days=_days(asked),
        notes=[_("By queue and kind of task only: no report shows what one person did.")],
    )


def _figures(both: Both) -> list[Figure]:
    return [
        both.figure(
            "people_minutes",
            _("People's minutes"),
            minutes,
            _(
                "= for each decision, the time since that person did something in the inbox "
                "before. After a pause of more than %(pause)d minutes, or at first, a decision "
                "counts as %(first)d minutes. What people do elsewhere is not measured."
            )
            % {"pause": STAYS_SECONDS // MINUTE, "first": FIRST_SECONDS // MINUTE},
            kind="minutes",
            more_is="bad",
        ),
        both.figure(
            "decisions",
            _("Decisions"),
            amount_of(Measure.DECISIONS),
            _("= tasks that a person decided, each time."),
            more_is="bad",
        ),
        both.figure(
            "minutes_per_decision",
            _("Minutes a decision"),
            _per_decision,
            _("= people's minutes ÷ decisions."),
            kind="minutes",
            more_is="bad",
        ),
    ]


def _further(both: Both) -> list[Figure]:
    return [
        both.figure(
            "waited",
            _("Waited for a person"),
            _waited,
            _("= hours from when a task was opened until it was decided, on average."),
            kind="hours",
            more_is="bad",
        ),
        both.figure(
            "decided_alone",
            _("Decided without a person"),
            amount_of(Measure.DECIDED_ALONE),
            _("= tasks that a learnt rule, an escalation or a program decided."),
            more_is="good",
        ),
    ]


def minutes(amount: Amount) -> Decimal:
    return amount[Measure.DECISION_SECONDS] / MINUTE


def _per_decision(amount: Amount) -> Decimal | None:
    n = amount[Measure.DECISIONS]
    return minutes(amount) / n if n else None


def _waited(amount: Amount) -> Decimal | None:
    n = amount[Measure.DECISIONS]
    return amount[Measure.WAITED_SECONDS] / HOUR / n if n else None


def _by_queue(asked: Asked, found: Sums) -> Table:
    queues = found.under(0)
    return Table(
        key="queues",
        title=_("By queue"),
        columns=_columns(_("Queue")),
        rows=[
            Row([asked.queue_title(pk), *_line(queues.of(pk))], url=asked.queue_url(pk))
            for pk in asked.in_order(queues.by_key)
        ],
        total=[_("All"), *_line(found.total)],
        empty=_("Nobody decided anything in this time."),
    )


def _by_kind(found: Sums) -> Table:
    kinds = found.under(1)
    words = {value: str(label) for value, label in UserTask.Kind.choices}
    return Table(
        key="kinds",
        title=_("By kind of task"),
        columns=_columns(_("Kind of task")),
        rows=[
            Row([words.get(kind, kind), *_line(kinds.of(kind))])
            for kind in sorted(kinds.by_key, key=lambda kind: words.get(kind, kind))
        ],
        total=[_("All"), *_line(found.total)],
        empty=_("Nobody decided anything in this time."),
    )


def _columns(first: str) -> list[Column]:
    return [
        Column(first, "text"),
        Column(_("Decisions")),
        Column(_("Minutes"), "minutes"),
        Column(_("A decision"), "minutes"),
        Column(_("Waited"), "hours"),
        Column(_("Without a person")),
    ]


def _line(amount: Amount) -> list[Value]:
    return [
        amount[Measure.DECISIONS],
        minutes(amount),
        _per_decision(amount),
        _waited(amount),
        amount[Measure.DECIDED_ALONE],
    ]


def _days(asked: Asked) -> Days:
    days = asked.span.days
    found = asked.days(measures(Measure.DECISION_SECONDS))
    seconds = per_day(days, found, "", Measure.DECISION_SECONDS)
    spent = [each / MINUTE for each in seconds.values]
    return Days(
        title=_("People's minutes, day by day"),
        days=days,
        series=[Series(label=_("People's minutes"), values=spent)],
        kind="minutes",
    )
