"""Forms made from schemas: what goes in comes out, whatever the schema."""

import json
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.lib.schema_forms import Leaf, Rows, SchemaForm
from apps.lib.schema_forms.widgets import YesOrNo


def sent(form: SchemaForm, **changes: str | None) -> QueryDict:
    """What a browser sends for the form as it is drawn, with some controls changed."""
    data = QueryDict(mutable=True)
    for node in form.tree.walk():
        if isinstance(node, Rows):
            data.setlist(node.marker, [row.key for row in node.rows])
        elif isinstance(node, Leaf) and node.is_editable:
            is_checkbox = isinstance(form.fields[node.name].widget, YesOrNo)
            text = (node.text or "false") if is_checkbox else node.text
            data[node.name] = text.replace("\r\n", "\n").replace("\n", "\r\n")
    for name, text in changes.items():
        data[f"v/{name}"] = text
    return data


def answered(schema: Any, payload: Any, **changes: str) -> SchemaForm:
    drawn = SchemaForm(schema, payload)
    form = SchemaForm(schema, payload, data=sent(drawn, **changes))
    form.is_valid()
    return form


def prop(**schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": schema}}


@pytest.mark.parametrize(
    ("schema", "before", "typed", "after"),
    [
        ({"type": "string"}, "a", " b ", "b"),
        ({"type": "string"}, "a\nb", "a\r\nc", "a\nc"),
        ({"type": "string", "format": "decimal"}, "1.10", "1.20", "1.20"),
        ({"type": "number"}, 1.1, "1.25", 1.25),
        ({"type": "number"}, 1.1, "12", 12),
        ({"type": "integer"}, 1, "-7", -7),
        ({"type": "string", "format": "date"}, "2026-01-31", "2026-02-01", "2026-02-01"),
        ({"enum": ["a", 2, None]}, "a", "1", 2),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, "a", "1", "b"),
        ({"type": "boolean"}, True, "false", False),
        ({"type": ["string", "null"]}, "a", "", None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None, "3", 3),
        ({"not": {"type": "string"}}, {"a": 1}, '{"a": [2]}', {"a": [2]}),
        ({}, "a", "b", "b"),
        ({}, 90, "90.5", 90.5),
    ],
)
def test_a_changed_control_changes_its_value(schema, before, typed, after):
    form = answered(prop(**schema), {"x": before, "other": [1]}, x=typed)

    assert form.errors == {}
    assert form.new_payload == {"x": after, "other": [1]}
    assert type(form.new_payload["x"]) is type(after)


@pytest.mark.parametrize(
    ("schema", "typed", "message"),
    [
        ({"type": "number"}, "1,5", "number with a dot"),
        ({"type": "number"}, "0.10000000000000000001", "more digits"),
        ({"type": "integer"}, "1.5", "whole number"),
        ({"type": "integer"}, "99999999999999999999", "too large"),
        ({"type": "string", "format": "date"}, "31.1.2026", "X must be a date such as"),
        ({"type": "string", "format": "email"}, "nobody", "X must be an e-mail"),
        ({"type": "string", "minLength": 1}, "", None),
        ({"enum": ["a"]}, "7", "Choose one"),
        ({"type": "array"}, "[1,", "not JSON"),
        ({"type": "array"}, "[NaN]", "not JSON"),
        ({"type": "string"}, "a\x00b", "can't be stored"),
    ],
)
def test_what_does_not_fit_is_said_at_its_control(schema, typed, message):
    form = answered(prop(**schema), {"x": None}, x=typed)

    if message is None:
        assert form.errors == {} or "v/x" in form.errors
    else:
        assert message in form.errors["v/x"][0]


def test_a_required_value_may_not_be_emptied():
    schema = {**prop(type="string", title="Vendor"), "required": ["x"]}

    form = answered(schema, {"x": "a"}, x="")

    assert form.errors["v/x"] == ["Vendor is missing."]
    assert [(fault.id, fault.label) for fault in form.faults()] == [("f-v/x", "Vendor")]


def test_an_optional_value_that_is_emptied_goes_away():
    form = answered(prop(type="string"), {"x": "a"}, x="")

    assert form.new_payload == {}


