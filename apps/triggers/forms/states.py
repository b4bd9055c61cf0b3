"""A trigger that starts when what it says about the folder has become true."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.lib.errors import FieldProblem
from apps.lib.json import JsonObject
from apps.triggers.models import Trigger

from .base import TriggerForm
from .conditions import Things
from .fields import LengthField
from .rows import ROW, USUAL, ConditionRows, conditions_in, lengths_in
from .times import choose_zone

LENGTHS = {"for_seconds": "held_for", "cool_down_seconds": "cool_down"}


class StateForm(TriggerForm):
    """A trigger with conditions, each a row. `rows` are part of what is valid or not."""

    kind = Trigger.Kind.STATE
    template = "triggers/kinds/_state.html"
    STARTS = ("workflow", "run", "items", "task", "alert")
    OF_RULE = ("join", "mode", "once_per", "zone", *LENGTHS.values())
    RULE_FIELDS = LENGTHS

    join = forms.ChoiceField(
        label=gettext_lazy("Of these conditions"),
        choices=[("all", gettext_lazy("all must hold")), ("any", gettext_lazy("one is enough"))],
        widget=forms.RadioSelect,
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("It starts"),
        choices=[
            ("edge", gettext_lazy("once, when they come to hold")),
            ("level", gettext_lazy("again and again, as long as they hold")),
        ],
        widget=forms.RadioSelect,
    )
    held_for = LengthField(
        label=gettext_lazy("Only after they have held for"),
        required=False,
        help_text=gettext_lazy("As in 5 min; empty: at once."),
    )
    cool_down = LengthField(
        label=gettext_lazy("Then not again for"),
        required=False,
        help_text=gettext_lazy("As in 1 h; empty: no rest."),
    )
    once_per = forms.ChoiceField(
        label=gettext_lazy("How often"),
        required=False,
        choices=[
            ("", gettext_lazy("as often as it comes to that")),
            ("business_date", gettext_lazy("at most once for each business date")),
        ],
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("When a day begins and ends."),
    )

    def __init__(
        self, *arguments: Any, folder: Folder, definition: JsonObject, **named: Any
    ) -> None:
        super().__init__(*arguments, folder=folder, definition=definition, **named)
        self.is_asked_for_rows = bool(self.data.get(ROW))
        rule = definition.get("rule")
        stored = conditions_in(rule)[1] if isinstance(rule, dict) else []
        self.rows = ConditionRows(
            Things(folder, but=self.own_key, lengths=lengths_in(stored)),
            data=self.data if self.is_bound else None,
            stored=stored or [[USUAL]],
        )

    @classmethod
    def usual_fields(cls) -> dict[str, Any]:
        return {**super().usual_fields(), "join": "all", "mode": "edge"}

    @classmethod
    def rule_fields(cls, rule: JsonObject) -> dict[str, Any]:
        join, conditions = conditions_in(rule)
        found = {field: rule.get(name) for name, field in LENGTHS.items()}
        found |= {name: rule[name] for name in ("once_per", "zone") if rule.get(name)}
        # the conditions are no field: they are here so that two rules can be compared
        return {"join": join, "mode": rule.get("mode", "edge"), "conditions": conditions, **found}

    def rule(self, said: Mapping[str, Any]) -> JsonObject:
        kept: JsonObject = {name: said[field] for name, field in LENGTHS.items() if said[field]}
        once = {"once_per": said["once_per"]} if said["once_per"] else {}
        joined = self.rows.said(said["join"])
        return {**joined, "mode": said["mode"], **kept, **once, "zone": said["zone"]}

    def fill_choices(self, folder: Folder) -> None:
        super().fill_choices(folder)
        choose_zone(self, folder)

    def disable(self) -> None:
        super().disable()
        for row in self.rows:
            row.disable()

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for where, message in self.rows.problems():
            self.add_error(None, f"{where}: {message}")
        return said

    def rule_said(self) -> tuple[JsonObject, list[tuple[str, str]]]:
        if problems := self.rows.problems():
            return {}, problems
        return super().rule_said()

    def refuse_one(self, problem: FieldProblem) -> None:
        path = problem.path.removeprefix("rule.")
        row = self.rows.at(path) if path.startswith(("all.", "any.")) else None
        if row is None:
            super().refuse_one(problem)
            return
        name = path.rpartition(".")[2]
        row.add_error(name if name in row.fields else None, problem.message)
        n = self.rows.forms.index(row) + 1
        super().refuse_one(FieldProblem("", f"{n}: {problem.message}"))
