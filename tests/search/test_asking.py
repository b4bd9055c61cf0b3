"""What may be typed into the search, and what it reads like."""

import pytest

from apps.lib.errors import InvalidError
from apps.search.asking import Asked, after, read


@pytest.mark.parametrize(
    ("said", "number", "kind"),
    [
        ("1042", 1042, ""),
        ("#1042", 1042, ""),
        ("R-1042", 1042, "run"),
        ("r1042", 1042, "run"),
        ("Run 1042", 1042, "run"),
        ("run #1042", 1042, "run"),
        ("T-7", 7, "task"),
        ("item 7", 7, "item"),
        ("I-7", 7, "item"),
        ("W-7", 7, "instance"),
        ("instance: 7", 7, "instance"),
        ("INV-7", None, ""),
        ("R-1042-b", None, ""),
        ("７", None, ""),
        ("-7", None, ""),
        ("9" * 19, None, ""),
        ("9" * 30, None, ""),
    ],
)
def test_numbers_are_read_as_people_write_them(said, number, kind):
    assert (read(said).number, read(said).kind) == (number, kind)


def test_spaces_around_are_no_part_of_a_name():
    assert read("  \tINV 7\n").text == "INV 7"
    assert read("   ").text == ""


@pytest.mark.parametrize("said", ["a" * 10_000, "a\x00b", "a\nb", "a\x1b[31m", "a\x7f", "a\ud800"])
def test_what_can_be_no_name_is_refused_naming_the_field(said):
    with pytest.raises(InvalidError) as refused:
        read(said)

    assert [problem.path for problem in refused.value.fields] == ["q"]
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("text", ["a", "az", "é", "\ud7ff", "a\U0010ffff", "%", "_", "a\\"])
def test_a_range_holds_all_that_begins_with_the_text_and_nothing_else(text):
    end = after(text)

    def is_within(other: str) -> bool:
        return text.encode() <= other.encode() < end.encode()

    assert all(map(is_within, [text, text + "a", text + "\U0010ffff" * 3, text + "\x01"]))
    # the next text of the same length that does not begin so
    assert not is_within(end)
    assert not is_within(text[:-1])


def test_the_last_character_of_all_has_a_range_too():
    last = chr(0x10FFFF)

    assert last.encode() <= (last * 2).encode() < after(last).encode()


def test_references_are_looked_for_as_typed_and_as_they_are_usually_written():
    assert Asked("Inv-7").spellings == ["Inv-7", "INV-7", "inv-7"]
    assert Asked("17").ranges == [("17", "18")]
