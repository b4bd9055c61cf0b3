"""What people fill in: what an item is worth, and when they want a report."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.calendars.models import Calendar

from .models import MAX_MINUTES, MAX_RATE, ReportMail
from .periods import FIRST_DAY, LAST_DAY

LAST_OF_MONTH = 31


class WorthForm(forms.Form):
    since = forms.DateField(
        label=gettext_lazy("From"),
        help_text=gettext_lazy(
            "Days before it keep the values that held then. Format: year-month-day."
        ),
        widget=forms.DateInput(
            attrs={"type": "date", "class": "control is-auto"}, format="%Y-%m-%d"
        ),
        input_formats=["%Y-%m-%d"],
    )
    minutes_by_hand = forms.DecimalField(
        label=gettext_lazy("Minutes by hand, per item"),
        help_text=gettext_lazy("How long a person would take for one item."),
        min_value=Decimal(0),
        max_value=MAX_MINUTES,
        max_digits=9,
        decimal_places=2,
    )
    rate_per_hour = forms.DecimalField(
        label=gettext_lazy("A person costs per hour"),
        min_value=Decimal(0),
        max_value=MAX_RATE,
        max_digits=10,
        decimal_places=2,
    )
    bot_cost_per_hour = forms.DecimalField(
        label=gettext_lazy("A bot costs per hour at work"),
        help_text=gettext_lazy("Licence, machine and upkeep, by the hour of a run."),
        min_value=Decimal(0),
        max_value=MAX_RATE,
        max_digits=10,
        decimal_places=2,
        initial=Decimal(0),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name in ("rate_per_hour", "bot_cost_per_hour"):
            field = self.fields[name]
            field.help_text = f"{field.help_text} {settings.CURRENCY}".strip()
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "control is-auto")

    def clean_since(self) -> Any:
        since = self.cleaned_data["since"]
        if not FIRST_DAY <= since <= LAST_DAY:
            raise forms.ValidationError(_("Choose a day from 2000 to 2199."))
        return since


class MailForm(forms.Form):
    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=ReportMail.Every.choices)
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("On"),
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        coerce=int,
        initial="0",
        help_text=gettext_lazy("Each week."),
    )
    month_day = forms.TypedChoiceField(
        label=gettext_lazy("On day"),
        choices=[
            *((str(day), str(day)) for day in range(1, LAST_OF_MONTH)),
            (str(LAST_OF_MONTH), gettext_lazy("the last")),
        ],
        coerce=int,
        initial="1",
        help_text=gettext_lazy("Each month; a shorter month: its last day."),
    )
    at = forms.TimeField(
        label=gettext_lazy("At"),
        initial="07:00",
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Working days"),
        queryset=Calendar.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any day"),
        help_text=gettext_lazy("On a closed day, the mail waits for the next open one."),
    )

    def __init__(self, *arguments: Any, calendars: Any, zone: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["calendar"].queryset = calendars  # type: ignore[attr-defined]
        self.fields["at"].help_text = zone
        for field in self.fields.values():
            field.widget.attrs["class"] = "control is-auto"

    @property
    def day(self) -> int:
        is_weekly = self.cleaned_data["every"] == ReportMail.Every.WEEK
        return int(self.cleaned_data["weekday" if is_weekly else "month_day"])
