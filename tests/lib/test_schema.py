"""JSON Schema checks: plain sentences with the path, hostile schemas bounded."""

from typing import Any

import pytest

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.schema import (
    check_payload,
    check_schema,
    compile_schema,
)
from apps.lib.schema.patterns import UnsafePatternError, compile_pattern

INVOICE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["number", "total"],
    "additionalProperties": False,
    "properties": {
        "number": {"type": "string", "minLength": 1, "maxLength": 20},
        "total": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "issued": {"type": "string", "format": "date"},
        "sent_at": {"type": "string", "format": "date-time"},
        "currency": {"enum": ["EUR", "USD"]},
        "vendor": {"type": ["string", "null"]},
        "vat_id": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{8,12}$"},
        "mail": {"type": "string", "format": "email", "x-personal": True},
        "lines": {
            "type": "array",
            "maxItems": 3,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["amount"],
                "properties": {"amount": {"type": "number"}, "name": {"type": "string"}},
            },
        },
    },
}
RIGHT: dict[str, Any] = {"number": "R-1", "total": 19.99}


def said(schema: Any, payload: Any) -> list[str]:
    return [f"{each.path}: {each.message}" for each in check_payload(schema, payload)]


def test_right_data_has_no_problems():
    payload = {**RIGHT, "issued": "2026-03-31", "vendor": None, "lines": [{"amount": 1}]}

    assert check_payload(INVOICE, payload) == []
    assert compile_schema(INVOICE).quick(payload)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"total": "12"}, "total: must be a number, got text"),
        ({"total": True}, "total: must be a number, got true"),
        ({"total": None}, "total: must be a number, got null"),
        ({"total": -1}, "total: must be at least 0, got -1"),
        ({"total": 0.001}, "total: must be a multiple of 0.01, got 0.001"),
        ({"number": ""}, "number: must not be empty"),
        ({"number": "x" * 21}, "number: must have at most 20 characters, has 21"),
        ({"issued": "31.3.2026"}, "issued: must be a date such as 2026-03-31"),
        (
            {"sent_at": "2026-03-31T17:00:00"},
            "sent_at: must be a date and time with its zone, such as 2026-03-31T17:00:00+02:00",
        ),
        ({"currency": "GBP"}, "currency: must be one of: EUR, USD"),
        ({"vendor": 3}, "vendor: must be text or null, got a number"),
        ({"vat_id": "DE12"}, "vat_id: must match the pattern ^[A-Z]{2}[0-9]{8,12}$"),
        ({"vat_id": "DE12345678\n"}, "vat_id: must match the pattern ^[A-Z]{2}[0-9]{8,12}$"),
        ({"mail": "nobody"}, "mail: must be an e-mail address such as name@example.com"),
        ({"colour": "red"}, "colour: is not a known field"),
        ({"lines": [{"amount": 1}, {}]}, "lines.1.amount: is missing"),
        ({"lines": [{"amount": "1"}]}, "lines.0.amount: must be a number, got text"),
        ({"lines": [{"amount": 1}] * 2}, "lines: must not have the same entry twice"),
        (
            {"lines": [{"amount": n} for n in range(4)]},
            "lines: must have at most 3 entries, has 4",
        ),
    ],
)
def test_a_problem_names_the_field_and_what_it_must_be(change: dict[str, Any], sentence: str):
    assert said(INVOICE, {**RIGHT, **change}) == [sentence]


def test_a_missing_field_is_named_and_so_is_the_place_of_the_data():
    problems = check_payload(INVOICE, {}, at="items.3.payload")

    assert problems == [
        FieldProblem("items.3.payload.number", "is missing"),
        FieldProblem("items.3.payload.total", "is missing"),
    ]


def test_data_that_is_no_object_is_told_so():
    assert check_payload(INVOICE, [], at="payload") == [
        FieldProblem("payload", "must be an object, got a list")
    ]


def test_no_schema_accepts_everything():
    assert check_payload({}, {"any": ["thing"]}) == []


