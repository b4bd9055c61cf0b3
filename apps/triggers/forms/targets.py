"""What a trigger starts, in plain fields: all that does not depend on why it starts."""

from django import forms
from django.utils.translation import gettext_lazy

from .data import DataField, ItemsField
from .fields import DATA_AREA

TARGETS = {
    "workflow": gettext_lazy("A workflow"),
    "run": gettext_lazy("A run of an automation"),
    "items": gettext_lazy("Items in a queue"),
    "task": gettext_lazy("A task for people"),
    "alert": gettext_lazy("An alert"),
}
ALERTED = [
    ("owner", gettext_lazy("the owner of the trigger")),
    ("supervisors", gettext_lazy("supervisors and admins")),
]


class TargetFields(forms.Form):
    """One of them is chosen; the fields of the others do not count."""

    target = forms.ChoiceField(
        label=gettext_lazy("What it starts"), choices=[], widget=forms.RadioSelect
    )
    workflow = forms.ChoiceField(label=gettext_lazy("Workflow"), required=False)
    workflow_version = forms.IntegerField(
        label=gettext_lazy("Version"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=gettext_lazy("Leave empty for the newest at the time."),
    )
    variables = DataField(
        label=gettext_lazy("Variables"),
        required=False,
        widget=forms.Textarea(attrs=DATA_AREA),
        help_text=gettext_lazy("A line for each: name = value. Or a JSON object."),
    )
    automation = forms.ChoiceField(label=gettext_lazy("Automation"), required=False)
    input = DataField(
        label=gettext_lazy("Input"),
        required=False,
        widget=forms.Textarea(attrs=DATA_AREA),
        help_text=gettext_lazy("A line for each: name = value. Or a JSON object."),
    )
    queue = forms.ChoiceField(label=gettext_lazy("Queue"), required=False)
    items = ItemsField(
        label=gettext_lazy("Items"),
        required=False,
        widget=forms.Textarea(attrs=DATA_AREA),
        help_text=gettext_lazy(
            "One item: a line for each of its values, name = value. Several, or with references: "
            "a JSON list."
        ),
    )
    task_title = forms.CharField(
        label=gettext_lazy("What is to be done"), required=False, max_length=200
    )
    task_message = forms.CharField(
        label=gettext_lazy("What people should know"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    task_team = forms.ChoiceField(
        label=gettext_lazy("Team"), required=False, help_text=gettext_lazy("Or a person.")
    )
    task_assignee = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    alert_title = forms.CharField(label=gettext_lazy("Alert"), required=False, max_length=200)
    alert_message = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    alert_to = forms.ChoiceField(label=gettext_lazy("Who is told"), required=False, choices=ALERTED)
