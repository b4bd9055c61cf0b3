import json

import pytest

from apps.lib.schema import check_schema
from tests.workflows.bpmn.checking import compiled, graph_of, problems_of
from tests.workflows.models import element, process

FORM = {
    "components": [
        {"type": "text", "text": "# Check"},
        {"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}},
        {"type": "textfield", "key": "mail", "validate": {"validationType": "email"}},
        {"type": "textarea", "key": "note", "description": "Why"},
        {"type": "number", "key": "total", "validate": {"min": 1, "max": 9}, "decimalDigits": 0},
        {"type": "checkbox", "key": "ok", "defaultValue": True, "readonly": True},
        {"type": "select", "key": "kind", "values": [{"label": "A", "value": "a"}]},
        {"type": "checklist", "key": "tags", "values": [{"label": "B", "value": "b"}]},
        {"type": "datetime", "key": "day", "subtype": "date"},
        {"type": "group", "components": [{"type": "textfield", "key": "flat"}]},
        {"type": "group", "path": "deep", "components": [{"type": "number", "key": "n"}]},
        {"type": "dynamiclist", "path": "rows", "components": [{"type": "textfield", "key": "r"}]},
        {"type": "button", "action": "submit"},
    ]
}


def with_form(form: object) -> bytes:
    builder = process().start().user("a").extend(
        element("zeebe:formDefinition", formKey="camunda-forms:bpmn:f")
    )  # fmt: skip
    text = form if isinstance(form, str) else json.dumps(form)
    builder.root.extra.append(f'<zeebe:userTaskForm id="f"><![CDATA[{text}]]></zeebe:userTaskForm>')
    return builder.end().xml()


def test_forms_of_form_js_become_json_schemas():
    schema = graph_of(with_form(FORM)).node("a").work.form

    assert check_schema(schema) == []
    assert schema["required"] == ["name"]
    assert schema["properties"] == {
        "name": {"type": "string", "title": "Name", "minLength": 1, "x-note": "Check",
            "x-order": 1},
        "mail": {"type": "string", "format": "email", "x-order": 2},
        "note": {"type": "string", "description": "Why", "maxLength": 10_000,
            "x-multiline": True, "x-order": 3},
        "total": {"type": "integer", "minimum": 1, "maximum": 9, "x-order": 4},
        "ok": {"type": "boolean", "default": True, "readOnly": True, "x-order": 5},
        "kind": {"oneOf": [{"const": "a", "title": "A"}], "x-order": 6},
        "tags": {"type": "array", "uniqueItems": True, "x-order": 7,
            "items": {"oneOf": [{"const": "b", "title": "B"}]}},
        "day": {"type": "string", "format": "date", "x-order": 8},
        "flat": {"type": "string", "x-order": 9},
        "deep": {"type": "object", "x-order": 10,
            "properties": {"n": {"type": "number", "x-order": 1}}},
        "rows": {"type": "array", "x-order": 11,
            "items": {"type": "object", "properties": {"r": {"type": "string", "x-order": 1}}}},
    }  # fmt: skip


def test_components_that_a_schema_can_not_express_are_told():
    form = {"components": [{"type": "hologram", "key": "file"}]}

    result = compiled(with_form(form))

    assert result.graphs[0].node("a").work.form["properties"] == {"file": {"x-order": 1}}
    assert "“file” is a hologram" in result.warnings[0].message


@pytest.mark.parametrize(
    "form",
    [
        "{", "[]",
        {"components": [{"type": "textfield", "key": "a", "validate": {"pattern": "(("}}]},
    ],
)  # fmt: skip
def test_forms_that_can_not_be_used_are_refused(form):
    assert {each.element for each in problems_of(with_form(form))} <= {"a", "invoice"}


def test_odd_forms_do_not_break_anything():
    components = [
        1,
        {"type": ["a"], "key": "k"},
        {"type": "select", "key": "s", "values": 3},
        {"type": "textfield", "key": "t", "validate": [], "label": 5},
        {"type": "group"},
    ]
    odd = {"components": components}

    assert set(graph_of(with_form(odd)).node("a").work.form["properties"]) == {"k", "s", "t"}


def test_very_deep_forms_are_refused():
    form: dict = {"type": "textfield", "key": "a"}
    for _ in range(15):
        form = {"type": "group", "path": "g", "components": [form]}

    assert any(
        "nested too deep" in each.message for each in problems_of(with_form({"components": [form]}))
    )


def test_an_instance_is_started_with_what_the_process_or_its_start_event_says():
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    by_process = process().input_schema(schema).start().end()
    by_start = process().start().extend(
        element("rpa:inputSchema", json.dumps(schema).replace('"', "&quot;"))
    ).end()  # fmt: skip

    assert graph_of(by_process).input_schema == schema
    assert graph_of(by_start).input_schema == schema
