"""What is asked before an operation starts: its arguments, the reason, the number."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject

from .kinds import Kind
from .lifecycle import Measured

MAX_REASON = 300


class StartForm(forms.Form):
    """The kind's own fields, then those of all kinds."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        required=False,
        help_text=gettext_lazy("It stays in the history of each."),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, kind: Kind, measured: Measured) -> None:
        super().__init__(data, initial={"request_key": uuid4()})
        self.kind, self.measured = kind, measured
        own = dict(kind.form().fields) if kind.form else {}
        self.own_names = list(own)
        self.fields = {**own, **self.fields}
        self.fields["reason"].required = kind.needs_reason
        if measured.total > kind.confirm_above:
            self.fields["typed_number"] = forms.IntegerField(
                label=_("Type %(n)s to confirm") % {"n": measured.total},
                min_value=0,
                max_value=2**31,
                widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        """The kind's form checks its own fields once more, with what it knows beside them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.kind.form is not None and not self.errors:
            own = self.kind.form(self.data)
            if own.is_valid():
                cleaned |= own.cleaned_data
            for name, problems in own.errors.items():
                self.add_error(name if name in self.fields else None, problems)
        typed = cleaned.get("typed_number")
        if typed is not None and typed != self.measured.total:
            message = _("There are %(n)d now; you typed %(typed)d.")
            words = {"n": self.measured.total, "typed": typed}
            self.add_error("typed_number", message % words)
        return cleaned

    def arguments(self) -> JsonObject:
        return {name: self.cleaned_data[name] for name in self.own_names}

    def refuse(self, error: DomainError) -> None:
        """Show each problem at its field, or above all when there is no such field."""
        for problem in error.fields:
            name = problem.path.removeprefix("arguments.")
            self.add_error(name if name in self.fields else None, problem.message)
        if not error.fields:
            self.add_error(None, error.message)
