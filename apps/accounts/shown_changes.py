"""What a save changed, shown once on the page after it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from apps.lib.json import JsonObject

KEY = "shown_changes"  # in the session
ALIASES = {"display_name": "name"}

Subject = tuple[str, int]


def keep_changes(
    request: HttpRequest, subject: Subject, form: forms.Form, changes: Sequence[JsonObject]
) -> None:
    """Keep `changes` (`{field, before, after}`) for the next page, labelled as in `form`."""
    request.session[KEY] = {
        "subject": list(subject),
        "changes": [{**change, "label": _label(form, str(change["field"]))} for change in changes],
    }


def take_changes(request: HttpRequest, subject: Subject) -> list[dict[str, Any]]:
    """Return what was kept for `subject`, and forget it."""
    kept = request.session.get(KEY)
    if not kept or kept["subject"] != list(subject):
        return []
    del request.session[KEY]
    changes: list[dict[str, Any]] = kept["changes"]
    return changes


def _label(form: forms.Form, name: str) -> str:
    field = form.fields.get(ALIASES.get(name, name))
    return str(field.label) if field else name
