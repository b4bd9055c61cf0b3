"""Numbers that browsers send are read in one way: digits alone, and no more than a column holds."""

import pytest

from apps.lib.numbers import ROW_IDS, VERSIONS, whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("4711", 4711)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", " 7", "7\n", "-7", "+7", "7.0", "1_000", "1e3", "٣", "²", "x"]
)
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize("below", [ROW_IDS, VERSIONS, 10])
def test_a_number_fits_its_column_or_is_none(below: int) -> None:
    assert whole_number(str(below - 1), below=below) == below - 1
    assert whole_number(str(below), below=below) is None


def test_what_is_too_long_to_be_read_at_all_is_none() -> None:
    assert whole_number("9" * 10_000) is None
