"""When a trigger starts, in plain fields: on certain days, every so often, once, cron."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.calendars.checking import zones
from apps.calendars.hours import WEEKDAYS
from apps.calendars.models import Calendar
from apps.lib.json import JsonObject
from apps.triggers.models import Trigger
from apps.triggers.rule_fields import EVERY, fields_of, rule_from, split_days, split_times

from .base import TriggerForm
from .fields import PLAIN_TEXT, LocalMomentField, choose

ORDINALS = [
    ("", gettext_lazy("on days by number")),
    ("1", gettext_lazy("on the first")),
    ("2", gettext_lazy("on the second")),
    ("3", gettext_lazy("on the third")),
    ("4", gettext_lazy("on the fourth")),
    ("5", gettext_lazy("on the fifth")),
    ("-1", gettext_lazy("on the last")),
    (EVERY, gettext_lazy("on every")),
]
TYPES = [
    ("recurring", gettext_lazy("On certain days")),
    ("interval", gettext_lazy("Every so often")),
    ("once", gettext_lazy("Once")),
    ("cron", gettext_lazy("Cron (for experts)")),
]
USUAL = {
    "type": "recurring",
    "freq": "weekly",
    "interval": 1,
    "every_unit": "minutes",
    "every_n": 15,
}


class TimeForm(TriggerForm):
    """A trigger that starts at its times."""

    kind = Trigger.Kind.TIME
    template = "triggers/kinds/_time.html"
    WHAT_IF = (
        "calendar", "on_closed", "overlap", "missed", "max_catch_up", "disable_after_failures",
        "owner",
    )  # fmt: skip
    OF_RULE: ClassVar[tuple[str, ...]] = (
        "type", "freq", "interval", "weekdays", "ordinal", "month_days", "months", "times",
        "every_n", "every_unit", "anchor", "once_at", "cron", "zone", "starts_at", "ends_at",
        "jitter_seconds", "calendar", "on_closed",
    )  # fmt: skip
    RULE_FIELDS = {"at": "once_at", "seconds": "every_n"}  # noqa: RUF012 - a constant
    BESIDE = ("starts_at", "ends_at", "jitter_seconds")

    type = forms.ChoiceField(
        label=gettext_lazy("It starts"), choices=TYPES, widget=forms.RadioSelect
    )
    freq = forms.ChoiceField(
        label=gettext_lazy("Repeats"),
        required=False,
        choices=[
            ("daily", gettext_lazy("by days")),
            ("weekly", gettext_lazy("by weeks")),
            ("monthly", gettext_lazy("by months")),
            ("yearly", gettext_lazy("by years")),
        ],
    )
    interval = forms.IntegerField(
        label=gettext_lazy("Every"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("2: every second one."),
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Weekdays"), required=False, widget=forms.CheckboxSelectMultiple
    )
    ordinal = forms.ChoiceField(
        label=gettext_lazy("Days in the month"), required=False, choices=ORDINALS
    )
    month_days = forms.CharField(
        label=gettext_lazy("Days"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("As in 1, 15, last."),
    )
    months = forms.MultipleChoiceField(
        label=gettext_lazy("Months"), required=False, widget=forms.CheckboxSelectMultiple
    )
    times = forms.CharField(
        label=gettext_lazy("At"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("One time or several: 07:30, 13:00."),
    )
    every_n = forms.IntegerField(
        label=gettext_lazy("Every"), required=False, min_value=1, max_value=10_000_000
    )
    every_unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        required=False,
        choices=[
            ("minutes", gettext_lazy("minutes")),
            ("hours", gettext_lazy("hours")),
            ("days", gettext_lazy("days of 24 hours")),
            ("seconds", gettext_lazy("seconds")),
        ],
    )
    anchor = LocalMomentField(
        label=gettext_lazy("Counted from"),
        required=False,
        help_text=gettext_lazy("Which week or day is the first, when not every one counts."),
    )
    once_at = LocalMomentField(label=gettext_lazy("On"), required=False)
    cron = forms.CharField(
        label=gettext_lazy("Cron"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("Minute, hour, day, month, weekday: */15 8-18 * * 1-5."),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("All times of this trigger are times there."),
    )
    starts_at = LocalMomentField(label=gettext_lazy("Not before"), required=False)
    ends_at = LocalMomentField(label=gettext_lazy("Not after"), required=False)
    jitter_seconds = forms.IntegerField(
        label=gettext_lazy("Spread over seconds"),
        required=False,
        min_value=0,
        max_value=86_400,
        help_text=gettext_lazy("Up to so many seconds later, so that not all start at once."),
    )

    @classmethod
    def usual_fields(cls) -> dict[str, Any]:
        return {**super().usual_fields(), **USUAL}

    @classmethod
    def rule_fields(cls, rule: JsonObject) -> dict[str, Any]:
        return fields_of(rule)

    def rule(self, said: dict[str, Any]) -> JsonObject:
        return rule_from(said)

    def fill_choices(self, folder: Folder) -> None:
        super().fill_choices(folder)
        week = zip(WEEKDAYS, DAY_NAMES.values(), strict=True)
        choose(self, "weekdays", [(key, str(name)[:3]) for key, name in week])
        choose(self, "months", [(str(n), str(name)) for n, name in MONTHS.items()])
        choose_zone(self, folder)

    def beside(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.BESIDE)

    def clean_times(self) -> list[str]:
        text = self.cleaned_data["times"]
        try:
            return split_times(text) if text.strip() else []
        except ValueError:
            raise forms.ValidationError(_("Write times like 07:30, 13:00.")) from None

    def clean_month_days(self) -> list[int]:
        text = self.cleaned_data["month_days"]
        try:
            return split_days(text) if text.strip() else []
        except ValueError:
            raise forms.ValidationError(_("Write days like 1, 15, last.")) from None


def choose_zone(form: forms.Form, folder: Folder) -> None:
    """Those of the calendars and of the person come first: there are some hundred more."""
    stored = str(form.initial.get("zone") or "")
    near = set(Calendar.objects.filter(folder=folder).values_list("time_zone", flat=True))
    near |= {timezone.get_current_timezone_name(), stored} - {""}
    choose(
        form,
        "zone",
        [
            ("", _("Choose…")),
            (_("Used here"), [(zone, zone) for zone in sorted(near)]),
            (_("All"), [(zone, zone) for zone in zones()]),
        ],
    )
