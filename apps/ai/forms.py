"""What people set: models, budgets, prompts, agents."""

from typing import TYPE_CHECKING, Any

import orjson
from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Folder
from apps.bots.forms import FolderForm
from apps.lib.errors import DomainError, FieldProblem
from apps.lib.keys import KeyField
from apps.lib.schema import check_schema
from apps.queues.forms import CODE, JsonField

from .addresses import checked_base_url
from .agent.tools import registered_tools
from .exceptions import AddressNotAllowedError
from .lifecycle.endpoints import checked_api_key
from .lifecycle.prompts import MAX_PROMPT
from .models import AgentProfile, Budget, ModelEndpoint, Prompt

if TYPE_CHECKING:
    BudgetModelForm = forms.ModelForm[Budget]
else:
    BudgetModelForm = forms.ModelForm  # generic in the stubs only

MAX_KEY = 4_000
MAX_TABLES_BYTES = 500_000
MAX_TRIED = 4_000
WIDE = {"class": "is-wide"}


class EndpointForm(FolderForm):
    api_key = forms.CharField(
        label=_("API key"),
        required=False,
        max_length=MAX_KEY,
        strip=True,
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}
        ),
    )
    drops_key = forms.BooleanField(label=_("Take the API key away"), required=False)

    class Meta:
        model = ModelEndpoint
        fields = [  # noqa: RUF012
            "key",
            "title",
            "base_url",
            "api_key",
            "drops_key",
            "model",
            "version_label",
            "timeout_seconds",
            "max_answer_tokens",
            "answer_shape",
            "asks_logprobs",
            "price_in",
            "price_out",
            "currency",
        ]
        help_texts = {  # noqa: RUF012
            "key": _("The name by which steps and agents call for it; it stays as it is."),
            "base_url": _(
                "For example https://api.example.com/v1, or http://localhost:11434/v1 for a server"
                " on this machine."
            ),
            "version_label": _("Stored with each value, so that versions can be compared."),
            "asks_logprobs": _("Then confidence is measured from them instead of stated."),
            "price_in": _("0 for a server of your own; budgets of cost count with it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        key: Any = self.fields["api_key"]
        if self.instance.pk is None:
            key.help_text = _("Kept encrypted and never shown again.")
            del self.fields["drops_key"]
        else:
            self.fields["key"].disabled = True
            key.help_text = (
                _("One is kept; leave this empty to keep it. A new address needs it anew.")
                if self.instance.has_api_key
                else _("None is kept.")
            )

    def clean_base_url(self) -> str:
        try:
            return checked_base_url(self.cleaned_data["base_url"])
        except AddressNotAllowedError as error:
            raise forms.ValidationError(error.message) from None

    def clean_api_key(self) -> str:
        try:
            return checked_api_key(self.cleaned_data["api_key"])
        except DomainError as error:
            raise forms.ValidationError(error.message) from None

    @property
    def wanted_key(self) -> str | None:
        """Return the key to keep, "" to drop what is there, None to leave it."""
        if self.cleaned_data.get("drops_key"):
            return ""
        return self.cleaned_data.get("api_key") or None


class BudgetForm(BudgetModelForm):
    use = forms.ChoiceField(label=_("For"), required=False)

    class Meta:
        model = Budget
        fields = [  # noqa: RUF012
            "use",
            "cost_per_day",
            "cost_per_month",
            "error_share",
            "p95_seconds",
            "window_seconds",
            "min_calls",
            "pause_seconds",
        ]
        help_texts = {  # noqa: RUF012
            "cost_per_day": _("Days and months are those of UTC. A call that could go over it"
                              " is not made."),
            "error_share": _("From 0 to 1: 0.2 stops it when every fifth answer is an error."),
            "p95_seconds": _("Stops it when more than 5 of 100 answers take longer."),
            "min_calls": _("Fewer calls than these stop nothing."),
            "pause_seconds": _("Then one call tries; if that fails, twice as long."),
        }  # fmt: skip

    def __init__(self, *args: Any, endpoint: ModelEndpoint, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.endpoint = endpoint
        field: Any = self.fields["use"]
        field.choices = _uses(endpoint, self.instance.use)
        for name in ("cost_per_day", "cost_per_month", "p95_seconds"):
            self.fields[name].widget.attrs["min"] = 0

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        others = Budget.objects.filter(endpoint=self.endpoint, use=values.get("use") or "")
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("use", _("There is a budget for this already."))
        share = values.get("error_share")
        if share is not None and not 0 < share <= 1:
            self.add_error("error_share", _("Give a share above 0, at most 1."))
        for name in ("cost_per_day", "cost_per_month", "p95_seconds"):
            if values.get(name) is not None and values[name] < 0:
                self.add_error(name, _("This can't be below 0."))
        return values


def _uses(endpoint: ModelEndpoint, kept: str) -> list[tuple[str, Any]]:
    prompts = Prompt.objects.filter(folder_id=endpoint.folder_id)
    agents = AgentProfile.objects.filter(folder_id=endpoint.folder_id)
    uses: dict[str, Any] = {"": _("All calls")}
    uses |= {f"prompt:{each.key}": _("Prompt: %s") % each.title for each in prompts}
    uses |= {f"agent:{each.key}": _("Agent: %s") % each.title for each in agents}
    uses |= {"try": _("Trying it out")}
    if kept not in uses:
        uses[kept] = kept
    return list(uses.items())


class PromptForm(forms.Form):
    key = KeyField(label=_("Key"), max_length=100)
    title = forms.CharField(label=_("Title"), max_length=150)
    text = forms.CharField(
        label=_("Instruction"),
        max_length=MAX_PROMPT,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_(
            "What the model is to do. {{name}} is replaced by the setting “name” of the step; data"
            " of the item is handed over apart from this."
        ),
    )
    schema = JsonField(
        label=_("Schema of the answer"),
        widget=forms.Textarea(attrs={"rows": 12, **CODE}),
        help_text=_("JSON Schema of an object; each answer is checked against it."),
    )
    document_class = forms.CharField(
        label=_("Document class"),
        max_length=100,
        required=False,
        help_text=_("Gates may have thresholds of their own for it."),
    )
    note = forms.CharField(label=_("What changed"), max_length=300, required=False)

    def __init__(self, *args: Any, folder: Folder, prompt: Prompt | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder, self.prompt = folder, prompt
        if prompt is not None:
            self.fields["key"].disabled = True
            self.fields["key"].initial = prompt.key

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if self.prompt is None and Prompt.objects.filter(folder=self.folder, key=key).exists():
            raise forms.ValidationError(_("There is one with this name in this folder already."))
        return key

    def refuse(self, error: DomainError) -> None:
        """Put what the lifecycle refused at its field."""
        for each in error.fields or [FieldProblem("", error.message)]:
            name = each.path.split(".")[0]
            at = name if name in self.fields else None
            self.add_error(at, f"{each.path}: {each.message}" if each.path else each.message)


class AgentForm(FolderForm):
    tools = forms.MultipleChoiceField(
        label=_("Tools it may use"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tables = JsonField(
        label=_("Tables to look up"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, **CODE}),
        help_text=_("{“name”: [{“column”: value}]}: what the tool “look_up” finds."),
    )
    result_schema = JsonField(
        label=_("Schema of the result"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, **CODE}),
        help_text=_("JSON Schema of an object; without one, the result is a text."),
    )

    class Meta:
        model = AgentProfile
        fields = [  # noqa: RUF012
            "key",
            "title",
            "goal",
            "endpoint",
            "tools",
            "tables",
            "result_schema",
            "max_steps",
            "max_seconds",
            "max_cost",
            "max_tokens",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tools: Any = self.fields["tools"]
        tools.choices = [(each.name, _tool_label(each)) for each in registered_tools()]
        endpoint: Any = self.fields["endpoint"]
        endpoint.queryset = ModelEndpoint.objects.filter(folder=self.folder)
        if self.instance.pk is not None:
            self.fields["key"].disabled = True

    def clean_tables(self) -> Any:
        tables = self.cleaned_data["tables"] or {}
        is_good = isinstance(tables, dict) and all(
            isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
            for rows in tables.values()
        )
        if not is_good or len(orjson.dumps(tables)) > MAX_TABLES_BYTES:
            raise forms.ValidationError(_("Give an object of lists of rows, at most 500 kB."))
        return tables

    def clean_result_schema(self) -> Any:
        schema = self.cleaned_data["result_schema"] or {}
        problems = check_schema(schema) if schema else []
        if problems:
            raise forms.ValidationError(f"{problems[0].path}: {problems[0].message}")
        if schema and schema.get("type") != "object":
            raise forms.ValidationError(_("It must describe an object: {“type”: “object”, …}"))
        return schema


def _tool_label(tool: Any) -> str:
    if tool.irreversible:
        return str(_("%s – a person is asked first") % tool.title)
    return str(tool.title)


class TryForm(forms.Form):
    text = forms.CharField(
        label=_("Say something to the model"),
        max_length=MAX_TRIED,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300)
