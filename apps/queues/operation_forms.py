"""What bulk actions on items ask for."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.limits.forms import WallClockField


class PriorityForm(forms.Form):
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=100,
        initial=50,
        help_text=gettext_lazy("0 to 100; higher is sooner, 50 is usual."),
    )


class PostponeForm(forms.Form):
    available_at = WallClockField(label=gettext_lazy("Until"))

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        zone = timezone.get_current_timezone_name()
        self.fields["available_at"].help_text = _("By the clock of %(zone)s.") % {"zone": zone}

    def clean_available_at(self) -> str:
        at: datetime = self.cleaned_data["available_at"]
        return timezone.make_aware(at).isoformat()
