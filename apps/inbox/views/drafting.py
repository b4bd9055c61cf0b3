"""What is kept of a form that was not sent: only what the person changed."""

from typing import Any

from django.http import QueryDict

from apps.inbox.forming import form_of
from apps.inbox.models import UserTask
from apps.lib.schema_forms import ROOT, Leaf, Rows, SchemaForm
from apps.lib.schema_forms.predictions import CONFIRMED, CORRECTION
from apps.lib.schema_forms.rows import with_rows_changed
from apps.lib.schema_forms.texts import is_unchanged

MAX_SAID = 10_000
# what the questions of a decision are called, before the decision's key
ANSWERS = ("reason:", "reference:", "result:")


def draft_from(task: UserTask, said: QueryDict, *, version: int | None = None) -> dict[str, Any]:
    """Return {name of the control: [texts]} of what differs from the values of `version`.

    A value that was looked at and not changed is not kept, so personal data stays where it is.
    """
    seen = task.values_at(task.version if version is None else version)
    form = form_of(task, payload=seen, data=with_rows_changed(said))
    kept: dict[str, Any] = {}
    for node in form.tree.walk():
        if isinstance(node, Rows) and node.marker in form.entered:
            keys = [row.key for row in node.rows]
            held = len(node.base) if isinstance(node.base, list) else 0
            if keys != [str(index) for index in range(held)]:
                kept[node.marker] = ["", *keys]
        elif isinstance(node, Leaf) and node.control is not None:
            text = node.control.data
            if text is not None and not is_unchanged(node.shape, text, node.base):
                kept[node.name] = [text]
    return kept | _looks(form, said) | _answers(said)


def _looks(form: SchemaForm, said: QueryDict) -> dict[str, Any]:
    """What a person said about values that a model read: looked at, and why they changed it."""
    known = {each.path for each in form.predictions()}
    ticked = [path for path in said.getlist(CONFIRMED) if path in known]
    kept: dict[str, Any] = {CONFIRMED: ticked} if ticked else {}
    for each in form.predictions():
        if each.reason:
            kept[f"{CORRECTION}{each.path}"] = [each.reason[:MAX_SAID]]
    return kept


def _answers(said: QueryDict) -> dict[str, Any]:
    names = [name for name in said if name.startswith(ANSWERS)]
    return {name: [said[name][:MAX_SAID]] for name in names[:20] if said[name]}


__all__ = ["ANSWERS", "ROOT", "draft_from"]
