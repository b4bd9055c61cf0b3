"""Forms about teams and absences."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.keys import KeyField

from .absences import deputies_for
from .lifecycle import people_of
from .models import Folder, Team, User

DATE_TIME = "%Y-%m-%dT%H:%M"


if TYPE_CHECKING:
    ManyPeople = forms.ModelMultipleChoiceField[User]
    OnePerson = forms.ModelChoiceField[User]
else:  # generic in the stubs only
    ManyPeople = forms.ModelMultipleChoiceField
    OnePerson = forms.ModelChoiceField


class PeopleField(ManyPeople):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return _label(obj)


class PersonField(OnePerson):
    def label_from_instance(self, obj: Any) -> str:
        return _label(obj)


class TeamForm(forms.Form):
    key = KeyField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Used by diagrams and programs; it can't be changed later."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    manager = PersonField(
        label=gettext_lazy("Manager"),
        queryset=User.objects.none(),
        required=False,
        help_text=gettext_lazy("Gets what the team leaves lying, where the ladder says so."),
    )
    members = PeopleField(
        label=gettext_lazy("Members"), queryset=User.objects.none(), required=False
    )

    def __init__(self, *arguments: Any, team: Team, folder: Folder, **named: Any) -> None:
        initial: dict[str, Any] = {"key": team.key, "title": team.title, "manager": team.manager_id}
        if team.pk:
            initial["members"] = list(team.places.values_list("user_id", flat=True))
        super().__init__(*arguments, **{**named, "initial": initial})
        if team.pk:
            del self.fields["key"]
        for name in ("manager", "members"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = people_of(folder).filter(is_active=True)

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "manager", "members")}


class AbsenceForm(forms.Form):
    """When somebody is away, in the time zone of who enters it."""

    starts_at = forms.DateTimeField(
        label=gettext_lazy("From"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATE_TIME),
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATE_TIME),
    )
    deputy = PersonField(
        label=gettext_lazy("Deputy"),
        queryset=User.objects.none(),
        required=False,
        help_text=gettext_lazy("Gets what lies there when it begins, and may decide meanwhile."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *arguments: Any, person: User, **named: Any) -> None:
        super().__init__(*arguments, **named)
        field = self.fields["deputy"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = deputies_for(person)
        field.empty_label = _("nobody")


def _label(user: User) -> str:
    return f"{user.name} ({user.username})" if user.name != user.username else user.username
