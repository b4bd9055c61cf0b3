"""The small forms beside alerts."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Folder, Team, User
from apps.alerts.lifecycle.silencing import MAX_REASON
from apps.alerts.models import Alert, AlertRule
from apps.alerts.models.alerts import MAX_COMMENT
from apps.triggers.forms.fields import LocalMomentField, choose


class SnoozeForm(forms.Form):
    """Until when, on the wall clock of the person."""

    until = LocalMomentField(label=gettext_lazy("Until"))


class CommentForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AssignForm(forms.Form):
    """Who takes it: a person, a team, or both."""

    owner = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)

    def __init__(self, *arguments: Any, alert: Alert, **named: Any) -> None:
        initial = {"owner": str(alert.owner_id or ""), "team": str(alert.team_id or "")}
        super().__init__(*arguments, **{**named, "initial": initial})
        people = User.objects.filter(memberships__folder=alert.folder_id, is_active=True)
        self.people = {str(each.pk): each for each in people.order_by("pk")}
        self.teams = {
            str(each.pk): each
            for each in Team.objects.filter(folder=alert.folder_id).order_by("title")
        }
        names = [(pk, each.name) for pk, each in self.people.items()]
        choose(self, "owner", [("", _("nobody in particular")), *names])
        titles = [(pk, each.title) for pk, each in self.teams.items()]
        choose(self, "team", [("", _("none")), *titles])

    def chosen(self) -> dict[str, Any]:
        """Return the person and the team; after `is_valid`."""
        said = self.cleaned_data
        return {"owner": self.people.get(said["owner"]), "team": self.teams.get(said["team"])}


class SilenceForm(forms.Form):
    """Of what, from when, until when, and why."""

    rule = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    starts_at = LocalMomentField(
        label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Empty: from now on.")
    )
    ends_at = LocalMomentField(label=gettext_lazy("Until"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=MAX_REASON)

    def __init__(self, *arguments: Any, folder: Folder, **named: Any) -> None:
        super().__init__(*arguments, **named)
        rules = AlertRule.objects.filter(folder=folder).order_by("title")
        self.rules = {str(each.pk): each for each in rules}
        titles = [(pk, each.title) for pk, each in self.rules.items()]
        words = {"title": folder.title}
        choose(self, "rule", [("", _("all alerts of %(title)s") % words), *titles])
