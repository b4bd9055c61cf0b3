"""Camunda 7's user tasks: who, until when, and which form."""

import json
import re
from typing import Any

from apps.lib.texts import gettext as _
from apps.workflows.bpmn import names
from apps.workflows.bpmn.model import Element

from .editing import Editor, remove
from .juel import is_juel

_TYPES = {"string": "string", "long": "integer", "integer": "integer", "int": "integer",
    "double": "number", "boolean": "boolean", "date": "string", "enum": "string"}  # fmt: skip
_ROLE = re.compile(
    r"\s*(?:(?P<kind>user|group)\(\s*(?P<name>[^()]*?)\s*\)|(?P<plain>[^(),]+?))\s*(?:,|$)"
)


def convert_user_task(task: Editor) -> None:
    _assignment(task)
    _roles(task)
    due, follow_up = _date(task, "dueDate"), _date(task, "followUpDate")
    if due or follow_up:
        task.extend("zeebe:taskSchedule", dueDate=due, followUpDate=follow_up)
    priority = task.taken_feel("priority")
    if priority:
        task.extend("zeebe:priorityDefinition", priority=priority)
    convert_form(task, "rpa:form")


def convert_start(start: Editor) -> None:
    convert_form(start, "rpa:inputSchema")
    if start.camunda("initiator"):
        start.note("camunda:initiator",
            _("Who started an instance is in its history, not in a variable."))  # fmt: skip


def _assignment(task: Editor) -> None:
    for name in ("assignee", "candidateGroups", "candidateUsers"):
        value = task.taken_feel(name)
        if value:
            task.extend("zeebe:assignmentDefinition", **{name: value})


def _date(task: Editor, name: str) -> str | None:
    """Return a date; a duration counts from when the task is opened."""
    value = task.taken_feel(name)
    if value and value.startswith("P"):
        return f'=now() + duration("{value}")'
    return value


def _roles(task: Editor) -> None:
    """BPMN's own way to say who: potential owners, and one human performer."""
    found: dict[str, list[str]] = {"candidateUsers": [], "candidateGroups": [], "assignee": []}
    for role in list(task.children("humanPerformer", "potentialOwner", "performer")):
        text = "".join(str(each) for each in role.element.itertext()).strip()
        is_owner = role.tag == "potentialOwner"
        if not text or is_juel(text) or role.tag == "performer":
            role.note(role.tag, _("“%(text)s” was not taken over.") % {"text": text[:60]})
            continue
        for part in _ROLE.finditer(text):
            kind = "candidateUsers" if part["kind"] == "user" else "candidateGroups"
            found[kind if is_owner else "assignee"].append(part["name"] or part["plain"] or "")
        remove(role.element)
    for name, values in found.items():
        if any(values):
            definition = task.extend("zeebe:assignmentDefinition")
            before = definition.get(name)
            definition.set(name, ",".join([*([before] if before else []), *filter(None, values)]))


def convert_form(holder: Editor, tag: str) -> None:
    """Form fields become a JSON Schema; forms in files of their own are noted."""
    for name in ("formKey", "formRef"):
        if holder.camunda(name):
            holder.note(
                f"camunda:{name}",
                _("The form “%(form)s” is not in the file. Describe its fields as a JSON Schema in "
                  "%(tag)s.") % {"form": holder.camunda(name)[:80], "tag": tag},
            )  # fmt: skip
    fields = [field for data in holder.extensions("formData") for field in data.iterchildren("*")]
    fields = [each for each in fields if names.split(each.tag)[1] == "formField"]
    properties = list(holder.extensions("formProperty"))
    if not fields and not properties:
        return
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    for field in [*fields, *properties]:
        _add_field(holder, field, schema)
    holder.extend(tag).text = json.dumps(schema, ensure_ascii=False)
    for each in [*holder.extensions("formData"), *properties]:
        holder.drop(each)


def _add_field(holder: Editor, field: Element, schema: dict[str, Any]) -> None:
    id = field.get("id") or ""
    kind = field.get("type") or "string"
    if not id:
        holder.note("camunda:formField", _("A field has no id."), at=field)
        return
    if kind not in _TYPES:
        holder.note("camunda:formField", _("The field “%(id)s” is of the type “%(type)s”, taken as "
            "text.") % {"id": id, "type": kind}, at=field)  # fmt: skip
    described: dict[str, Any] = {"type": _TYPES.get(kind, "string")}
    if kind == "date":
        described["format"] = "date"
    title = field.get("label") or field.get("name")
    if title:
        described["title"] = title
    _add_default(holder, field, described)
    options = [each for each in field.iterchildren("*") if names.split(each.tag)[1] == "value"]
    if options:
        described["oneOf"] = [
            {"const": each.get("id"), "title": each.get("name") or each.get("id")}
            for each in options
        ]
    schema["properties"][id] = described
    _constrain(holder, field, described, schema, id)
    if field.get("writable") == "false":
        described["readOnly"] = True
    if field.get("required") == "true":
        schema.setdefault("required", []).append(id)


def _add_default(holder: Editor, field: Element, described: dict[str, Any]) -> None:
    default = field.get("defaultValue") or field.get("default")
    if not default:
        return
    if is_juel(default):
        holder.note("camunda:formField",
            _("The field starts with an expression; here it starts with the variable of its name."),
            at=field)  # fmt: skip
        return
    try:
        value = json.loads(default) if described["type"] != "string" else default
    except ValueError:
        value = default
    described["default"] = value


def _constrain(
    holder: Editor, field: Element, described: dict[str, Any], schema: dict[str, Any], id: str
) -> None:
    limits = {
        "min": "minimum",
        "max": "maximum",
        "minlength": "minLength",
        "maxlength": "maxLength",
    }
    for each in field.iter("{*}constraint"):
        name, config = each.get("name") or "", each.get("config") or ""
        if name == "required":
            schema.setdefault("required", []).append(id)
        elif name == "readonly":
            described["readOnly"] = True
        elif name in limits and config.isdigit():
            described[limits[name]] = int(config)
        else:
            holder.note("camunda:constraint", _("The rule “%(name)s” of the field “%(id)s” was not "
                "taken over.") % {"name": name, "id": id}, at=each)  # fmt: skip
