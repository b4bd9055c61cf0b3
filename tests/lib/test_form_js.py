"""Forms drawn with form-js become JSON Schemas; what can't is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from lxml import etree

from apps.lib.form_js import LOOKS, NOTES, SIMPLE, convert, is_form_js
from apps.lib.schema import check_schema
from apps.lib.schema_forms import SchemaForm
from tests.lib.test_schema_forms import answered

MODELS = Path(settings.BASE_DIR).parent / "shared" / "models"
EXPENSES = {
    "type": "default",
    "schemaVersion": 18,
    "components": [
        {"type": "text",
         "text": "# Expenses\nRead the <b>rules</b><script>alert(1)</script> first."},
        {"type": "textfield", "key": "person.name", "label": "Name",
         "validate": {"required": True}},
        {"type": "textfield", "key": "person.mail", "validate": {"validationType": "email"}},
        {"type": "textfield", "key": "phone", "validate": {"validationType": "phone"}},
        {"type": "number", "key": "total", "label": "Total", "decimalDigits": 2,
         "appearance": {"suffixAdorner": "EUR"}, "validate": {"min": 0, "max": 500}},
        {"type": "number", "key": "exact", "serializeToString": True},
        {"type": "select", "key": "kind", "values": [{"label": "Trip", "value": "trip"},
                                                     {"label": "Meal", "value": "meal"}]},
        {"type": "radio", "key": "card", "valuesKey": "cards"},
        {"type": "checklist", "key": "tags", "values": [{"value": "a"}, {"value": "b"}],
         "validate": {"required": True}},
        {"type": "checkbox", "key": "agreed", "label": "I agree", "validate": {"required": True}},
        {"type": "group", "label": "Travel", "components": [
            {"type": "textfield", "key": "from", "conditional": {"hide": '=kind != "trip"'},
             "validate": {"required": True}},
            {"type": "datetime", "key": "start", "subtype": "datetime"},
            {"type": "datetime", "key": "at", "subtype": "time"},
        ]},
        {"type": "dynamiclist", "path": "lines", "label": "Lines", "components": [
            {"type": "textfield", "key": "text"}, {"type": "number", "key": "net"}]},
        {"type": "filepicker", "key": "receipts", "multiple": True, "accept": ".pdf"},
        {"type": "filepicker", "key": "photo"},
        {"type": "textarea", "key": "why", "label": "=if a then b else c", "readonly": "=x"},
        {"type": "image", "source": "=logo"},
        {"type": "spacer"}, {"type": "separator"}, {"type": "button", "key": "send"},
        {"type": "expression", "key": "sum", "expression": "=1+2"},
        {"type": "html", "content": "<p>Thanks, {{name}}</p>"},
    ],
}  # fmt: skip


def test_a_form_of_all_kinds_becomes_a_schema_that_draws_and_reads():
    converted = convert(EXPENSES)
    schema = converted.schema
    properties: Any = schema["properties"]

    assert check_schema(schema) == []
    assert properties["person"]["required"] == ["name"]
    assert properties["person"]["properties"]["mail"]["format"] == "email"
    assert properties["person"]["properties"]["name"]["x-note"] == (
        "Expenses\nRead the rules first."
    )
    assert properties["total"] == {
        "type": "number", "title": "Total", "description": "EUR", "minimum": 0, "maximum": 500,
        "x-order": 3,
    }  # fmt: skip
    assert properties["exact"]["format"] == "decimal"
    assert properties["from"]["x-section"] == "Travel"
    assert properties["lines"]["items"]["properties"]["net"]["type"] == "number"
    assert properties["receipts"]["items"] == {
        "type": "string", "format": "x-file", "x-accept": ".pdf",
    }  # fmt: skip
    assert properties["agreed"]["enum"] == [True]
    html = render_to_string("schema_form/form.html", {"form": SchemaForm(schema, {})})
    assert "<script" not in html
    assert "Travel" in html


def test_what_is_hidden_by_a_rule_of_form_js_is_hidden_here():
    schema = convert(EXPENSES).schema
    values = {"person": {"name": "A"}, "tags": ["a"], "agreed": True, "kind": "meal"}

    assert answered(schema, values).is_valid()
    assert not answered(schema, {**values, "kind": "trip"}).is_valid()
    assert answered(schema, {**values, "kind": "trip", "from": "Bonn"}).is_valid()


def test_what_a_schema_can_not_say_is_told_once_each():
    told = [problem.message for problem in convert(EXPENSES).problems]

    assert told == [
        "The choices of “card” come from data; here it is a free text.",
        "The label of “why” is computed from data.",
        "“why” is read-only by a rule; here it is not.",
        "A component “image” is not shown.",
        "A component “expression” is not shown.",
        "A text is computed from data, shown here as it is written.",
    ]


def test_no_kind_is_known_twice():
    assert not (set(SIMPLE) & set(LOOKS)) | (NOTES & set(SIMPLE)) | (NOTES & set(LOOKS))


def test_a_schema_is_no_form_of_form_js():
    assert is_form_js(EXPENSES)
    assert not any(map(is_form_js, ({"type": "object", "properties": {}}, [], None, {})))


def test_a_form_that_is_nested_too_deep_is_refused():
    deep: dict[str, Any] = {"type": "textfield", "key": "a"}
    for _level in range(20):
        deep = {"type": "group", "components": [deep]}

    assert [problem.is_error for problem in convert({"components": [deep]}).problems] == [True]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6)
    | st.sampled_from(["textfield", "group", "dynamiclist", "select", "=a", "a.b", "."]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "key", "path", "components", "values", "validate", "label", "text",
                         "conditional", "hide", "required", "pattern", "min", "subtype"]),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@effort(max_examples=150, deadline=None)
@given(st.lists(ANYTHING, max_size=4))
def test_no_form_of_strangers_breaks_the_conversion(components: list[Any]):
    converted = convert({"components": components})

    assert json.dumps(converted.schema)
    assert SchemaForm(converted.schema, {}).tree


def forms_in_models() -> list[Any]:
    found = []
    for path in sorted(MODELS.glob("**/*.bpmn")) if MODELS.is_dir() else []:
        tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))
        forms = tree.iter("{http://camunda.org/schema/zeebe/1.0}userTaskForm")
        found += [pytest.param(form.text, id=f"{path.stem}-{form.get('id')}") for form in forms]
    nothing = pytest.mark.skip(reason="there are no models beside the repository")
    return found or [pytest.param("{}", marks=nothing)]


@pytest.mark.parametrize("text", forms_in_models())
def test_forms_of_public_models_become_usable_schemas(text: str):
    schema = convert(json.loads(text)).schema

    assert check_schema(schema) == []
    assert schema["properties"]