def test_what_the_answer_does_not_name_stays():
    schema = {"properties": {"a": {"type": "string"}, "flag": {"type": "boolean"}}}
    data = QueryDict(mutable=True)
    data["v/a"] = "new"

    form = SchemaForm(schema, {"a": "old", "flag": True, "more": {"b": 1.50}}, data=data)

    assert form.is_valid()
    assert form.new_payload == {"a": "new", "flag": True, "more": {"b": 1.50}}


def test_read_only_and_constant_values_cannot_be_sent():
    schema = {"properties": {"a": {"type": "string", "readOnly": True}, "b": {"const": 1}}}
    data = QueryDict(mutable=True)
    data["v/a"], data["v/b"] = "forged", "2"

    form = SchemaForm(schema, {"a": "true", "b": 1}, data=data)

    assert form.is_valid()
    assert form.new_payload == {"a": "true", "b": 1}


LINES = {
    "type": "object",
    "required": ["lines"],
    "properties": {
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["net"],
                "properties": {
                    "net": {"type": "string", "pattern": r"^\d+\.\d\d$", "title": "Net"},
                    "taxed": {"type": "boolean"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}


def test_rows_can_be_added_removed_and_moved_and_keep_what_is_not_shown():
    payload = {"lines": [{"net": "1.00", "extra": {"k": 1}}, {"net": "2.00"}, {"net": "3.00"}]}
    data = sent(SchemaForm(LINES, payload))
    data.setlist("v/lines/:rows", ["2", "0", "n1", "n2"])
    data["v/lines/n1/net"] = "4.00"
    data["v/lines/n2/net"] = ""

    form = SchemaForm(LINES, payload, data=data)

    assert form.is_valid(), form.errors
    assert form.new_payload == {
        "lines": [{"net": "3.00"}, {"net": "1.00", "extra": {"k": 1}}, {"net": "4.00"}]
    }


def test_a_problem_in_a_row_is_said_in_that_row_although_rows_before_it_went():
    payload = {"lines": [{"net": "1.00"}, {"net": "2.00"}]}
    data = sent(SchemaForm(LINES, payload))
    data.setlist("v/lines/:rows", ["1"])
    data["v/lines/1/net"] = "two"

    form = SchemaForm(LINES, payload, data=data)

    assert not form.is_valid()
    assert list(form.errors) == ["v/lines/1/net"]


def test_removing_all_rows_of_a_list_that_needs_some_is_said_at_the_list():
    payload = {"lines": [{"net": "1.00"}]}
    data = sent(SchemaForm(LINES, payload))
    data.setlist("v/lines/:rows", [""])

    form = SchemaForm(LINES, payload, data=data)

    assert not form.is_valid()
    assert any(fault.id == "f-v/lines" and "at least 1" in fault.message for fault in form.faults())


def test_more_rows_than_fit_are_refused_not_cut():
    data = sent(SchemaForm(LINES, {"lines": []}))
    data.setlist("v/lines/:rows", [f"n{n}" for n in range(201)])
    for n in range(201):
        data[f"v/lines/n{n}/net"] = "1.00"

    form = SchemaForm(LINES, {"lines": []}, data=data)

    assert not form.is_valid()


def test_a_list_too_long_for_a_form_stays_as_it_is():
    payload = {"lines": [{"net": f"{n}.00"} for n in range(201)]}

    form = answered(LINES, payload)

    assert form.errors == {}
    assert form.new_payload == payload


def test_personal_values_are_not_in_the_form_until_revealed():
    schema = prop(type="string", **{"x-personal": True})
    payload = {"x": "DE89 3704 0044 0532 0130 00"}

    masked = SchemaForm(schema, payload)
    revealed = SchemaForm(schema, payload, revealed=frozenset({"v/x"}))

    assert "v/x" not in masked.fields
    assert masked.find("v/x").is_masked
    assert revealed.fields["v/x"].initial == payload["x"]
    assert answered(schema, payload).new_payload == payload


def test_personal_values_hidden_in_what_is_shown_as_json_are_masked_too():
    inner = {"type": "object", "properties": {"phone": {"type": "string", "x-personal": True}}}
    schema = prop(anyOf=[inner, {"type": "string"}])

    form = SchemaForm(schema, {"x": {"phone": "0170 1234567"}})

    assert form.find("v/x").is_masked


def test_a_draft_is_shown_and_changes_nothing_by_itself():
    payload = {"lines": [{"net": "1.00"}]}
    draft = {"v/lines/:rows": ["0", "n1"], "v/lines/0/net": ["9"], "v/lines/n1/net": ["2.00"]}

    form = SchemaForm(LINES, payload, draft=draft)

    assert not form.is_bound
    assert form["v/lines/0/net"].value() == "9"
    assert form["v/lines/n1/net"].value() == "2.00"


def test_times_are_shown_in_the_readers_zone_and_kept_to_the_zone_when_unchanged():
    from django.utils import timezone

    schema = prop(type="string", format="date-time")
    payload = {"x": "2026-03-31T17:00:00-05:00"}
    with timezone.override("Europe/Berlin"):
        drawn = SchemaForm(schema, payload)
        changed = answered(schema, payload, x="2026-04-01T09:30")

        assert drawn.fields["v/x"].initial == "2026-04-01T00:00:00"
        assert answered(schema, payload).new_payload == payload
        assert changed.new_payload == {"x": "2026-04-01T09:30:00+02:00"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": 5},
        {"properties": [1, 2]},
        {"properties": {"a": 7, "b": True, "c": None, "d": {"type": {}}}},
        {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"properties": {"a": {"$ref": "https://example.com/x"}}},
        {"type": "array", "items": 3},
        {"type": "object", "properties": {"a": {"enum": {}, "title": 5, "x-order": "z"}}},
        {"properties": {"a": {"type": "array", "prefixItems": [{}], "items": {}}}},
        {"unknown": {"keyword": [1]}, "properties": {"a": {"type": "colour", "if": 1}}},
        {"$defs": {"t": {"properties": {"c": {"$ref": "#/$defs/t"}}}}, "$ref": "#/$defs/t"},
    ],
    ids=repr,
)
def test_no_schema_breaks_the_form(schema):
    payload = {"a": "text", "b": [1, {"c": None}], "c": {"c": {"c": {"c": {}}}}}

    form = answered(schema, payload)

    assert form.new_payload == payload


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("ab/~.%: ü", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
leaf_schemas = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "maxLength": 5000},
        {"type": "number"},
        {"type": "integer"},
        {"type": "boolean"},
        {"type": ["string", "null"]},
        {"enum": ["a", 1, True, None]},
        {"const": 3},
        {"x-colour": "red"},
        {"type": "string", "x-personal": True},
        {"type": "string", "readOnly": True},
        {"allOf": [{"type": "string"}]},
        {"type": "string", "x-show-if": {"a": 1}},
        {"type": "number", "x-show-if": "a = 1 or b > 2"},
        {"x-show-if": "not(a) and string length(b) > 1"},
        {"type": "string", "format": "x-file", "x-section": "S", "x-note": "N"},
        {},
    ]
)
schemas = st.recursive(
    leaf_schemas,
    lambda inner: (
        st.builds(
            lambda properties, required: {
                "type": "object",
                "properties": properties,
                "required": sorted(properties)[:required],
            },
            st.dictionaries(st.text("ab/~.%: ü", max_size=4), inner, max_size=4),
            st.integers(0, 4),
        )
        | st.builds(lambda items: {"type": "array", "items": items}, inner)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas, st.dictionaries(st.text("ab/~.%: ü", max_size=4), json_values, max_size=5))
def test_sending_the_form_back_untouched_changes_nothing(schema, payload):
    form = answered({**schema, "type": "object"} if isinstance(schema, dict) else {}, payload)

    before = json.dumps(payload, sort_keys=True)
    added = {key: value for key, value in form.new_payload.items() if key not in payload}
    # an unticked box is an answer: it says no where nothing was said
    assert set(map(json.dumps, added.values())) <= {"false"} or nothing_but_no(added)
    kept = {key: value for key, value in form.new_payload.items() if key in payload}
    assert json.dumps(without_new_noes(kept, payload), sort_keys=True) == before


def nothing_but_no(value: Any) -> bool:
    if isinstance(value, dict):
        return all(nothing_but_no(inner) for inner in value.values())
    return value is False


def without_new_noes(after: Any, before: Any) -> Any:
    if isinstance(after, dict) and isinstance(before, dict):
        return {
            key: without_new_noes(value, before.get(key))
            for key, value in after.items()
            if key in before or not nothing_but_no(value)
        }
    if isinstance(after, list) and isinstance(before, list):
        return [without_new_noes(a, b) for a, b in zip(after, before, strict=True)]
    return after
