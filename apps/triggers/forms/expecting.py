"""A trigger that looks at its times whether something is there, and starts where it is not."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder
from apps.lib.json import JsonObject
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger

from .fields import PLAIN_TEXT
from .times import TimeForm

EXPECTED = [
    ("items", gettext_lazy("Items in a queue")),
    ("trigger", gettext_lazy("A start of another trigger")),
    ("file", gettext_lazy("A file")),
]
OF_EXPECTED = (
    "expects", "expected_queue", "at_least", "expected_trigger", "expected_folder",
    "expected_pattern", "since",
)  # fmt: skip


class ExpectedForm(TimeForm):
    """The times of a time trigger, and what should be there by then."""

    kind = Trigger.Kind.EXPECTED
    template = "triggers/kinds/_expected.html"
    STARTS = ("alert", "task", "workflow", "run", "items")
    OF_RULE = (*TimeForm.OF_RULE, *OF_EXPECTED)
    RULE_FIELDS = {  # noqa: RUF012 - a constant
        **TimeForm.RULE_FIELDS,
        "expects.items.queue": "expected_queue",
        "expects.items.at_least": "at_least",
        "expects.trigger": "expected_trigger",
        "expects.file.folder": "expected_folder",
        "expects.file.pattern": "expected_pattern",
        "expects.since": "since",
    }

    expects = forms.ChoiceField(
        label=gettext_lazy("What should be there"), choices=EXPECTED, widget=forms.RadioSelect
    )
    expected_queue = forms.ChoiceField(label=gettext_lazy("In the queue"), required=False)
    at_least = forms.IntegerField(
        label=gettext_lazy("At least"), required=False, min_value=1, max_value=100_000
    )
    expected_trigger = forms.ChoiceField(label=gettext_lazy("Trigger"), required=False)
    expected_folder = forms.CharField(
        label=gettext_lazy("Folder"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("Below the folder that is watched, as in invoices/in."),
    )
    expected_pattern = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN_TEXT),
        help_text=gettext_lazy("As in invoices-*.csv."),
    )
    since = forms.ChoiceField(
        label=gettext_lazy("What has come counts"),
        required=False,
        choices=[
            ("", gettext_lazy("since midnight, or the time before if that is later")),
            ("previous", gettext_lazy("since the time before")),
        ],
    )

    @classmethod
    def usual_fields(cls) -> dict[str, Any]:
        usual = {"expects": "items", "at_least": 1, "alert_to": "owner"}
        return {**super().usual_fields(), **usual}

    @classmethod
    def rule_fields(cls, rule: JsonObject) -> dict[str, Any]:
        return {**super().rule_fields(rule), **_fields_of(rule.get("expects"))}

    def rule(self, said: dict[str, Any]) -> JsonObject:
        return {**super().rule(said), "expects": _expects(said)}

    def fill_choices(self, folder: Folder) -> None:
        super().fill_choices(folder)
        queues = WorkQueue.objects.filter(folder=folder).order_by("title")
        self.choose_row("expected_queue", queues.values_list("key", "title"))
        others = Trigger.objects.filter(folder=folder).exclude(key=self.own_key).order_by("title")
        self.choose_row("expected_trigger", others.values_list("key", "title"))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        needed = {
            "items": ("expected_queue", "at_least"),
            "trigger": ("expected_trigger",),
            "file": ("expected_folder", "expected_pattern"),
        }
        for name in needed.get(said.get("expects", ""), ()):
            if name not in self.errors and not said.get(name):
                self.add_error(name, _("Say which, or how many."))
        return said


def _expects(said: dict[str, Any]) -> JsonObject:
    kind = said["expects"]
    since: JsonObject = {"since": said["since"]} if said["since"] else {}
    if kind == "trigger":
        return {"trigger": said["expected_trigger"], **since}
    if kind == "file":
        file: JsonObject = {"folder": said["expected_folder"], "pattern": said["expected_pattern"]}
        return {"file": file, **since}
    items: JsonObject = {"queue": said["expected_queue"], "at_least": said["at_least"]}
    return {"items": items, **since}


def _fields_of(expects: Any) -> dict[str, Any]:
    """Return the fields that show what is expected."""
    if not isinstance(expects, dict) or not expects:
        return {}
    kind = next((name for name, _word in EXPECTED if name in expects), "")
    said, since = expects.get(kind), expects.get("since", "midnight")
    found: dict[str, Any] = {"expects": kind, "since": "" if since == "midnight" else since}
    if kind == "trigger":
        return found | {"expected_trigger": said}
    inner = said if isinstance(said, dict) else {}
    names = {"items": ("queue", "at_least"), "file": ("folder", "pattern")}.get(kind, ())
    fields = {name: name if name == "at_least" else f"expected_{name}" for name in names}
    return found | {fields[name]: inner.get(name) for name in names}
