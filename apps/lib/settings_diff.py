"""What a save of settings changed, field by field, in words."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _

LONGEST = 400


def changes_between(
    form: "forms.ModelForm[Any]", before: dict[str, Any], after: dict[str, Any]
) -> list[dict[str, str]]:
    """Return `{label, before, after}` for each field whose stored value changed."""
    return [
        {"label": _label(form, name), "before": _say(before.get(name)), "after": _say(value)}
        for name, value in after.items()
        if before.get(name) != value
    ]


def _label(form: "forms.ModelForm[Any]", name: str) -> str:
    if name in form.fields:
        return str(form.fields[name].label)
    return str(form.instance._meta.get_field(name).verbose_name)


def _say(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
