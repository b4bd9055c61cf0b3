"""How long a table's months stay, as people edit it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Policy

MOST_MONTHS = 1_200


class PolicyForm(forms.Form):
    months = forms.IntegerField(
        label=_("Months that stay"),
        min_value=1,
        max_value=MOST_MONTHS,
        required=False,
        help_text=_("Whole months before the running one. Empty: all of them."),
    )
    archives = forms.BooleanField(
        label=_("Write to an archive first"),
        required=False,
        help_text=_("A Parquet file a month; it is dropped only once the file is whole."),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @classmethod
    def of(cls, policy: Policy) -> "PolicyForm":
        return cls(
            initial={
                "months": policy.months,
                "archives": policy.archives,
                "version": policy.version,
            }
        )
