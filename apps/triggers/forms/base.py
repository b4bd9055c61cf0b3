"""A trigger as people edit it, whatever its kind: its name, what it starts, and what if."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder, Team, User
from apps.bots.models import Automation
from apps.calendars.models import Calendar
from apps.lib.errors import DomainError, FieldProblem
from apps.lib.forms import disable_all
from apps.lib.json import JsonObject
from apps.lib.keys import KeyField
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger
from apps.triggers.target_fields import FIELD_OF_TARGET, fields_of_target, target_from, unchanged
from apps.workflows.models import Workflow

from .fields import choose
from .targets import TARGETS, TargetFields

OF_DEFINITION = ("overlap", "missed", "max_catch_up", "on_closed", "disable_after_failures")


class TriggerForm(TargetFields):
    """`definition()` is what lifecycle saves. Its faults come back by `refuse`.

    Each kind says its own: which fields, which of the policies, and how they become its rule.
    """

    kind: ClassVar[Trigger.Kind]
    template: ClassVar[str]
    WHAT_IF: ClassVar[tuple[str, ...]] = (
        "calendar", "on_closed", "overlap", "disable_after_failures", "owner",
    )  # fmt: skip
    # what it starts, the usual one first
    STARTS: ClassVar[tuple[str, ...]] = ("workflow", "run", "items")
    # the fields that say its rule
    OF_RULE: ClassVar[tuple[str, ...]] = ()
    # what the rule calls it → the field where people see it, where the names differ
    RULE_FIELDS: ClassVar[Mapping[str, str]] = {}
    PLAIN = ("title", "key", "description")
    POLICIES = ("calendar", *OF_DEFINITION)
    # a button of the form was pressed that is not there to save
    is_asked_for_rows = False

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

    def __init__(
        self, *arguments: Any, folder: Folder, definition: JsonObject, key: str = "", **named: Any
    ) -> None:
        """`key`: of the trigger that is edited, "" for a new one."""
        super().__init__(*arguments, **{**named, "initial": self.initial_of(definition)})
        self._stored, self.own_key = definition, key
        if key:
            del self.fields["key"]
        for name in set(self.POLICIES) - set(self.WHAT_IF):
            del self.fields[name]
        self.fill_choices(folder)

    @classmethod
    def usual_fields(cls) -> dict[str, Any]:
        """Return what a new one shows in the fields of its rule and of what it starts."""
        return {"target": cls.STARTS[0], "input": {}, "variables": {}}

    @classmethod
    def rule_fields(cls, rule: JsonObject) -> dict[str, Any]:
        """Return the fields that show `rule`, which is not empty."""
        raise NotImplementedError

    def rule(self, said: dict[str, Any]) -> JsonObject:
        """Return the rule that the cleaned fields say."""
        raise NotImplementedError

    @classmethod
    def initial_of(cls, definition: JsonObject) -> dict[str, Any]:
        """Return the fields that show a definition."""
        found = cls.usual_fields()
        for name in ("title", "description", "calendar", "owner", *OF_DEFINITION):
            if definition.get(name) is not None:
                found[name] = definition[name]
        rule, target = definition.get("rule"), definition.get("target")
        found |= cls.rule_fields(rule) if isinstance(rule, dict) and rule else {}
        if isinstance(target, dict) and target:
            found |= fields_of_target(target)
        return found

    def fill_choices(self, folder: Folder) -> None:
        """Offer what there is in the folder."""
        choose(self, "target", [(name, TARGETS[name]) for name in self.STARTS])
        of_folder = {
            "workflow": Workflow.objects.filter(folder=folder),
            "automation": Automation.objects.filter(folder=folder, kind=Automation.Kind.RUN),
            "queue": WorkQueue.objects.filter(folder=folder),
        }
        for name, rows in of_folder.items():
            self.choose_row(name, rows.order_by("title").values_list("key", "title"))
        calendars = Calendar.objects.filter(folder=folder).order_by("title")
        self.choose_row("calendar", calendars.values_list("key", "title"), empty=_("none"))
        if self.kind not in Trigger.TIMED:  # there is no time to move
            kept = (Trigger.OnClosed.IGNORE, Trigger.OnClosed.SKIP)
            choose(self, "on_closed", [(each.value, each.label) for each in kept])
        self._choose_people(folder)

    def choose_row(self, name: str, rows: Any, *, empty: str = "") -> None:
        """Offer rows of (key, title) in the field `name`."""
        choose(self, name, [("", empty or _("Choose…")), *rows])

    def _choose_people(self, folder: Folder) -> None:
        people = User.objects.filter(memberships__folder=folder, is_active=True).order_by("pk")
        named = {person.username: person.name for person in people}
        choose(self, "task_assignee", [("", _("nobody in particular")), *named.items()])
        teams = Team.objects.filter(folder=folder).order_by("title")
        self.choose_row("task_team", teams.values_list("key", "title"), empty=_("none"))
        if owner := str(self.initial.get("owner") or ""):
            named.setdefault(owner, owner)
        choose(self, "owner", [("", _("nobody")), *named.items()])

    def plain(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.PLAIN if name in self.fields)

    def what_if(self) -> Iterator[forms.BoundField]:
        yield from (self[name] for name in self.WHAT_IF)

    def disable(self) -> None:
        """Show what it holds, to be read only."""
        disable_all(self)

    def definition(self) -> JsonObject:
        """Return what was entered in the words of the API; after `is_valid`."""
        said = self.cleaned_data
        kept = {name: said[name] for name in self.POLICIES if name in self.fields}
        return {
            "title": said["title"],
            "description": said["description"],
            "kind": self.kind.value,
            "rule": unchanged(self._stored.get("rule"), self.rule(said), self.rule_fields),
            "target": unchanged(self._stored.get("target"), target_from(said), fields_of_target),
            "owner": said["owner"],
            **kept,
        }

    def rule_said(self) -> tuple[JsonObject, list[tuple[str, str]]]:
        """Return its rule with the policies beside it, as far as entered, and what is wrong there.

        Whatever is wrong with the rest of the form does not matter here.
        """
        problems = [
            (str(self.fields[name].label), str(message))
            for name in self.OF_RULE
            if name in self.fields
            for message in self.errors.get(name, [])
        ]
        if problems:
            return {}, problems
        said = self.cleaned_data
        names = [name for name in ("calendar", "on_closed") if name in self.fields]
        kept: JsonObject = {name: said[name] for name in names}
        # what it starts may not be said yet
        return {"kind": self.kind.value, "rule": self.rule(said), "target": None, **kept}, []

    def label_of(self, path: str) -> str:
        """Return how people call the field that shows what is said at `path`."""
        name, _within = self.field_of(path)
        return str(self.fields[name].label) if name else path

    def refuse(self, error: DomainError) -> None:
        """Say what lifecycle refused, each problem where it was typed."""
        for problem in error.fields:
            self.refuse_one(problem)
        if not error.fields:
            self.add_error(None, error.message)

    def refuse_one(self, problem: FieldProblem) -> None:
        name, within = self.field_of(problem.path)
        message = f"{within}: {problem.message}" if name and within else problem.message
        self.add_error(name, message)

    def field_of(self, path: str) -> tuple[str | None, str]:
        """Return the field that shows what is said at `path`, and where within it."""
        head, _dot, rest = path.partition(".")
        if head == "rule":
            return self._longest(rest, self.RULE_FIELDS)
        if head == "target":
            kind = self.data.get("target", "")
            return self._longest(rest, FIELD_OF_TARGET.get(kind, {}))
        return (head, rest) if head in self.fields else (None, "")

    def _longest(self, path: str, named: Mapping[str, str]) -> tuple[str | None, str]:
        """Return the field of the longest beginning of `path` that has one."""
        parts = path.split(".")
        for n in range(len(parts), 0, -1):
            said = ".".join(parts[:n])
            field = named.get(said, said)
            if field in self.fields:
                return field, ".".join(parts[n:])
        return None, ""
