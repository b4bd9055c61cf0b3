"""An endpoint as people edit it; from when on something is sent again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.lib.errors import DomainError
from apps.lib.keys import KeyField

from . import kinds
from .lifecycle.secrets import MAX_OVERLAP_SECONDS
from .models import MAX_AT_ONCE, Endpoint

HOUR = 3_600


class EndpointForm(forms.Form):
    key = KeyField(
        label=_("Key"),
        max_length=60,
        help_text=_("Programs name it so; it can't be changed later."),
    )
    title = forms.CharField(label=_("Title"), max_length=120)
    url = forms.CharField(
        label=_("Address"),
        max_length=1_000,
        widget=forms.URLInput({"placeholder": "https://", "autocomplete": "off"}),
        help_text=_("Where calls go, by https. Redirects are not followed."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("What it is told"), widget=forms.CheckboxSelectMultiple
    )
    of = forms.CharField(
        label=_("Of this alone"),
        max_length=150,
        required=False,
        help_text=_("The key of a queue, a workflow, an automation; empty: of all in the folder."),
    )
    max_at_once = forms.IntegerField(
        label=_("Calls at once"),
        min_value=1,
        max_value=MAX_AT_ONCE,
        help_text=_("How many it can take at the same time."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, data: Any = None, *, row: Endpoint) -> None:
        names = ("title", "url", "kinds", "of", "max_at_once", "version")
        super().__init__(data, initial={name: getattr(row, name) for name in names})
        known = kinds.titles()
        # one that is not offered any more can still be kept or left out
        choices = {**dict.fromkeys(row.kinds), **known}
        self.fields["kinds"].choices = [  # type: ignore[attr-defined]
            (name, title or name) for name, title in choices.items()
        ]
        if row.pk is not None:
            del self.fields["key"]

    def refuse(self, error: DomainError) -> None:
        """Show each problem at its field, or above all when there is no such field."""
        for problem in error.fields:
            field = problem.path if problem.path in self.fields else None
            self.add_error(field, problem.message)
        if not error.fields:
            self.add_error(None, error.message)

    def values(self) -> dict[str, Any]:
        left = ("key", "version")
        return {name: said for name, said in self.cleaned_data.items() if name not in left}


class OverlapForm(forms.Form):
    """How long the secret so far still signs."""

    overlap_seconds = forms.TypedChoiceField(
        label=_("Sign with the one so far as well, for"),
        coerce=int,
        initial=24 * HOUR,
        choices=[
            (0, _("not at all: it is known to others")),
            (HOUR, _("one hour")),
            (24 * HOUR, _("one day")),
            (7 * 24 * HOUR, _("a week")),
            (MAX_OVERLAP_SECONDS, _("30 days")),
        ],
    )


class ReplayForm(forms.Form):
    """From when on, and whether what was delivered is meant as well."""

    since = forms.TypedChoiceField(
        label=_("What happened in the last"),
        coerce=int,
        initial=24 * HOUR,
        choices=[
            (HOUR, _("hour")),
            (6 * HOUR, _("6 hours")),
            (24 * HOUR, _("day")),
            (3 * 24 * HOUR, _("3 days")),
            (30 * 24 * HOUR, _("30 days")),
        ],
    )
    with_delivered = forms.BooleanField(
        label=_("Also what was delivered: it comes twice, under the same id"), required=False
    )
