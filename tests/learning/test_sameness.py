"""What counts as the same value."""

import pytest

from apps.learning.sameness import is_same

SAME = [
    ("100.00", "100"),
    ("100.00", 100),
    (1, 1.0),
    ("1,234.50", "1234.5"),
    ("1.234,50", "1234.50"),
    ("1 234,50", "1234.50"),
    ("1’234.50", 1234.5),
    ("12,5", "12.5"),
    ("+7", "7"),
    ("-0.50", -0.5),
    ("2026-03-31", "31.03.2026"),
    ("2026-03-31", "2026-03-31T00:00:00Z"),
    ("2026-03-31", "31/03/2026"),
    ("2026-03-31", "03/31/2026"),
    (" Stark  Industries\n", "stark industries"),
    ("Ａ１", "a1"),
    ("STRASSE", "straße"),
    (None, ""),
    (None, "  "),
    ([], None),
    (True, True),
    ([{"net": "1.0"}], [{"net": 1, "note": ""}]),
]
DIFFERENT = [
    ("100.00", "100.01"),
    ("007", "7"),
    ("1,234", "1234"),
    ("1.234", "1234"),
    (1, True),
    ("true", True),
    ("0", None),
    (0, ""),
    (False, None),
    ("2026-03-31", "2026-03-30"),
    ("2026-03-04", "03/04/2026"),
    ("31.02.2026", "2026-03-03"),
    ("Stark", "Stark GmbH"),
    (["a", "b"], ["b", "a"]),
    (["a"], ["a", "a"]),
    ({"net": 1}, [1]),
    ({"net": 1}, 1),
    ("1e3", 1000.5),
]


@pytest.mark.parametrize(("said", "read"), SAME)
def test_what_means_the_same_is_the_same_both_ways(said, read):
    assert is_same(said, read)
    assert is_same(read, said)


@pytest.mark.parametrize(("said", "read"), DIFFERENT)
def test_what_may_mean_something_else_is_different_both_ways(said, read):
    assert not is_same(said, read)
    assert not is_same(read, said)


@pytest.mark.parametrize("word", ["enum", "const", "pattern", "format"])
def test_case_counts_where_the_schema_spells_values_out(word):
    assert is_same("ab-1", "AB-1", {"type": "string"})
    assert not is_same("ab-1", "AB-1", {"type": "string", word: "…"})


def test_the_schema_of_parts_holds_for_the_parts():
    schema = {"properties": {"lines": {"items": {"properties": {"code": {"pattern": "^[A-Z]+$"}}}}}}
    said, read = {"lines": [{"code": "ab"}]}, {"lines": [{"code": "AB"}]}

    assert is_same(said, read)
    assert not is_same(said, read, schema)


@pytest.mark.parametrize("odd", [10**400, float("nan"), float("inf"), "9" * 5_000, "∞", "\x00"])
def test_odd_values_are_compared_without_a_fault(odd):
    assert not is_same(odd, "1")
    assert is_same("x", "X")
