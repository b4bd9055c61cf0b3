"""A trigger as people edit it: what starts, when, and what if; in plain fields."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder, User
from apps.bots.models import Automation
from apps.calendars.checking import zones
from apps.calendars.hours import WEEKDAYS
from apps.calendars.models import Calendar
from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.lib.keys import KeyField
from apps.queues.forms import CODE, JsonField
from apps.queues.models import WorkQueue
from apps.workflows.models import Workflow

from .models import Trigger
from .rule_fields import EVERY, FIELD_OF, fields_of, rule_from, split_days, split_times
from .target_fields import fields_of_target, target_from, unchanged

MAX_REASON = 200
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
TARGETS = [
    ("workflow", gettext_lazy("A workflow")),
    ("run", gettext_lazy("A run of an automation")),
    ("items", gettext_lazy("Items in a queue")),
]
TYPES = [
    ("recurring", gettext_lazy("On certain days")),
    ("interval", gettext_lazy("Every so often")),
    ("once", gettext_lazy("Once")),
    ("cron", gettext_lazy("Cron (for experts)")),
]
OF_DEFINITION = ("overlap", "missed", "max_catch_up", "on_closed", "disable_after_failures")
OF_TIMES = (
    "type", "freq", "interval", "weekdays", "ordinal", "month_days", "months", "times",
    "every_n", "every_unit", "anchor", "once_at", "cron", "zone", "starts_at", "ends_at",
    "jitter_seconds", "calendar", "on_closed",
)  # fmt: skip
JSON_AREA = {"rows": 5, **CODE}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=MAX_REASON, required=False)


class LocalMomentField(forms.Field):
    """A date and a time on the wall clock of a zone that is said elsewhere; never converted."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            raise forms.ValidationError(_("Give a date and a time.")) from None
        if found.tzinfo is not None or not 1970 <= found.year <= 9000:
            raise forms.ValidationError(_("Give a date and a time."))
        return found


class PauseForm(ReasonForm):
    """Until when, on the wall clock of the person, and why."""

    until = LocalMomentField(label=gettext_lazy("Until"))

    field_order = ("until", "reason")


