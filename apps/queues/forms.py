"""What people may set: a queue's rules, and what they add or change by hand."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.bots.capabilities import CapabilitiesField
from apps.bots.models import Automation
from apps.lib.errors import DomainError
from apps.lib.json import parse_json
from apps.lib.schema import require_schema
from apps.limits.models import Application, Limit

from . import engine
from .models import Gate, WorkQueue
from .models.queues import MAX_CAPABILITIES

if TYPE_CHECKING:
    WorkQueueForm = forms.ModelForm[WorkQueue]
else:
    WorkQueueForm = forms.ModelForm  # generic in the stubs only


MAX_JSON_BYTES = 500_000
WIDE = ("description", "error_rules", "payload_schema")
BINDING = ("applications", "limits")
CODE = {"spellcheck": "false", "data-code": True}


class JsonField(forms.CharField):
    """JSON as people edit it: one value a line, read as strictly as what comes in by API."""

    widget = forms.Textarea

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **options: Any) -> None:
        """Take what a model's JSON field hands in; how it is read is decided here."""
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False) if value else ""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return parse_json(str(value).encode(), max_bytes=MAX_JSON_BYTES)
        except (DomainError, UnicodeEncodeError) as error:
            said = getattr(error, "message", "")
            text = _("This is not JSON that can be used: %(why)s")
            raise forms.ValidationError(text % {"why": said}) from None

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            super().validate("")

    def run_validators(self, value: Any) -> None:
        """What it means is for the form to judge."""


