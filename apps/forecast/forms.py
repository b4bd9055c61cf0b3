"""What people ask: what would be if."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .outlooks import MAX_BOTS, MAX_MORE, MAX_SCALE, WhatIf


class WhatIfForm(forms.Form):
    """The sliders. Nothing given: as it is. Addresses are short: bots, more, arrivals, without."""

    bots = forms.IntegerField(
        label=_("Bots at work at a time"), min_value=0, max_value=MAX_BOTS, required=False
    )
    more = forms.IntegerField(
        label=_("More items now"), min_value=0, max_value=MAX_MORE, required=False
    )
    arrivals = forms.IntegerField(
        label=_("Arrivals, in % of the usual"),
        min_value=0,
        max_value=int(100 * MAX_SCALE),
        required=False,
    )
    without = forms.CharField(label=_("Without this bot"), max_length=100, required=False)

    def wish(self) -> WhatIf:
        """Return what was asked; what is not right is left at what it is, see `errors`."""
        self.is_valid()
        said: dict[str, Any] = self.cleaned_data
        arrivals = said.get("arrivals")
        return WhatIf(
            bots=said.get("bots"),
            more_items=said.get("more") or 0,
            arrivals=1.0 if arrivals is None else arrivals / 100,
            without=said.get("without") or "",
        )
