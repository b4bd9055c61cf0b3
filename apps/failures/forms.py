"""What people say about a group."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.lifecycle import people_of
from apps.accounts.models import User
from apps.limits.forms import WallClockField

from .models import FailureGroup

MAX_NOTE, MAX_URL = 300, 500


class AssignForm(forms.Form):
    """Who sees to it; only people of the folder."""

    owner = forms.ModelChoiceField(
        label=gettext_lazy("Who sees to it"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nobody in particular"),
    )

    def __init__(self, data: Any = None, *, group: FailureGroup) -> None:
        super().__init__(data, initial={"owner": group.owner_id})
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = people_of(group.folder)


class MuteForm(forms.Form):
    """Until when, on the person's clock, and why."""

    until = WallClockField(label=gettext_lazy("Until"))
    note = forms.CharField(label=gettext_lazy("Why"), max_length=MAX_NOTE, required=False)

    def moment(self) -> datetime:
        until: datetime = self.cleaned_data["until"]
        return until.replace(tzinfo=timezone.get_current_timezone())


class ResolveForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What mended it"), max_length=MAX_NOTE, required=False
    )


class RunbookForm(forms.Form):
    runbook_url = forms.CharField(
        label=gettext_lazy("Address of the page"),
        max_length=MAX_URL,
        required=False,
        widget=forms.URLInput({"placeholder": "https://"}),
        help_text=gettext_lazy("Empty: there is none."),
    )


def refusal_in(form: forms.Form) -> str:
    """Return the first thing that is wrong, with the name of its field."""
    for name, problems in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        return f"{label}: {problems[0]}" if label else str(problems[0])
    return _("Some values are not right")
