"""What people ask of gates and rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.lib.errors import FieldProblem, InvalidError

from .lifecycle.adopting import HIGHEST_RATE, LOWEST_RATE
from .presenting import USUAL_PERCENT


class _Wanted(forms.Form):
    wanted = forms.FloatField(
        label=_("Wanted error rate, in %"),
        min_value=100 * LOWEST_RATE,
        max_value=100 * HIGHEST_RATE,
        help_text=_("Of 100 values that pass, at most so many may be wrong."),
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


class WantedForm(_Wanted):
    """The query of a gate's page; nothing asked: 1 %, all document classes."""

    @property
    def is_fine(self) -> bool:
        return not self.data.get("wanted") or self.is_valid()

    @property
    def percent(self) -> float:
        asked = bool(self.data.get("wanted")) and self.is_valid()
        return float(self.cleaned_data["wanted"]) if asked else USUAL_PERCENT

    @property
    def rate(self) -> float:
        return self.percent / 100

    @property
    def shown_percent(self) -> str:
        return str(self.data.get("wanted") or f"{USUAL_PERCENT:g}")[:20]

    @property
    def document_class(self) -> str:
        return str(self.data.get("class", "")).replace("\x00", "")[:100]


class AdoptForm(_Wanted):
    document_class = forms.CharField(required=False, max_length=100, strip=False)
    version = forms.IntegerField(min_value=0)
    seen = forms.CharField(max_length=64)

    def insisted(self) -> dict[str, Any]:
        """Return what was sent; raises InvalidError by field."""
        return insisted(self)


class TermsForm(forms.Form):
    """With what a proposal is accepted; its conditions are read beside it."""

    title = forms.CharField(label=_("Name of the rule"), max_length=150)
    sample = forms.FloatField(
        label=_("Share that people still decide, in %"),
        min_value=0,
        max_value=100,
        initial=10,
        help_text=_("They are not told; how often they agree shows whether the rule still holds."),
    )
    limit = forms.FloatField(
        label=_("Pauses itself when fewer than this agree, in %"),
        min_value=0,
        max_value=100,
        initial=95,
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )


def insisted(form: forms.Form) -> dict[str, Any]:
    """Return what was sent; raises InvalidError by field."""
    if form.is_valid():
        return dict(form.cleaned_data)
    problems = [
        FieldProblem(name, str(messages[0])) for name, messages in form.errors.items() if messages
    ]
    raise InvalidError(" ".join(each.message for each in problems), fields=problems)
