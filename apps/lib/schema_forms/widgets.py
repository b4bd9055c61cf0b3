"""The control of each kind of value: plain HTML inputs that Django draws."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from . import texts
from .nodes import Leaf
from .shapes import Kind, Value

INPUT_TYPES = {Kind.EMAIL: "email", Kind.URI: "url"}
KEYBOARDS = {Kind.NUMBER: "decimal", Kind.INTEGER: "numeric"}
MAX_LINES = 14


class YesOrNo(forms.CheckboxInput):
    """A checkbox that also says "no": what is not sent at all stays as it was."""

    template_name = "schema_form/yes_or_no.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, check_test=lambda value: value == "true")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        sent = data.getlist(name)
        return ("true" if "true" in sent else "false") if sent else None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["value"] = "true"
        return context


def widget_for(leaf: Leaf) -> forms.Widget:
    kind = leaf.shape.kind
    attrs = _attrs(leaf)
    if kind is Kind.BOOLEAN and leaf.shape.is_required and not leaf.shape.is_nullable:
        return YesOrNo(attrs)
    elif kind is Kind.BOOLEAN:
        return forms.Select(attrs, [("", "–"), ("true", _("Yes")), ("false", _("No"))])
    elif kind is Kind.CHOICE:
        return forms.Select(attrs, _options(leaf))
    elif kind is Kind.FILE and leaf.files is not None:
        return forms.Select(attrs | {"data-file-field": ""}, _files(leaf, leaf.files))
    elif kind is Kind.JSON or leaf.is_multiline:
        return forms.Textarea(attrs | {"rows": _lines(leaf)})
    else:
        widget = forms.TextInput(attrs)
        widget.input_type = _input_type(leaf)
        return widget


def _attrs(leaf: Leaf) -> dict[str, Any]:
    attrs: dict[str, Any] = {"autocomplete": "off"}
    kind = leaf.shape.kind
    if leaf.shape.is_required:
        attrs["aria-required"] = "true"
    if kind in KEYBOARDS or leaf.shape.schema.get("format") == "decimal":
        attrs["inputmode"] = KEYBOARDS.get(kind, "decimal")
        attrs["class"] = "tabular"
    if kind is Kind.JSON:
        attrs |= {"class": "mono", "spellcheck": "false"}
    if kind is Kind.DATE_TIME and _input_type(leaf) != "text":
        attrs["step"] = "1"
    return attrs


def _input_type(leaf: Leaf) -> str:
    """Pick a type that can show the text: date inputs hide what is not a date."""
    before = texts.shown(leaf.shape, leaf.base)
    if leaf.shape.kind is Kind.DATE:
        return "date" if _is_date(before) and _is_date(leaf.text) else "text"
    elif leaf.shape.kind is Kind.DATE_TIME:
        return "datetime-local" if not before or _is_moment(leaf.base) else "text"
    else:
        return INPUT_TYPES.get(leaf.shape.kind, "text")


def _is_moment(value: Value) -> bool:
    return isinstance(value, str) and texts.local_moment(value) is not None


def _is_date(text: str) -> bool:
    return not text or texts.is_plain_date(text)


def _options(leaf: Leaf) -> list[tuple[str, str]]:
    options = [(str(index), label) for index, (_value, label) in enumerate(leaf.shape.choices)]
    before = texts.shown(leaf.shape, leaf.base)
    if before == "as-is":
        shown = _("%(value)s (not in the list)") % {"value": str(leaf.base)[:100]}
        options.insert(0, ("as-is", shown))
    if before == "" or not leaf.shape.is_required:
        options.insert(0, ("", "–"))
    return options


def _files(leaf: Leaf, files: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    before = texts.shown(leaf.shape, leaf.base)
    options = [("", "–"), *files]
    if before not in dict(options):
        options.append((before, _("%(value)s (not attached here)") % {"value": before[:100]}))
    return options


def _lines(leaf: Leaf) -> int:
    return min(max(leaf.text.count("\n") + 1, 2 if leaf.shape.kind is Kind.JSON else 3), MAX_LINES)
