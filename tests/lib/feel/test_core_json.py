from decimal import Decimal

import pytest

from apps.lib.feel import Range, compile_expression, from_json, to_json, type_name


def test_json_becomes_values_of_feel_and_back():
    document = {"a": [1, 2.5, "x", None, True, {"b": []}], "c": -3}

    value = from_json(document)

    assert value["a"][:2] == [Decimal(1), Decimal("2.5")]
    assert [type_name(each) for each in value["a"]] == [
        "number",
        "number",
        "string",
        "null",
        "boolean",
        "context",
    ]
    assert to_json(value) == document


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (Decimal("3.0"), 3),
        (Decimal("0.1"), 0.1),
        (Decimal(10) ** 18, 10**18),
        (Decimal("1E+40"), 1e40),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("-0"), 0),
        (Range(Decimal(1), Decimal(2), True, False), "[1..2)"),
    ],
)
def test_numbers_become_integers_floats_or_text_as_they_fit(value, json):
    found = to_json(value)

    assert found == json
    assert type(found) is type(json)


def test_floats_keep_the_digits_that_people_see_and_huge_numbers_become_null():
    assert from_json(0.1) == Decimal("0.1")
    assert from_json(float("inf")) is None
    assert from_json(float("nan")) is None
    assert from_json(10**7000) is None


@pytest.mark.parametrize(
    ("text", "json"),
    [
        ('@"2024-01-31"', "2024-01-31"),
        ('@"2024-01-31T10:00:00Z"', "2024-01-31T10:00:00Z"),
        ('[@"PT1H", @"P1Y"]', ["PT1H", "P1Y"]),
        ("{f: function(a) a}", {"f": "function(a)"}),
        ("(< 5)", "(< 5)"),
    ],
)
def test_what_json_lacks_becomes_text(text, json):
    assert to_json(compile_expression(text).evaluate({})) == json