class QueueForm(WorkQueueForm):
    """Everything about a queue that a designer sets."""

    required_capabilities = CapabilitiesField(
        label=_("Needs a bot with"),
        at_most=MAX_CAPABILITIES,
        help_text=_("Words with commas between them, as in sap, excel. Empty: any bot."),
    )

    cut_off_time = forms.TimeField(
        label=_("Cut-off time"),
        required=False,
        help_text=_("Items are due at the next such time, as in 17:00."),
        widget=forms.TimeInput(attrs={"type": "time"}),
    )
    cut_off_zone = forms.CharField(
        label=_("Time zone of the cut-off"), required=False, help_text=_("As in Europe/Berlin.")
    )
    cut_off_days = forms.ChoiceField(
        label=_("Cut-off on"),
        required=False,
        choices=[("working", _("working days")), ("every", _("every day"))],
    )
    cut_off_country = forms.CharField(
        label=_("Holidays of"),
        required=False,
        max_length=2,
        help_text=_("Two letters, as in DE; leave empty for none."),
    )

    class Meta:
        model = WorkQueue
        fields = [
            "key", "title", "description", "automation", "gate", "max_runs", "max_in_progress",
            "max_attempts", "retry_delay_seconds", "retry_backoff", "lease_seconds",
            "on_business_exception", "on_exhausted", "error_rules",
            "sla_seconds", "due_lead_seconds", "seconds_per_point",
            "unique_reference", "payload_schema",
            "applications", "limits", "required_capabilities", "share",
        ]  # fmt: skip
        field_classes = {  # noqa: RUF012 - Django's way
            "payload_schema": JsonField,
            "error_rules": JsonField,
        }
        widgets = {  # noqa: RUF012
            "description": forms.Textarea(attrs={"rows": 2}),
            "payload_schema": forms.Textarea(attrs={"rows": 18, **CODE}),
            "error_rules": forms.Textarea(attrs={"rows": 6, **CODE}),
            "applications": forms.CheckboxSelectMultiple,
            "limits": forms.CheckboxSelectMultiple,
        }
        help_texts = {  # noqa: RUF012
            "key": _("Used in addresses and by the API. Letters, digits, dashes and underscores."),
            "payload_schema": _("JSON Schema. It checks what comes in, and makes the inbox form."),
            "error_rules": _(
                'A list, read from the top, as in [{"when": {"class": "application", '
                '"code": "ERP-DOWN"}, "then": "pause_queue"}].'
            ),
            "sla_seconds": _("Leave empty if nothing is due, or give a cut-off below."),
            "max_in_progress": _("Leave empty for no limit."),
            "applications": _(
                "What its items are worked in. When one fails, is held or frozen, they wait."
            ),
            "limits": _("Beside those of its applications, which hold in any case."),
            "share": _("1 to 100: its weight among the queues that want the same bots."),
            "gate": _("How sure AI must be of what it reads. None: everything goes through."),
        }

    def __init__(self, *args: Any, folder: Folder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = folder
        automations = Automation.objects.filter(folder=folder, kind=Automation.Kind.ITEM)
        self.fields["automation"].queryset = automations  # type: ignore[attr-defined]
        gates = Gate.objects.filter(folder=folder)
        self.fields["gate"].queryset = gates  # type: ignore[attr-defined]
        for name, model in (("applications", Application), ("limits", Limit)):
            known = model.objects.filter(folder=folder)
            self.fields[name].queryset = known  # type: ignore[attr-defined]
            if not known.exists():
                # nothing to choose from
                del self.fields[name]
        for name, value in (self.instance.cut_off or {}).items():
            self.initial.setdefault(f"cut_off_{name}", value)
        if self.instance.pk:
            self.fields["key"].disabled = True

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        taken = WorkQueue.objects.filter(folder=self.folder, key=key).exclude(pk=self.instance.pk)
        if taken.exists():
            raise forms.ValidationError(_("There is a queue with this key in this folder."))
        return key

    def clean_payload_schema(self) -> Any:
        return _checked(require_schema, self.cleaned_data["payload_schema"] or {})

    def clean_error_rules(self) -> Any:
        return _checked(engine.parse_rules, self.cleaned_data["error_rules"] or [])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("cut_off_time"):
            if values.get("sla_seconds"):
                self.add_error("sla_seconds", _("Give a duration or a cut-off, not both."))
            self.instance.cut_off = {
                "time": values["cut_off_time"].strftime("%H:%M"),
                "zone": values.get("cut_off_zone") or "UTC",
                "days": values.get("cut_off_days") or "working",
                "country": (values.get("cut_off_country") or "").upper(),
            }
            self._check_cut_off()
        else:
            self.instance.cut_off = None
        return values

    def _check_cut_off(self) -> None:
        try:
            engine.parse_cut_off(self.instance.cut_off)
        except (DomainError, ValueError) as error:
            self.add_error("cut_off_zone", str(error))

    def sections(self) -> list[dict[str, Any]]:
        """The form in the order a person thinks: what, who works it, what if, by when, data."""
        return [
            self._section(_("What it is"), "key", "title", "description"),
            self._section(
                _("Who works it"),
                "automation", "max_runs", "share", "required_capabilities", "lease_seconds",
            ),
            self._section(
                _("What keeps it back"), "max_in_progress", "applications", "limits"
            ),
            self._section(_("What AI reads"), "gate"),
            self._section(
                _("What happens after a failure"),
                "max_attempts", "retry_delay_seconds", "retry_backoff",
                "on_exhausted", "on_business_exception", "error_rules",
            ),
            self._section(
                _("When it is due, and what goes first"),
                "sla_seconds", "cut_off_time", "cut_off_zone", "cut_off_days", "cut_off_country",
                "due_lead_seconds", "seconds_per_point",
            ),
            self._section(_("The data of an item"), "unique_reference", "payload_schema"),
        ]  # fmt: skip

    def _section(self, title: Any, *names: str) -> dict[str, Any]:
        shown = [name for name in names if name in self.fields]
        fields = [(self[name], "is-wide" if name in WIDE else "") for name in shown]
        return {"title": title, "fields": fields}

    def snapshot(self) -> dict[str, Any]:
        """Return what is stored now, for showing before and after."""
        columns = [name for name in self.Meta.fields if name not in BINDING]
        stored = WorkQueue.objects.filter(pk=self.instance.pk).values(*columns, "cut_off").first()
        if stored is None:
            return {}
        bound = {
            name: list(getattr(self.instance, name).values_list("pk", flat=True))
            for name in BINDING
        }
        return {**stored, **bound}


class ReasonForm(forms.Form):
    """Why somebody does this; kept in the history."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class NothingToAskForm(forms.Form):
    """For what is done at a click: a reason may be given, nobody is asked for one."""

    reason = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)


class ReferenceForm(forms.Form):
    """Where the work was done instead."""

    reference = forms.CharField(label=_("Outside reference"), max_length=300)
    reason = forms.CharField(label=_("Note"), max_length=300, required=False)


class ItemForm(forms.Form):
    """An item that a person adds, beside its data."""

    reference = forms.CharField(label=_("Reference"), max_length=200, required=False)
    priority = forms.IntegerField(
        label=_("Priority"), min_value=0, max_value=100, initial=50,
        help_text=_("0 to 100; what is higher goes first."),
    )  # fmt: skip
    due_at = forms.DateTimeField(
        label=_("Due"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    available_at = forms.DateTimeField(
        label=_("Not before"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )


class FileForm(forms.Form):
    file = forms.FileField(label=_("File"), required=False)


def _checked(check: Any, value: Any) -> Any:
    """Turn a domain error into a form error."""
    try:
        check(value)
    except DomainError as error:
        details = [f"{field.path}: {field.message}" for field in error.fields]
        raise forms.ValidationError(details or [error.message]) from None
    return value
