"""A rule of handling as people edit it: times with units, the ladder as rows of plain fields."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Team
from apps.calendars.models import Calendar
from apps.lib.errors import FieldProblem
from apps.queues.models import WorkQueue

from .handling import rungs_of
from .models import HandlingRule, UserTask

MINUTE, HOUR = 60, 3_600
NEW_RUNGS, LEAST_RUNGS = 2, 4
SHARE = "share"
UNITS = [("minutes", gettext_lazy("minutes")), ("hours", gettext_lazy("hours"))]
WHEN = [
    (SHARE, gettext_lazy("% of the time until it is due")),
    ("minutes", gettext_lazy("minutes after it was opened")),
    ("hours", gettext_lazy("hours after it was opened")),
]
DOES = [
    ("", gettext_lazy("nothing")),
    ("remind", gettext_lazy("remind whoever has it")),
    ("reassign", gettext_lazy("hand it to a team")),
    ("manager", gettext_lazy("hand it to the team's manager")),
    ("decide", gettext_lazy("take a decision")),
]
SECONDS = {"minutes": MINUTE, "hours": HOUR}
OF_RUNGS = ("do", "amount", "unit", "team", "decision")


class RuleForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=150)
    position = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=0,
        max_value=32_000,
        help_text=gettext_lazy("The first rule that matches holds."),
    )
    is_on = forms.BooleanField(label=gettext_lazy("In use"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of task"), required=False)
    queue = forms.ModelChoiceField(
        label=gettext_lazy("Queue"), queryset=WorkQueue.objects.none(), required=False
    )
    workflow = forms.CharField(
        label=gettext_lazy("Key of the workflow"), max_length=200, required=False
    )
    step = forms.CharField(
        label=gettext_lazy("Id of the step"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As in the diagram."),
    )
    code = forms.CharField(
        label=gettext_lazy("Code of the exception"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("* stands for anything, as in VAT-*."),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.none(),
        required=False,
        help_text=gettext_lazy("Empty: everybody who may decide here."),
    )
    assignment = forms.ChoiceField(
        label=gettext_lazy("Handed out"), choices=HandlingRule.Assignment.choices
    )
    votes_needed = forms.IntegerField(
        label=gettext_lazy("People who must agree"), min_value=1, max_value=50
    )
    due_amount = forms.IntegerField(
        label=gettext_lazy("Due after"),
        min_value=1,
        max_value=500_000,
        required=False,
        help_text=gettext_lazy("Empty: when its item or its step is due."),
    )
    due_unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=UNITS)
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Calendar"),
        queryset=Calendar.objects.none(),
        required=False,
        help_text=gettext_lazy("Only its hours count; empty: day and night."),
    )
    at_risk_percent = forms.IntegerField(
        label=gettext_lazy("At risk after, in % of the time"), min_value=1, max_value=100
    )

    def __init__(self, *arguments: Any, rule: HandlingRule, **named: Any) -> None:
        super().__init__(*arguments, **{**named, "initial": _initial(rule)})
        self._choose("kind", [("", _("every kind")), *UserTask.Kind.choices])
        models: list[tuple[str, Any]] = [("queue", WorkQueue), ("team", Team)]
        empty = {"queue": _("every queue"), "team": _("everybody"), "calendar": _("none")}
        for name, model in [*models, ("calendar", Calendar)]:
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = model.objects.filter(folder=rule.folder_id)
            field.empty_label = str(empty[name])
        teams = Team.objects.filter(folder=rule.folder_id).values_list("key", "title")
        self._rungs = range(max(LEAST_RUNGS, len(rule.ladder) + NEW_RUNGS))
        for n in self._rungs:
            self._add_rung(n, [("", _("everybody it is offered to")), *teams])

    def matching(self) -> list[forms.BoundField]:
        return self._bound("kind", "queue", "workflow", "step", "code")

    def plain(self) -> list[forms.BoundField]:
        return self._bound("title", "position", "is_on")

    def saying(self) -> list[forms.BoundField]:
        return self._bound("team", "assignment", "votes_needed")

    def timing(self) -> list[forms.BoundField]:
        return self._bound("due_amount", "due_unit", "calendar", "at_risk_percent")

    def rungs(self) -> Iterator[dict[str, Any]]:
        for n in self._rungs:
            fields = {name: self[f"rung_{n}_{name}"] for name in OF_RUNGS}
            errors = [str(error) for field in fields.values() for error in field.errors]
            yield {**fields, "number": n + 1, "errors": errors}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for n in self._rungs:
            if cleaned.get(f"rung_{n}_do") and not cleaned.get(f"rung_{n}_amount"):
                self.add_error(f"rung_{n}_amount", _("Say when."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what was entered as a rule keeps it."""
        cleaned = self.cleaned_data
        plain = ("title", "position", "is_on", "kind", "queue", "workflow", "step", "code", "team",
            "assignment", "votes_needed", "calendar")  # fmt: skip
        amount = cleaned["due_amount"]
        return {
            **{name: cleaned[name] for name in plain},
            "due_seconds": amount * SECONDS[cleaned["due_unit"]] if amount else None,
            "at_risk_share": cleaned["at_risk_percent"] / 100,
            "ladder": [self._rung(n) for n in self._rungs if cleaned[f"rung_{n}_do"]],
        }

    def show(self, problem: FieldProblem) -> None:
        """Show what the rule itself refuses where it was typed."""
        head, _dot, rest = problem.path.partition(".")
        names = {"due_seconds": "due_amount", "at_risk_share": "at_risk_percent"}
        name: str | None = names.get(head, head)
        if head == "ladder" and rest.isdigit():
            used = [n for n in self._rungs if self.cleaned_data[f"rung_{n}_do"]]
            name = f"rung_{used[int(rest)]}_do"
        self.add_error(name if name in self.fields else None, problem.message)

    def _rung(self, n: int) -> dict[str, Any]:
        said = {name: self.cleaned_data[f"rung_{n}_{name}"] for name in OF_RUNGS}
        is_share = said["unit"] == SHARE
        return {
            "do": said["do"],
            "at_share": said["amount"] / 100 if is_share else None,
            "after_seconds": None if is_share else said["amount"] * SECONDS[said["unit"]],
            "team": said["team"] if said["do"] == "reassign" else "",
            "decision": said["decision"].strip() if said["do"] == "decide" else "",
        }

    def _add_rung(self, n: int, teams: list[Any]) -> None:
        words = {"n": n + 1}
        labels = {
            "do": _("Rung %(n)d: what happens") % words,
            "amount": _("Rung %(n)d: when") % words,
            "unit": _("Rung %(n)d: counted in") % words,
            "team": _("Rung %(n)d: to the team") % words,
            "decision": _("Rung %(n)d: key of the decision") % words,
        }
        when = forms.IntegerField(min_value=1, max_value=500_000, required=False)
        self.fields |= {
            f"rung_{n}_do": forms.ChoiceField(choices=DOES, required=False),
            f"rung_{n}_amount": when,
            f"rung_{n}_unit": forms.ChoiceField(choices=WHEN, initial=SHARE),
            f"rung_{n}_team": forms.ChoiceField(choices=teams, required=False),
            f"rung_{n}_decision": forms.CharField(max_length=100, required=False),
        }
        for name, label in labels.items():
            field = self.fields[f"rung_{n}_{name}"]
            field.label = label
            field.widget.attrs |= {"aria-label": label, "class": "control is-auto"}

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]


def _initial(rule: HandlingRule) -> dict[str, Any]:
    plain = ("title", "position", "is_on", "kind", "workflow", "step", "code", "assignment",
        "votes_needed")  # fmt: skip
    found: dict[str, Any] = {name: getattr(rule, name) for name in plain}
    found |= {name: getattr(rule, f"{name}_id") for name in ("queue", "team", "calendar")}
    found["due_amount"], found["due_unit"] = _amount(rule.due_seconds)
    found["at_risk_percent"] = round(rule.at_risk_share * 100)
    for n, rung in enumerate(rungs_of(rule.ladder)):
        amount, unit = _amount(rung.after_seconds)
        if rung.at_share is not None:
            amount, unit = round(rung.at_share * 100), SHARE
        said = {"do": rung.do, "amount": amount, "unit": unit, "team": rung.team}
        found |= {f"rung_{n}_{name}": value for name, value in said.items()}
        found[f"rung_{n}_decision"] = rung.decision
    return found


def _amount(seconds: int | None) -> tuple[int | None, str]:
    if seconds is None:
        return None, "hours"
    is_hours = seconds % HOUR == 0
    return (seconds // HOUR, "hours") if is_hours else (max(1, seconds // MINUTE), "minutes")
