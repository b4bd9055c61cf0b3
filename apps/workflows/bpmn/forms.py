"""Forms of user tasks and starts: a JSON Schema, or a form of form-js made into one."""

from apps.lib.json import JsonObject
from apps.lib.schema import check_schema
from apps.lib.texts import gettext as _

from . import form_js, values
from .model import Model
from .parts import Part

EMBEDDED = "camunda-forms:bpmn:"


def read_form(part: Part, model: Model) -> JsonObject:
    """Return the JSON Schema of what is filled in at a user task or start, {} for none."""
    own, reference = part.extension("rpa:form"), part.extension("zeebe:formDefinition")
    if own is not None:
        return read_schema(own, _("The form of “%(name)s”") % {"name": part.label})
    return _embedded(reference, part, model) if reference is not None else {}


def read_input_schema(process: Part, start: Part | None, model: Model) -> JsonObject:
    """Return what an instance must be started with: by the process, else by its start event."""
    for holder in (process, start):
        found = holder.extension("rpa:inputSchema") if holder else None
        if found is not None:
            return read_schema(found, _("The input schema"))
    return read_form(start, model) if start else {}


def read_schema(part: Part, what: str) -> JsonObject:
    """Return a JSON Schema of an object; {} where it was reported."""
    schema = values.json_object(part, what)
    if schema is None:
        return {}
    if schema.get("type", "object") != "object":
        part.error(_("%(what)s is not the schema of an object.") % {"what": what},
            _("Begin it with “type”: “object” and “properties”."))  # fmt: skip
        return {}
    return _checked(schema, part, what)


def _checked(schema: JsonObject, part: Part, what: str) -> JsonObject:
    for problem in check_schema(schema):
        words = {"what": what, "path": problem.path or "/", "message": problem.message}
        part.error(_("%(what)s, at %(path)s: %(message)s.") % words, _("Correct the schema."))
    return schema


def _embedded(reference: Part, part: Part, model: Model) -> JsonObject:
    key = reference.get("formKey")
    form = _form(key.removeprefix(EMBEDDED), part) if key.startswith(EMBEDDED) else None
    if form is None:
        shown = key or reference.get("formId") or reference.get("externalReference")
        part.error(
            _("The form “%(form)s” of “%(name)s” isn't in the file.")
            % {"form": shown[:80], "name": part.label},
            _("Embed it as JSON of form-js, or describe it as a JSON Schema in rpa:form."),
        )
        return {}
    what = _("The form of “%(name)s”") % {"name": part.label}
    drawn = values.json_object(form, what)
    if form is None or drawn is None:
        return {}
    return _checked(form_js.schema_of(drawn, form), form, what)


def _form(id: str, part: Part) -> Part | None:
    """Return the embedded form of that id: it stands at the process."""
    at = part.element.getparent()
    while at is not None:
        for form in part.at(at).extensions("zeebe:userTaskForm"):
            if form.get("id") == id:
                return form
        at = at.getparent()
    return None
