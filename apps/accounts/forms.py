"""Forms about people and tokens."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .lifecycle import managed_by, people_of
from .models import Folder, User
from .roles import Role

NO_EXPIRY = ""


class PersonForm(forms.Form):
    """Name, address and role of somebody in a folder."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False, max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)


class InvitationForm(PersonForm):
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=gettext_lazy("Used to sign in; it can't be changed later."),
    )
    field_order = ["username", "name", "email", "role"]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("Somebody has this user name already."))
        return username


class ProfileForm(forms.Form):
    """What people decide for themselves."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False, max_length=254)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("All times are shown in it."),
    )
    theme = forms.ChoiceField(label=gettext_lazy("Look"), choices=User.Theme.choices)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        organisation = _("Like the organisation (%(zone)s)") % {
            "zone": settings.ORGANISATION_TIME_ZONE
        }
        zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"] = forms.ChoiceField(
            label=self.fields["time_zone"].label,
            help_text=self.fields["time_zone"].help_text,
            required=False,
            choices=[("", organisation), *((zone, zone) for zone in zones)],
        )


class TokenForm(forms.Form):
    """A new API token: for whom of those `manager` may act for, for what, for how long."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What uses it, so that others know what breaks when it is revoked."),
    )
    user = forms.ModelChoiceField(
        label=gettext_lazy("Acts as"),
        queryset=User.objects.none(),
        help_text=gettext_lazy("It may do what this person may do in this folder."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        empty_value=None,
        required=False,
        initial=365,
        choices=[
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("a year")),
            (NO_EXPIRY, gettext_lazy("until it is revoked")),
        ],
    )

    def __init__(self, *arguments: Any, folder: Folder, manager: User, **named: Any) -> None:
        super().__init__(*arguments, **named)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people_of(folder).filter(managed_by(manager), is_active=True)
