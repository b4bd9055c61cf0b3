"""A calendar as people edit it: times of each weekday, and days of one's own, in plain fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.keys import KeyField

from .checking import check_calendar, countries, zones
from .hours import WEEKDAYS
from .models import Calendar

LEAST_PAIRS = 2
NEW_DAYS = 3
CONTROL = "control is-auto"


@dataclass(frozen=True)
class Row:
    """One weekday, or one day of one's own: its fields in pairs of from and until."""

    title: str
    pairs: list[tuple[forms.BoundField, forms.BoundField]]
    day: forms.BoundField | None = None

    @property
    def errors(self) -> list[str]:
        fields = [field for pair in self.pairs for field in pair]
        shown = [*fields, self.day] if self.day else fields
        return [str(error) for field in shown for error in field.errors]


class CalendarForm(forms.Form):
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Used by diagrams and programs; it can't be changed later."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    country = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"),
        required=False,
        help_text=gettext_lazy("These days are closed, whatever weekday they fall on."),
    )
    subdivision = forms.CharField(
        label=gettext_lazy("State or province"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("As in BY for Bavaria; it may have holidays of its own."),
    )

    def __init__(self, *arguments: Any, calendar: Calendar, **named: Any) -> None:
        self.calendar = calendar
        super().__init__(*arguments, **{**named, "initial": _initial(calendar)})
        self._choose("time_zone", [(zone, zone) for zone in zones()])
        self._choose("country", [("", _("no holidays")), *countries().items()])
        if calendar.pk:
            del self.fields["key"]
        longest = max([LEAST_PAIRS, *(len(spans) for spans in calendar.week.values())])
        self._pairs = range(longest)
        for name, title in zip(WEEKDAYS, DAY_NAMES.values(), strict=True):
            for n in self._pairs:
                self._add_pair(f"{name}_{n}", str(title))
        self._own = range(len(_own_days(calendar)) + NEW_DAYS)
        for n in self._own:
            label = _("Day %(n)d") % {"n": n + 1}
            self.fields[f"own_{n}_day"] = forms.DateField(
                label=label, required=False, widget=_date_input(label)
            )
            self._add_pair(f"own_{n}_0", label)

    def plain(self) -> list[forms.BoundField]:
        names = ("key", "title", "time_zone", "country", "subdivision")
        return [self[name] for name in names if name in self.fields]

    def week_rows(self) -> Iterator[Row]:
        for name, title in zip(WEEKDAYS, DAY_NAMES.values(), strict=True):
            yield Row(str(title), [self._pair(f"{name}_{n}") for n in self._pairs])

    def own_rows(self) -> Iterator[Row]:
        for n in self._own:
            yield Row("", [self._pair(f"own_{n}_0")], self[f"own_{n}_day"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                check_calendar(**_without_title(self.values()))
            except InvalidError as error:
                for problem in error.fields:
                    self.add_error(self._field_of(problem), problem.message)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what was entered as a calendar keeps it."""
        cleaned = self.cleaned_data
        week = {name: self._spans(f"{name}_{n}" for n in self._pairs) for name in WEEKDAYS}
        days: dict[str, list[list[str]]] = {}
        for n in self._own:
            day: date | None = cleaned.get(f"own_{n}_day")
            if day is not None:
                known = days.setdefault(day.isoformat(), [])
                known += self._spans([f"own_{n}_0"])
        return {
            "title": cleaned["title"],
            "time_zone": cleaned["time_zone"],
            "country": cleaned["country"],
            "subdivision": cleaned["subdivision"].upper(),
            "week": {name: spans for name, spans in week.items() if spans},
            "days": {day: sorted(spans) for day, spans in sorted(days.items())},
        }

    def _spans(self, names: Any) -> list[list[str]]:
        found = []
        for name in names:
            opens, closes = (self.cleaned_data.get(f"{name}_{end}") for end in ("from", "until"))
            if opens is not None or closes is not None:
                found.append([_clock(opens), _clock(closes, is_end=True)])
        return found

    def _add_pair(self, name: str, of: str) -> None:
        for end, title in (("from", _("from")), ("until", _("until"))):
            self.fields[f"{name}_{end}"] = forms.TimeField(
                label=f"{of} {title}", required=False, widget=_time_input(f"{of}, {title}")
            )

    def _pair(self, name: str) -> tuple[forms.BoundField, forms.BoundField]:
        return self[f"{name}_from"], self[f"{name}_until"]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _field_of(self, problem: FieldProblem) -> str | None:
        head, _dot, rest = problem.path.partition(".")
        if head == "week" and rest in WEEKDAYS:
            return f"{rest}_0_from"
        if head == "days":
            for n in self._own:
                day = self.cleaned_data.get(f"own_{n}_day")
                if day is not None and day.isoformat() == rest:
                    return f"own_{n}_day"
        return head if head in self.fields else None


def _without_title(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "title"}


def _initial(calendar: Calendar) -> dict[str, Any]:
    names = ("key", "title", "time_zone", "country", "subdivision")
    found: dict[str, Any] = {name: getattr(calendar, name) for name in names}
    for name in WEEKDAYS:
        for n, span in enumerate(calendar.week.get(name, [])):
            found |= _pair_of(f"{name}_{n}", span)
    for n, (day, span) in enumerate(_own_days(calendar)):
        found[f"own_{n}_day"] = day
        found |= _pair_of(f"own_{n}_0", span) if span else {}
    return found


def _own_days(calendar: Calendar) -> list[tuple[str, list[str] | None]]:
    return [(day, span) for day, spans in sorted(calendar.days.items()) for span in spans or [None]]


def _pair_of(name: str, span: list[str]) -> dict[str, str]:
    opens, closes = span
    return {f"{name}_from": opens, f"{name}_until": "00:00" if closes == "24:00" else closes}


def _clock(at: time | None, *, is_end: bool = False) -> str:
    """A missing end is the end of the day, and so is midnight; a missing beginning its start."""
    if at is None or (is_end and at == time(0)):
        return "24:00" if is_end else "00:00"
    return at.strftime("%H:%M")


def _time_input(label: str) -> forms.TimeInput:
    return forms.TimeInput(
        attrs={"type": "time", "aria-label": label, "class": CONTROL}, format="%H:%M"
    )


def _date_input(label: str) -> forms.DateInput:
    return forms.DateInput(
        attrs={"type": "date", "aria-label": label, "class": CONTROL}, format="%Y-%m-%d"
    )
