"""What people set of an AI gate: thresholds as rows of field, document class and percent."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.lib.keys import KeyField
from apps.lib.schema import require_schema

from .engine import gates
from .forms import JsonField
from .models import Gate

SPARE_ROWS = 3
MAX_ROWS = 500
CODE = {"rows": 14, "spellcheck": "false", "data-code": True}
PERCENT = {"step": "0.1", "inputmode": "decimal"}


class PercentField(forms.FloatField):
    """A share as people say it: from 0 to 100."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=100,
            widget=forms.NumberInput(attrs=PERCENT),
            **options,
        )


class GateForm(forms.Form):
    key = KeyField(
        label=_("Key"),
        max_length=100,
        help_text=_("Used by steps of workflows and the API."),
    )
    title = forms.CharField(label=_("Title"), max_length=150)
    is_on = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Switched off, everything goes through, and nobody looks again."),
    )
    default = PercentField(
        label=_("Fields that are not named, percent"),
        required=False,
        help_text=_("Empty: they need not be sure."),
    )
    sample = PercentField(
        label=_("Looked at once more, percent"),
        help_text=_("Of what goes through, by somebody who does not see what AI read."),
    )
    form = JsonField(
        label=_("Form (JSON Schema)"),
        required=False,
        widget=forms.Textarea(attrs=CODE),
        help_text=_("In which people check the values. Empty: made from the values."),
    )
    reason = forms.CharField(
        label=_("Why"), required=False, max_length=300, help_text=_("Kept in the history.")
    )

    def __init__(self, *args: Any, gate: Gate | None, **options: Any) -> None:
        super().__init__(*args, **options)
        if gate is None:
            del self.fields["reason"]
        else:
            self.fields["key"].disabled = True

    def clean_form(self) -> Any:
        schema = self.cleaned_data["form"] or {}
        try:
            require_schema(schema)
        except DomainError as error:
            said = [f"{field.path}: {field.message}" for field in error.fields]
            raise forms.ValidationError(said or [error.message]) from None
        return schema


class ThresholdForm(forms.Form):
    """One row; without a field it says nothing."""

    field = forms.CharField(label=_("Field"), required=False, max_length=gates.MAX_FIELD)
    document_class = forms.CharField(
        label=_("Document class"), required=False, max_length=gates.MAX_CLASS
    )
    percent = PercentField(label=_("Sure, percent"), required=False)
    is_required = forms.BooleanField(label=_("Must be read"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["field"].widget.attrs["list"] = "known-fields"
        self.fields["document_class"].widget.attrs["list"] = "known-classes"
        for name, field in self.fields.items():
            # the heads of the columns are the labels for the eye
            field.widget.attrs["aria-label"] = f"{field.label}"
            if name != "is_required":
                field.widget.attrs["class"] = "control"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        is_named = bool((values.get("field") or "").strip())
        if is_named and values.get("percent") is None and "percent" not in self.errors:
            self.add_error("percent", _("How sure must it be?"))
        elif not is_named and values.get("percent") is not None:
            self.add_error("field", _("Which field?"))
        return values


class BaseRows(forms.BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        seen = set()
        for row in self.forms:
            said = row.cleaned_data if row.is_valid() else {}
            key = (said.get("field"), said.get("document_class"))
            if said.get("field") and key in seen:
                row.add_error("field", _("This field stands here twice."))
            seen.add(key)


ThresholdRows = forms.formset_factory(
    ThresholdForm, formset=BaseRows, extra=SPARE_ROWS, max_num=MAX_ROWS, validate_max=True
)


def initial_of(gate: Gate) -> JsonObject:
    rules = gates.read_thresholds(gate.thresholds)
    return {
        "key": gate.key,
        "title": gate.title,
        "is_on": gate.is_on,
        "default": percent(rules.default),
        "sample": percent(gate.sample_share),
        "form": gate.form,
    }


def rows_of(thresholds: Any) -> list[dict[str, Any]]:
    """Return the rows of these thresholds: what holds for all documents first."""
    rules = gates.read_thresholds(thresholds)
    named: Iterable[tuple[str, Mapping[str, float]]] = (
        ("", rules.fields),
        *sorted(rules.classes.items()),
    )
    return [
        {
            "field": field,
            "document_class": document_class,
            "percent": percent(share),
            "is_required": rules.required is None or field in rules.required,
        }
        for document_class, fields in named
        for field, share in sorted(fields.items())
    ]


def thresholds_of(default: float | None, rows: Iterable[Mapping[str, Any]]) -> JsonObject:
    """Return what a gate keeps of these rows."""
    fields: JsonObject = {}
    classes: dict[str, JsonObject] = {}
    required: set[str] = set()
    for row in rows:
        name = str(row.get("field") or "").strip()
        if not name:
            continue
        document_class = str(row.get("document_class") or "").strip()
        home = classes.setdefault(document_class, {}) if document_class else fields
        home[name] = share(row["percent"])
        if row.get("is_required"):
            required.add(name)
    kept: JsonObject = {
        "default": share(default),
        "fields": fields,
        "required": [*sorted(required)],
    }
    return {**kept, "classes": dict(classes)} if classes else kept


def percent(value: float | None) -> float | int | None:
    """Return a share in percent; whole ones without a point."""
    if value is None:
        return None
    said = round(value * 100, 4)
    return int(said) if said == int(said) else said


def share(said: float | None) -> float | None:
    return None if said is None else round(said / 100, 6)
