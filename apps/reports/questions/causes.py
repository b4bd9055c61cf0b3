"""What goes wrong, and how often."""

from collections import defaultdict
from decimal import Decimal
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.failures.models import FailureGroup
from apps.reports.figures import Asked, Both, Sums, amount_of, measures, per_day
from apps.reports.models import Measure
from apps.reports.shapes import ZERO, Column, Days, Figure, Report, Row, Series, Table, share

CAUSE = measures(Measure.CAUSE)
PROBLEMS = measures(Measure.DATA_PROBLEMS, Measure.SYSTEM_PROBLEMS, Measure.LOST)
MOST_SHOWN: Final = 20


def causes(asked: Asked) -> Report:
    found = asked.now(CAUSE, "detail")
    then = asked.then(CAUSE, "detail")
    of_tries = Both.of(asked, PROBLEMS)
    of_all = Both(found.total, then.total if asked.is_compared else None)
    return Report(
        figures=_figures(of_all, of_tries),
        tables=[_by_cause(asked, found, then)],
        days=_days(asked),
        notes=[
            _("Alike failures are one cause: same place, kind, error class and message."),
        ],
    )


def _figures(of_all: Both, of_tries: Both) -> list[Figure]:
    return [
        of_all.figure(
            "failures",
            _("Failures"),
            amount_of(Measure.CAUSE),
            _("= tries at items + runs + steps of workflows that went wrong."),
            more_is="bad",
        ),
        of_tries.figure(
            "data_problems",
            _("Data problems"),
            amount_of(Measure.DATA_PROBLEMS),
            _("= tries at items that ended so: the data is wrong, a retry is pointless."),
            more_is="bad",
        ),
        of_tries.figure(
            "system_problems",
            _("System problems"),
            amount_of(Measure.SYSTEM_PROBLEMS),
            _("= tries at items that ended so: a system failed, a retry may help."),
            more_is="bad",
        ),
        of_tries.figure(
            "lost",
            _("Bot stopped answering"),
            amount_of(Measure.LOST),
            _("= tries at items whose bot fell silent."),
            more_is="bad",
        ),
    ]


def _by_cause(asked: Asked, found: Sums, then: Sums) -> Table:
    groups = _groups(asked, found)
    total = found.total[Measure.CAUSE]
    now = {key: found.of(key)[Measure.CAUSE] for key in found.by_key}
    first = sorted(now, key=lambda key: (-now[key], key))
    shown, rest = first[:MOST_SHOWN], first[MOST_SHOWN:]
    rows = [_row(groups.get(key), now[key], then.of(key)[Measure.CAUSE], total) for key in shown]
    if rest:
        n = sum((now[key] for key in rest), ZERO)
        was = sum((then.of(key)[Measure.CAUSE] for key in rest), ZERO)
        words = _("%(n)d further causes") % {"n": len(rest)}
        rows.append(Row([words, "", "", n, share(n, total), was]))
    over = then.total[Measure.CAUSE] - sum((then.of(key)[Measure.CAUSE] for key in now), ZERO)
    if over:
        rows.append(Row([_("Causes of before that did not come back"), "", "", ZERO, ZERO, over]))
    return Table(
        key="causes",
        title=_("By cause, the most frequent first"),
        columns=[
            Column(_("Cause"), "text"),
            Column(_("Kind"), "text"),
            Column(_("Where"), "text"),
            Column(_("Failures")),
            Column(_("Share"), "percent"),
            Column(_("Before")),
        ],
        rows=rows,
        total=[_("All"), "", "", total, share(total, total), then.total[Measure.CAUSE]],
        empty=_("Nothing went wrong in this time."),
    )


def _groups(asked: Asked, found: Sums) -> dict[str, FailureGroup]:
    groups = FailureGroup.objects.filter(
        pk__in=[int(key) for key in found.by_key], folder_id__in=asked.folders
    ).select_related("queue", "automation", "workflow")
    return {str(group.pk): group for group in groups}


def _row(group: FailureGroup | None, n: Decimal, was: Decimal, total: Decimal) -> Row:
    if group is None:
        return Row([_("A cause that is gone"), "", "", n, share(n, total), was])
    return Row(
        [
            str(group),
            str(group.get_kind_display()),
            str(group.place or ""),
            n,
            share(n, total),
            was,
        ],
        url=reverse("failures:detail", args=[group.pk]),
    )


def _days(asked: Asked) -> Days:
    days = asked.span.days
    found = asked.days(CAUSE, "detail")
    kinds = {str(pk): kind for pk, kind in _kinds({key for _day, key in found.by_key})}
    by_kind: dict[str, Sums] = defaultdict(Sums)
    for (day, key), amounts in found.by_key.items():
        by_kind[_sort(kinds.get(key, ""))].add(day, Measure.CAUSE, amounts[Measure.CAUSE])
    words = {
        "data": _("Data problems"),
        "system": _("System problems"),
        "other": _("Runs, steps and lost bots"),
    }
    none = Sums()
    return Days(
        title=_("Failures, day by day"),
        days=days,
        series=[
            Series(
                label=label,
                values=per_day(days, by_kind.get(sort, none), label, Measure.CAUSE).values,
            )
            for sort, label in words.items()
        ],
    )


def _kinds(keys: set[str]) -> list[tuple[int, str]]:
    groups = FailureGroup.objects.filter(pk__in=[int(key) for key in keys])
    return list(groups.order_by().values_list("pk", "kind"))


def _sort(kind: str) -> str:
    if kind == FailureGroup.Kind.BUSINESS:
        return "data"
    return "system" if kind == FailureGroup.Kind.APPLICATION else "other"
