"""What a save of settings changed, field by field, in words."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject

LONGEST = 400


def changes_between(
    form: "forms.ModelForm[Any]", before: dict[str, Any], after: dict[str, Any]
) -> list[Json]:
    """Return `{label, before, after}` for each field whose stored value changed."""
    return [
        _change(form, name, before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    ]


def _change(form: "forms.ModelForm[Any]", name: str, before: Any, after: Any) -> JsonObject:
    field = form.fields.get(name)
    return {
        "label": _label(form, name),
        "before": _say(field, before),
        "after": _say(field, after),
    }


def _label(form: "forms.ModelForm[Any]", name: str) -> str:
    if name in form.fields:
        return str(form.fields[name].label)
    return str(form.instance._meta.get_field(name).verbose_name)


def _say(field: forms.Field | None, value: Any) -> str:
    """Return `value` as people see it: what was chosen by its name, not by its key."""
    if value in (None, "", [], {}):
        return "–"
    elif isinstance(value, bool):
        return _("yes") if value else _("no")
    elif isinstance(field, forms.ModelChoiceField):
        return _say_chosen(field, value)
    elif isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    else:
        return _cut(_say_plain(value))


def _say_chosen(field: "forms.ModelChoiceField[Any]", value: Any) -> str:
    """Return what was chosen by its name; of what may be many, all names."""
    keys = value if isinstance(value, list) else [value]
    known = field.queryset.filter(pk__in=keys) if field.queryset is not None else []
    return _cut(", ".join(str(each) for each in known) or str(value))


def _say_plain(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
