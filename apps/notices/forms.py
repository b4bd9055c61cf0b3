"""Forms about what reaches people."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .kinds import CHOSEN, FOR_FOLDERS
from .models import Rhythm

TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class RhythmForm(forms.Form):
    """Quiet hours and digest."""

    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=TIME)
    quiet_until = forms.TimeField(label=gettext_lazy("Quiet until"), required=False, widget=TIME)
    are_weekends_quiet = forms.BooleanField(
        label=gettext_lazy("Saturdays and Sundays are quiet"), required=False
    )
    let_through = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me even then"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    digest_every = forms.ChoiceField(label=gettext_lazy("Digest"), choices=Rhythm.Every.choices)
    digest_at = forms.TimeField(
        label=gettext_lazy("Digest at"),
        widget=TIME,
        help_text=gettext_lazy("For one that comes once a day."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("In this time zone"), required=False)

    def __init__(self, *arguments: Any, own_zone: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        zones = [(zone, zone) for zone in sorted(available_timezones())]
        own = _("That of my profile (%(zone)s)") % {"zone": own_zone}
        self.fields["time_zone"].choices = [("", own), *zones]  # type: ignore[attr-defined]
        kinds = [(kind.key, kind.title) for kind in CHOSEN]
        self.fields["let_through"].choices = kinds  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        found = super().clean() or {}
        if bool(found.get("quiet_from")) != bool(found.get("quiet_until")):
            self.add_error("quiet_until", _("Quiet hours need a beginning and an end."))
        return found


class ChatForm(forms.Form):
    """The address of a chat or another service."""

    title = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("As you will know it again: “Channel of accounts payable”."),
    )
    # never drawn again with what was typed: it is a secret
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As apprise writes it: slack://…, tgram://…, discord://…"),
    )


class FolderChatForm(ChatForm):
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Is told of"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(kind.key, kind.title) for kind in FOR_FOLDERS],
    )
