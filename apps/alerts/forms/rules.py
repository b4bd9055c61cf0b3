"""A rule as people edit it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder, Team, User
from apps.alerts.models import AlertRule, Severity
from apps.calendars.models import Calendar
from apps.lib.errors import DomainError, FieldProblem
from apps.lib.forms import disable_all
from apps.lib.json import JsonObject
from apps.lib.keys import KeyField
from apps.triggers.forms.fields import LengthField, choose
from apps.triggers.forms.rows import ROW, conditions_in, lengths_in
from apps.triggers.forms.times import choose_zone

from .conditions import AlertRows, AlertThings

LENGTHS = {"for_seconds": "held_for", "clear_seconds": "clear_for"}
USUAL: JsonObject = {"metric": "queue.ready", "queue": "", "op": ">="}
OF_DEFINITION = (
    "title", "description", "severity", "owner", "team", "runbook_url", "group", "calendar",
    "outside_hours",
)  # fmt: skip


class RuleForm(forms.Form):
    """`definition()` is what lifecycle saves; its faults come back by `refuse`.

    `rows` are part of what is valid or not.
    """

    ABOUT = ("title", "key", "description", "severity")
    WHO = ("owner", "team", "runbook_url", "group", "calendar", "outside_hours")

    title = forms.CharField(label=gettext_lazy("Title"), max_length=150)
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=100,
        help_text=gettext_lazy("Used by programs; it can't be changed later."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"),
        choices=Severity.choices,
        help_text=gettext_lazy(
            "Critical is told at any hour. For information: it is listed, nobody is told."
        ),
    )
    join = forms.ChoiceField(
        label=gettext_lazy("Of these conditions"),
        choices=[("all", gettext_lazy("all must hold")), ("any", gettext_lazy("one is enough"))],
        widget=forms.RadioSelect,
    )
    held_for = LengthField(
        label=gettext_lazy("Fires after they have held for"),
        required=False,
        help_text=gettext_lazy("As in 5 min; empty: at once."),
    )
    clear_for = LengthField(
        label=gettext_lazy("Is over after as long without"),
        required=False,
        help_text=gettext_lazy("As in 1 min; empty: at once."),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("When a day begins and ends.")
    )
    owner = forms.ChoiceField(
        label=gettext_lazy("Owner"),
        required=False,
        help_text=gettext_lazy(
            "Owner and team are told; without both those who supervise the folder."
        ),
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    runbook_url = forms.URLField(
        label=gettext_lazy("Runbook"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Where it says what to do."),
    )
    group = forms.CharField(
        label=gettext_lazy("Group"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Alerts of one group are told together, as one message."),
    )
    calendar = forms.ChoiceField(label=gettext_lazy("Hours"), required=False)
    outside_hours = forms.ChoiceField(
        label=gettext_lazy("Outside these hours"), choices=AlertRule.OutsideHours.choices
    )

    def __init__(
        self, *arguments: Any, folder: Folder, definition: JsonObject, key: str = "", **named: Any
    ) -> None:
        """`key`: of the rule that is edited, "" for a new one."""
        super().__init__(*arguments, **{**named, "initial": _initial(definition)})
        if key:
            del self.fields["key"]
        self._fill_choices(folder)
        self.is_asked_for_rows = bool(self.data.get(ROW))
        rule = definition.get("rule")
        stored = conditions_in(rule)[1] if isinstance(rule, dict) else []
        lengths = lengths_in(stored)
        self.things = AlertThings(folder, lengths=lengths)
        self.rows = AlertRows(
            self.things,
            data=self.data if self.is_bound else None,
            stored=stored or [[USUAL]],
        )

    def about(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.ABOUT if name in self.fields)

    def who(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.WHO)

    def disable(self) -> None:
        """Show what it holds, to be read only."""
        disable_all(self)
        for row in self.rows:
            row.disable()

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for where, message in self.rows.problems():
            self.add_error(None, f"{where}: {message}")
        return said

    def definition(self) -> JsonObject:
        """Return what was entered in the words of the API; after `is_valid`."""
        said = self.cleaned_data
        return {**{name: said[name] for name in OF_DEFINITION}, "rule": self._rule(said)}

    def rule_said(self) -> tuple[JsonObject, list[tuple[str, str]]]:
        """Return its rule as far as entered, and what is wrong there, whatever the rest is."""
        names = ("join", "zone", *LENGTHS.values())
        problems = self.rows.problems() + [
            (str(self.fields[name].label), str(message))
            for name in names
            for message in self.errors.get(name, [])
        ]
        return ({}, problems) if problems else (self._rule(self.cleaned_data), [])

    def refuse(self, error: DomainError) -> None:
        """Say what lifecycle refused, each problem where it was typed."""
        for problem in error.fields:
            self._refuse_one(problem)
        if not error.fields:
            self.add_error(None, error.message)

    def _rule(self, said: dict[str, Any]) -> JsonObject:
        lengths: JsonObject = {name: said[field] or 0 for name, field in LENGTHS.items()}
        return {**self.rows.said(said["join"]), **lengths, "zone": said["zone"]}

    def _refuse_one(self, problem: FieldProblem) -> None:
        path = problem.path.removeprefix("rule.")
        row = self.rows.at(path) if path.startswith(("all.", "any.")) else None
        if row is not None:
            name = path.rpartition(".")[2]
            row.add_error(name if name in row.fields else None, problem.message)
            n = self.rows.forms.index(row) + 1
            self.add_error(None, f"{_('Condition %(n)d') % {'n': n}}: {problem.message}")
            return
        field = LENGTHS.get(path, path)
        self.add_error(field if field in self.fields else None, problem.message)

    def _fill_choices(self, folder: Folder) -> None:
        people = User.objects.filter(memberships__folder=folder, is_active=True).order_by("pk")
        named = {person.username: person.name for person in people}
        if owner := str(self.initial.get("owner") or ""):
            named.setdefault(owner, owner)
        choose(self, "owner", [("", _("nobody")), *named.items()])
        teams = Team.objects.filter(folder=folder).order_by("title").values_list("key", "title")
        choose(self, "team", [("", _("none")), *teams])
        calendars = Calendar.objects.filter(folder=folder).order_by("title")
        rows = calendars.values_list("key", "title")
        choose(self, "calendar", [("", _("any time")), *rows])
        choose_zone(self, folder)


def _initial(definition: JsonObject) -> dict[str, Any]:
    """Return the fields that show a definition."""
    found: dict[str, Any] = {name: definition.get(name, "") for name in OF_DEFINITION}
    rule = definition.get("rule")
    said: JsonObject = rule if isinstance(rule, dict) else {}
    found |= {field: said.get(name) for name, field in LENGTHS.items()}
    found["clear_for"] = said.get("clear_seconds", 60)
    return {**found, "join": conditions_in(said)[0], "zone": said.get("zone") or "UTC"}