@pytest.mark.parametrize(
    ("schema", "payload", "sentence"),
    [
        (
            {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "x",
            ": must be a number or null, got text",
        ),
        (
            {
                "properties": {
                    "a": {"oneOf": [{"type": "string", "minLength": 3}, {"type": "null"}]}
                }
            },
            {"a": "x"},
            "a: must have at least 3 characters, has 1",
        ),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, 5, ": fits more than one of the forms"),
        ({"not": {"type": "string"}}, "x", ": is not allowed here"),
        ({"properties": {"a": False}}, {"a": 1}, "a: is not allowed here"),
        ({"const": "x"}, "y", ": must be x"),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, "b: is missing"),
        (
            {"$defs": {"n": {"type": "null"}}, "items": {"$ref": "#/$defs/n"}},
            [1],
            "0: must be null",
        ),
        ({"properties": {}, "unevaluatedProperties": False}, {"a": 1}, ": has fields that are not"),
        ({"enum": [1, True]}, 2, ": must be one of: 1, true"),
    ],
)
def test_combined_schemas_are_explained_too(schema: Any, payload: Any, sentence: str):
    [found] = said(schema, payload)

    assert found.startswith(sentence), found


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ([], "", "must be an object"),
        ({"type": "numbr"}, "type", "must be one of: array, boolean"),
        ({"required": "total"}, "required", "must be a list, got text"),
        ({"properties": {"a": {"minimum": "1"}}}, "properties.a.minimum", "must be a number"),
        ({"$ref": "https://example.com/schema"}, "$ref", "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "$ref", "nothing is fetched"),
        ({"$ref": "#/$defs/gone"}, "$ref", "points at nothing"),
        ({"$ref": "#/x", "x": {"pattern": "(a+)+"}}, "$ref", "points at nothing"),
        ({"$dynamicRef": "#a"}, "$dynamicRef", "not supported"),
        ({"items": {"$id": "https://example.com/"}}, "items.$id", "only stand at the top"),
        (
            {"items": {"$schema": "https://json-schema.org/draft/2019-09/schema"}},
            "items.$schema",
            "",
        ),
        ({"pattern": "(a+)+$"}, "pattern", "repeats something"),
        ({"pattern": "(a|a)*$"}, "pattern", "repeats something"),
        ({"pattern": "("}, "pattern", "not a regular expression"),
        ({"pattern": r"\p{L}"}, "pattern", "not a regular expression"),
        ({"pattern": ".*.*.*.*.*.*x"}, "pattern", "too long to match"),
        ({"pattern": "a" * 501}, "pattern", "longer than 500"),
        ({"patternProperties": {"(x+)+": True}}, "patternProperties.(x+)+", "repeats something"),
        ({"$ref": "#"}, "", "refers to itself"),
        (
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}},
            "$defs.a",
            "refers to itself",
        ),
        ({"enum": ["x" * 300_000]}, "", "larger than 256 kB"),
        ({"allOf": [{"minimum": n} for n in range(5_100)]}, "", "more than 5000 parts"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_place(
    schema: Any, path: str, message: str
):
    problems = check_schema(schema, at="payload_schema")

    assert [each.path for each in problems] == [f"payload_schema.{path}".rstrip(".")]
    assert message in problems[0].message


def test_a_schema_that_doubles_at_each_reference_is_refused():
    bombs = {f"b{n}": {"allOf": [{"$ref": f"#/$defs/b{n + 1}"}] * 2} for n in range(40)}
    schema = {"$defs": {**bombs, "b40": {}}, "$ref": "#/$defs/b0"}

    assert [each.message for each in check_schema(schema)] == ["branches too often"]


def test_a_very_deep_schema_is_refused():
    schema: Any = {}
    for _ in range(60):
        schema = {"items": schema}

    assert "nested deeper" in check_schema(schema)[0].message


def test_compiling_an_unusable_schema_says_why():
    with pytest.raises(InvalidError) as caught:
        compile_schema({"type": "numbr"})

    assert caught.value.fields[0].path == "type"


def test_data_that_makes_a_recursive_schema_slow_ends_soon():
    twice = {"properties": {"a": {"allOf": [{"$ref": "#/$defs/t"}, {"$ref": "#/$defs/t"}]}}}
    schema = {"$defs": {"t": twice}, "$ref": "#/$defs/t"}
    payload: Any = {}
    for _ in range(50):
        payload = {"a": payload}

    assert check_schema(schema) == []
    assert [each.message for each in check_payload(schema, payload)] == [
        "is too deeply nested to be checked"
    ]


def test_a_recursive_schema_works():
    tree = {"properties": {"children": {"items": {"$ref": "#"}}, "name": {"type": "string"}}}

    assert said(tree, {"children": [{"children": [{"name": 1}]}]}) == [
        "children.0.children.0.name: must be text, got a number"
    ]


@pytest.mark.parametrize(
    "source",
    [
        r"^[A-Z]{2}\d{4,10}$",
        r"^\d{4}-\d{2}-\d{2}$",
        r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        r"^(\d{1,3}\.){3}\d{1,3}$",
        r"^\d{1,3}(\.\d{3})*(,\d{2})?$",
        r"^(INV|CRN)-\d+$",
        r"[0-9]+",
        r"^(?!0)\d+$",
    ],
)
def test_usual_patterns_are_accepted(source: str):
    assert compile_pattern(source).max_length >= 200


@pytest.mark.parametrize("source", [r"(a*)*", r"(\w+\s?)+$", r"((a{0,9}){0,9})*b", "(a|aa)+"])
def test_patterns_that_could_run_for_ever_are_refused(source: str):
    with pytest.raises(UnsafePatternError):
        compile_pattern(source)


def test_a_text_too_long_for_its_pattern_is_refused_without_matching():
    schema = {"pattern": "^.*.*x$"}

    [sentence] = said(schema, "y" * 1_000_000)

    assert "too long to be compared" in sentence


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2026-03-31T17:00:00.123456789Z", "2026-03-31T25:00:00Z"),
        ("time", "17:00:00+02:00", "17:00"),
        ("duration", "P1DT2H", "P"),
        ("email", "a.b@example.com", "a@b@c"),
        ("hostname", "www.example.com", "-x.example"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("ipv6", "2001:db8::1", "2001::db8::1"),
        ("uri", "https://example.com/a?b=c", "/only/a/path"),
        ("uri-reference", "/a/path", "a path"),
        ("uuid", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "7d4448409dc011d1b2455ffdce74fad2"),
    ],
)
def test_formats_tell_right_from_wrong(name: str, right: str, wrong: str):
    assert check_payload({"format": name}, right) == []
    assert check_payload({"format": name}, wrong) != []
    assert check_payload({"format": name}, 5) == []
