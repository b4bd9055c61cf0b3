"""How often AI is right, as far as people looked, and what its calls cost."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.ai.models import ModelEndpoint
from apps.queues.models import Gate
from apps.reports.figures import Amount, Asked, Both, Sums, amount_of, measures, per_day
from apps.reports.models import Measure
from apps.reports.shapes import (
    Column,
    Days,
    Figure,
    Report,
    Row,
    Series,
    Table,
    Value,
    plain,
    share,
)

LOOKED = measures(Measure.LOOKS, Measure.LOOKS_RIGHT, Measure.VALUES, Measure.VALUES_RIGHT)
CALLED = measures(Measure.CALLS, Measure.CALLS_FAILED, Measure.TOKENS, Measure.MODEL_COST)


def ai(asked: Asked) -> Report:
    looks, calls = asked.now(LOOKED, "detail"), asked.now(CALLED, "detail")
    of_looks = Both(looks.total, asked.then(LOOKED).total if asked.is_compared else None)
    of_calls = Both(calls.total, asked.then(CALLED).total if asked.is_compared else None)
    return Report(
        figures=[*_of_looks(of_looks), *_of_calls(of_calls)],
        tables=[_by_field(asked, looks), _by_endpoint(asked, calls)],
        days=_days(asked),
        notes=[_("How sure a model said it was against how often it was right: see Learning.")],
    )


def _of_looks(both: Both) -> list[Figure]:
    return [
        both.figure(
            "accuracy",
            _("Right"),
            _accuracy,
            _(
                "= right values ÷ values, of those that people looked at: all doubtful ones, "
                "and of the rest a sample, in which each stands for those not drawn."
            ),
            kind="percent",
            more_is="good",
        ),
        both.figure(
            "looks",
            _("Values looked at"),
            amount_of(Measure.LOOKS),
            _("= values that a person confirmed or corrected."),
        ),
        both.figure(
            "corrected",
            _("Corrected"),
            lambda amount: amount[Measure.LOOKS] - amount[Measure.LOOKS_RIGHT],
            _("= of those, the ones that were wrong."),
            more_is="bad",
        ),
    ]


def _of_calls(both: Both) -> list[Figure]:
    return [
        both.figure(
            "calls",
            _("Calls of models"),
            amount_of(Measure.CALLS),
            _("= calls, those that failed included; tries of a person on a page are not."),
        ),
        both.figure(
            "calls_failed_share",
            _("Calls that failed"),
            _failed,
            _("= calls without a usable answer ÷ calls."),
            kind="percent",
            more_is="bad",
        ),
    ]


def _by_field(asked: Asked, looks: Sums) -> Table:
    keys = [(*_gate_and_field(key), key) for key in looks.by_key]
    gates = dict(
        Gate.objects.filter(
            pk__in={gate for gate, _field, _key in keys}, folder_id__in=asked.folders
        ).values_list("pk", "title")
    )
    gone = _("No gate, or one that is gone")
    keys.sort(key=lambda each: (gates.get(each[0], gone).casefold(), each[1]))
    return Table(
        key="fields",
        title=_("By gate and field"),
        columns=[
            Column(_("Gate"), "text"),
            Column(_("Field"), "text"),
            Column(_("Right"), "percent"),
            Column(_("Looked at")),
            Column(_("Corrected")),
        ],
        rows=[
            Row(
                [gates.get(gate, gone), field, *_line(looks.of(key))],
                url=reverse("learning:gate_detail", args=[gate]) if gate in gates else "",
            )
            for gate, field, key in keys
        ],
        total=[_("All"), "", *_line(looks.total)],
        empty=_("Nobody looked at values in this time."),
    )


def _by_endpoint(asked: Asked, calls: Sums) -> Table:
    found = ModelEndpoint.objects.filter(
        pk__in=[int(key) for key in calls.by_key], folder_id__in=asked.folders
    )
    endpoints = {str(each.pk): each for each in found}
    gone = _("A model that is gone, or of another folder")
    titles = {key: endpoints[key].title if key in endpoints else gone for key in calls.by_key}
    return Table(
        key="models",
        title=_("By model"),
        columns=[
            Column(_("Model"), "text"),
            Column(_("Calls")),
            Column(_("Failed")),
            Column(_("Tokens")),
            Column(_("Cost"), "text"),
        ],
        rows=[
            Row(
                [
                    titles[key],
                    calls.of(key)[Measure.CALLS],
                    calls.of(key)[Measure.CALLS_FAILED],
                    calls.of(key)[Measure.TOKENS],
                    _cost(calls.of(key), endpoints.get(key)),
                ],
                url=reverse("ai:endpoint_detail", args=[int(key)]) if key in endpoints else "",
            )
            for key in sorted(titles, key=lambda key: (titles[key].casefold(), key))
        ],
        empty=_("No model was called in this time."),
    )


def _cost(amount: Amount, endpoint: ModelEndpoint | None) -> str:
    return f"{plain(amount[Measure.MODEL_COST], 'rate')} {endpoint.currency if endpoint else ''}"


def _gate_and_field(key: str) -> tuple[int, str]:
    gate, _bar, field = key.partition("|")
    return int(gate), field


def _line(amount: Amount) -> list[Value]:
    n = amount[Measure.LOOKS]
    return [_accuracy(amount), n, n - amount[Measure.LOOKS_RIGHT]]


def _accuracy(amount: Amount) -> Decimal | None:
    return share(amount[Measure.VALUES_RIGHT], amount[Measure.VALUES])


def _failed(amount: Amount) -> Decimal | None:
    return share(amount[Measure.CALLS_FAILED], amount[Measure.CALLS])


def _days(asked: Asked) -> Days:
    days = asked.span.days
    found = asked.days(measures(Measure.LOOKS, Measure.LOOKS_RIGHT))
    right = per_day(days, found, _("Right"), Measure.LOOKS_RIGHT)
    looks = per_day(days, found, "", Measure.LOOKS)
    wrong = [n - good for n, good in zip(looks.values, right.values, strict=True)]
    return Days(
        title=_("Values looked at, day by day"),
        days=days,
        series=[right, Series(label=_("Corrected"), values=wrong)],
    )
