"""What people may give to the pages of workflows."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject, parse_json

MAX_MODEL_BYTES = 5 * 1024 * 1024
MAX_CONTEXT_BYTES = 200_000
MAX_REASON = 500
MAX_BUSINESS_KEY = 200


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class StartForm(forms.Form):
    """What an instance is started with, beside the data that its workflow asks for."""

    business_key = forms.CharField(
        label=gettext_lazy("Business key"),
        required=False,
        max_length=MAX_BUSINESS_KEY,
        help_text=gettext_lazy("Your name for it, such as an invoice number. It can be searched."),
    )


class ContextField(forms.CharField):
    """A JSON object, read as strictly as what comes in by API."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return {}
        try:
            found = parse_json(str(value).encode(), max_bytes=MAX_CONTEXT_BYTES)
        except (DomainError, UnicodeEncodeError) as error:
            text = _("This is not JSON that can be used: %(why)s")
            why = {"why": getattr(error, "message", "")}
            raise forms.ValidationError(text % why) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write an object: { … }."))
        return found

    def validate(self, value: JsonObject) -> None:
        """An empty object is fine."""


class VariablesForm(StartForm):
    """For workflows that say nothing about their data: any variables, as JSON."""

    variables = ContextField(
        label=gettext_lazy("Variables"),
        required=False,
        initial="{}",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "data-code": True}),
        help_text=gettext_lazy("A JSON object. This workflow does not say what it needs."),
    )


class EvaluateForm(forms.Form):
    context = ContextField(
        label=gettext_lazy("Inputs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "data-code": True}),
        help_text=gettext_lazy("A JSON object with the inputs by name."),
    )


class UploadForm(forms.Form):
    """A model as a file, or one of the patterns to begin with."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A .bpmn or .dmn file, at most 5 MB."),
        widget=forms.FileInput(attrs={"accept": ".bpmn,.dmn,.xml"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What changed"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("A sentence for those who look at the versions later."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_MODEL_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        return file