class TriggerForm(forms.Form):
    """`definition()` is what lifecycle saves. Its faults come back by `refuse`."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=150)
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=100,
        help_text=gettext_lazy("Used by programs; it can't be changed later."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    # --- what starts
    target = forms.ChoiceField(
        label=gettext_lazy("What it starts"), choices=TARGETS, widget=forms.RadioSelect
    )
    workflow = forms.ChoiceField(label=gettext_lazy("Workflow"), required=False)
    workflow_version = forms.IntegerField(
        label=gettext_lazy("Version"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=gettext_lazy("Leave empty for the newest at the time."),
    )
    variables = JsonField(
        label=gettext_lazy("Variables"),
        required=False,
        widget=forms.Textarea(attrs=JSON_AREA),
        help_text=gettext_lazy("A JSON object."),
    )
    automation = forms.ChoiceField(label=gettext_lazy("Automation"), required=False)
    input = JsonField(
        label=gettext_lazy("Input"),
        required=False,
        widget=forms.Textarea(attrs=JSON_AREA),
        help_text=gettext_lazy("A JSON object."),
    )
    queue = forms.ChoiceField(label=gettext_lazy("Queue"), required=False)
    items = JsonField(
        label=gettext_lazy("Items"),
        required=False,
        widget=forms.Textarea(attrs={**JSON_AREA, "rows": 7}),
        help_text=gettext_lazy("A JSON list: each with a payload, a reference and a priority."),
    )
    # --- when
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
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
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
    # --- what if
    owner = forms.ChoiceField(
        label=gettext_lazy("Owner"),
        required=False,
        help_text=gettext_lazy("Is told when it is switched off because it keeps failing."),
    )
    calendar = forms.ChoiceField(label=gettext_lazy("Calendar"), required=False)
    on_closed = forms.ChoiceField(
        label=gettext_lazy("On closed days"), choices=Trigger.OnClosed.choices
    )
    overlap = forms.ChoiceField(
        label=gettext_lazy("If the last one is still under way"), choices=Trigger.Overlap.choices
    )
    missed = forms.ChoiceField(
        label=gettext_lazy("Times that nobody was there for"), choices=Trigger.Missed.choices
    )
    max_catch_up = forms.IntegerField(
        label=gettext_lazy("Make up for at most"), min_value=1, max_value=100
    )
    disable_after_failures = forms.IntegerField(
        label=gettext_lazy("Switch off after failures in a row"),
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("0: never."),
    )

    PLAIN = ("title", "key", "description")
    BESIDE = ("starts_at", "ends_at", "jitter_seconds")
    WHAT_IF = (
        "calendar", "on_closed", "overlap", "missed", "max_catch_up", "disable_after_failures",
        "owner",
    )  # fmt: skip

    def __init__(
        self, *arguments: Any, folder: Folder, definition: JsonObject, is_new: bool, **named: Any
    ) -> None:
        super().__init__(*arguments, **{**named, "initial": initial_of(definition)})
        self._stored = definition
        if not is_new:
            del self.fields["key"]
        week = zip(WEEKDAYS, DAY_NAMES.values(), strict=True)
        self._choose("weekdays", [(key, str(name)[:3]) for key, name in week])
        self._choose("months", [(str(n), str(name)) for n, name in MONTHS.items()])
        self._choose_zone(folder, str(self.initial.get("zone") or ""))
        of_folder = {
            "workflow": Workflow.objects.filter(folder=folder),
            "automation": Automation.objects.filter(folder=folder, kind=Automation.Kind.RUN),
            "queue": WorkQueue.objects.filter(folder=folder),
            "calendar": Calendar.objects.filter(folder=folder),
        }
        for name, rows in of_folder.items():
            found = [(row.key, row.title) for row in rows.order_by("title")]
            empty = _("none") if name == "calendar" else _("Choose…")
            self._choose(name, [("", empty), *found])
        people = User.objects.filter(memberships__folder=folder, is_active=True).order_by("pk")
        named = {person.username: person.name for person in people}
        if owner := str(definition.get("owner") or ""):
            named.setdefault(owner, owner)
        self._choose("owner", [("", _("nobody")), *named.items()])

    def plain(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.PLAIN if name in self.fields)

    def beside(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.BESIDE)

    def what_if(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.WHAT_IF)

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

    def definition(self) -> JsonObject:
        """Return what was entered in the words of the API; after `is_valid`."""
        said = self.cleaned_data
        kept = {name: said[name] for name in OF_DEFINITION}
        return {
            "title": said["title"],
            "description": said["description"],
            "kind": Trigger.Kind.TIME.value,
            "rule": unchanged(self._stored.get("rule"), rule_from(said), fields_of),
            "target": unchanged(self._stored.get("target"), target_from(said), fields_of_target),
            "calendar": said["calendar"],
            "owner": said["owner"],
            **kept,
        }

    def times_said(self) -> tuple[JsonObject, list[tuple[str, str]]]:
        """Return when it is to start, as far as was entered, and what is wrong with that.

        Whatever is wrong with the rest of the form does not matter here.
        """
        problems = [
            (str(self.fields[name].label), str(message))
            for name in OF_TIMES
            for message in self.errors.get(name, [])
        ]
        if problems:
            return {}, problems
        said = self.cleaned_data
        kept: JsonObject = {"calendar": said["calendar"], "on_closed": said["on_closed"]}
        return {"rule": rule_from(said), **kept}, []

    def label_of(self, path: str) -> str:
        """Return how people call the field that shows what is said at `path`."""
        name, _within = self._field_of(path)
        return str(self.fields[name].label) if name else path

    def refuse(self, error: DomainError) -> None:
        """Say what lifecycle refused, each problem where it was typed."""
        for problem in error.fields:
            name, within = self._field_of(problem.path)
            message = f"{within}: {problem.message}" if name and within else problem.message
            self.add_error(name, message)
        if not error.fields:
            self.add_error(None, error.message)

    def _field_of(self, path: str) -> tuple[str | None, str]:
        """Return the field that shows what is said at `path`, and where within it."""
        head, _dot, rest = path.partition(".")
        if head in {"rule", "target"}:
            head, _dot, rest = rest.partition(".")
            head = FIELD_OF.get(head, head)
        return (head, rest) if head in self.fields else (None, "")

    def _choose_zone(self, folder: Folder, stored: str) -> None:
        """Those of the calendars and of the person come first: there are some hundred more."""
        near = set(Calendar.objects.filter(folder=folder).values_list("time_zone", flat=True))
        near |= {timezone.get_current_timezone_name(), stored} - {""}
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", _("Choose…")),
            (_("Used here"), [(zone, zone) for zone in sorted(near)]),
            (_("All"), [(zone, zone) for zone in zones()]),
        ]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def initial_of(definition: JsonObject) -> dict[str, Any]:
    """Return the fields that show a definition."""
    found: dict[str, Any] = {"target": "workflow", "type": "recurring", "freq": "weekly"}
    found |= {"interval": 1, "every_unit": "minutes", "every_n": 15, "input": {}, "variables": {}}
    for name in ("title", "description", "calendar", "owner", *OF_DEFINITION):
        if definition.get(name) is not None:
            found[name] = definition[name]
    rule, target = definition.get("rule"), definition.get("target")
    found |= fields_of(rule) if isinstance(rule, dict) else {}
    if isinstance(target, dict) and target:
        found |= fields_of_target(target)
    return found
