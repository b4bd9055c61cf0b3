"""The form of a task: that of its schema; of an incident, one JSON editor with all variables."""

import json
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.json import JsonObject, parse_json
from apps.lib.schema_forms import SchemaForm

from .attachments import reference_to
from .models import UserTask
from .predicted import Predicted, predicted_of

VARIABLES: Final = "variables"
MAX_RESULT_BYTES: Final = 1024 * 1024


def form_of(task: UserTask, *, payload: JsonObject | None = None, **how: Any) -> SchemaForm:
    """Return the form of `payload` (None: the task's values); `how`: see SchemaForm."""
    values = task.values if payload is None else payload
    values = values if isinstance(values, dict) else {}
    if task.kind == UserTask.Kind.INCIDENT:
        return SchemaForm(_editor(), {VARIABLES: values}, **how)
    predicted, files = predicted_for(task), files_for(task)
    return SchemaForm(schema_of(task), values, predicted=predicted, files=files, **how)


def files_for(task: UserTask) -> list[tuple[str, str]] | None:
    """Return the files that fields of the form may name; None where no field is for files."""
    if not any(word in json.dumps(task.form) for word in ('"x-file"', '"contentMediaType"')):
        return None
    return [(reference_to(kept), kept.name) for kept in task.files.order_by("pk")]


def predicted_for(task: UserTask) -> Predicted | None:
    """Return what a model read, as the form shows it; once decided, nothing of it is in doubt."""
    predicted = predicted_of(task.predictions)
    if predicted is None or task.is_open:
        return predicted
    settled = {path: replace(said, is_doubtful=False) for path, said in predicted.fields.items()}
    return replace(predicted, is_blind=False, fields=settled)


def schema_of(task: UserTask) -> JsonObject:
    return task.form if isinstance(task.form, dict) else {}


def payload_of(task: UserTask, form: SchemaForm) -> JsonObject:
    """Return what the form says the task's values should be."""
    if task.kind != UserTask.Kind.INCIDENT:
        return form.new_payload
    said = form.new_payload.get(VARIABLES)
    return said if isinstance(said, dict) else task.values


def read_result(text: str) -> JsonObject | None:
    """Read what somebody typed as the result of a step; None for nothing.

    Raises InvalidError with what is wrong with it.
    """
    if not text.strip():
        return None
    try:
        result = parse_json(text.encode("utf-8", "surrogatepass"), max_bytes=MAX_RESULT_BYTES)
    except DomainError as error:
        problem = _("This can't be read: %(why)s") % {"why": error.message}
        raise InvalidError(problem, fields=[FieldProblem("result", problem)]) from None
    if not isinstance(result, dict):
        problem = _('The result names its values, as in {"total": 5}.')
        raise InvalidError(problem, fields=[FieldProblem("result", problem)])
    return result


def _editor() -> JsonObject:
    """One text area: `anyOf` makes it JSON, however simple the variables are."""
    return {
        "type": "object",
        "required": [VARIABLES],
        "properties": {
            VARIABLES: {
                "title": _("Variables (JSON)"),
                "description": _("What you change is set; what you remove becomes null."),
                "anyOf": [{"type": "object"}, {"type": "object"}],
            }
        },
    }
