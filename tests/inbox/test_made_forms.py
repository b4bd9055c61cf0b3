"""Forms that are made from values; values without what a model read."""

from apps.inbox.lifecycle.reading import without
from apps.inbox.made_forms import made_form, title_of_name, with_paths
from apps.lib.schema import check_payload, check_schema

VALUES = {
    "vendor_name": "ACME",
    "total": 119.5,
    "isPaid": True,
    "due": "2026-02-01",
    "seen": "2026-02-01T10:00:00Z",
    "note": "a\nb",
    "nothing": None,
    "tags": ["a", "b"],
    "mixed": [1, "a"],
    "empty": [],
    "lines": [{"net": 1}, {"net": 2, "text": "Desks"}],
    "address": {"city": "Berlin"},
}


def test_each_value_gets_a_field_of_its_kind_that_takes_the_value_as_it_is():
    form = made_form(VALUES)

    shown = form["properties"]
    assert check_schema(form) == check_payload(form, VALUES) == []
    assert shown["vendor_name"] == {"type": "string", "title": "Vendor name"}
    assert shown["isPaid"] == {"type": "boolean", "title": "Is paid"}
    assert shown["total"]["type"] == "number"
    assert (shown["due"]["format"], shown["seen"]["format"]) == ("date", "date-time")
    assert shown["note"]["maxLength"] == 2_000
    assert shown["nothing"]["type"] == ["string", "null"]
    assert shown["tags"]["items"] == {"type": "string"}
    assert shown["mixed"]["items"] == shown["empty"]["items"] == {}
    assert shown["lines"]["items"]["properties"].keys() == {"net", "text"}
    assert shown["address"]["properties"]["city"]["title"] == "City"


def test_what_must_be_seen_is_added_and_what_is_there_is_kept():
    form = {"type": "object", "properties": {"a": {"type": "number"}, "list": {"type": "array"}}}

    shown = with_paths(form, ["a", "b", "c.d", "list.0.net"])

    assert shown["properties"]["a"] == {"type": "number"}
    assert shown["properties"]["b"] == {"type": "string", "title": "B"}
    assert shown["properties"]["c"]["properties"].keys() == {"d"}
    assert shown["properties"]["list"] == {"type": "array"}
    assert form["properties"].keys() == {"a", "list"}
    assert check_schema(shown) == []


def test_names_read_as_people_write_them():
    assert title_of_name("costCentre") == "Cost centre"
    assert title_of_name("IBAN") == "IBAN"
    assert title_of_name("due-date") == "Due date"


def test_a_blind_look_lacks_what_was_read_and_nothing_else():
    values = {"a": 1, "b": {"c": 2, "d": 3}, "list": [{"x": 1, "y": 2}, 5]}

    left = without(values, ["a", "b.c", "list.0.x", "list.1", "list.9", "z.z"])

    assert left == {"b": {"d": 3}, "list": [{"y": 2}, None]}
    assert values["list"] == [{"x": 1, "y": 2}, 5]
