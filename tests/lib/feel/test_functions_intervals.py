"""How points and ranges lie to each other."""

import pytest

from tests.lib.feel.asking import ask


@pytest.mark.parametrize(
    "text",
    [
        "before(1, 10)",
        "before(1, (1..10])",
        "before([1..10), 10)",
        "before([1..10], (10..20])",
        "before((< 5), 5)",
        "after(12, [1..10])",
        "after(10, [1..10))",
        "after((11..20], [1..11])",
        "after((> 5), [1..5])",
        "meets([1..5], [5..10])",
        "met by([5..10], [1..5])",
        "overlaps([1..5], [5..8])",
        "overlaps((< 5), [4..8])",
        "overlaps before([1..5], (1..5])",
        "overlaps before([1..5], [3..8])",
        "overlaps after([3..8], [1..5])",
        "finishes(10, [1..10])",
        "finishes([5..10), [1..10))",
        "finished by([1..10], (1..10])",
        "includes([1..10], 1)",
        "includes([1..10), [5..10))",
        "includes((<= 10), 10)",
        "during(5, [1..10])",
        "during((1..10), [1..10])",
        "during(1000, (> 5))",
        "starts((1..5], (1..10])",
        "started by([1..10], 1)",
        "started by([1..10], [1..10))",
        "coincides(5, 5)",
        "coincides([1..5], [1..5])",
        'before("a", "b")',
        'during(@"2026-01-15", [@"2026-01-01"..@"2026-01-31"])',
        'meets([@"10:00:00"..@"11:00:00"], [@"11:00:00"..@"12:00:00"])',
        "before(point2: 2, point1: 1)",
    ],
)
def test_what_is_so(text):
    assert ask(text) == "true"


@pytest.mark.parametrize(
    "text",
    [
        "before(1, [1..10])",
        "before([1..10], [10..20])",
        "after(10, [1..10])",
        "meets([1..5), [5..10])",
        "meets([1..5], (5..10])",
        "met by([6..10], [1..5])",
        "overlaps([1..5], (5..8])",
        "overlaps before([1..5], [1..5])",
        "overlaps after([6..8], [1..5])",
        "finishes(10, [1..10))",
        "finishes([5..10), [1..10])",
        "includes((1..10], 1)",
        "includes((< 5), (< 6))",
        "during((1..10], (1..10))",
        "starts((1..5], [1..10])",
        "started by((1..10], [1..5])",
        "coincides((1..5), [1..5])",
    ],
)
def test_what_is_not(text):
    assert ask(text) == "false"


@pytest.mark.parametrize(
    "text",
    [
        'before(1, "a")',
        "before(1, null)",
        "meets(1, [1..2])",
        'includes([1..5], @"P1D")',
        "before(1)",
    ],
)
def test_what_can_not_be_compared_is_null(text):
    assert ask(text) == "null"


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("[18..21]", "[18..21]"),
        ("(18..21]", "(18..21]"),
        ("]18..21[", "(18..21)"),
        (" [ -1.5 .. 3 ] ", "[-1.5..3]"),
        ('[\\"a\\"..\\"c\\"]', '["a".."c"]'),
        ('[@\\"1970-01-01\\"..@\\"1970-01-02\\"]', '[@"1970-01-01"..@"1970-01-02"]'),
        ('[date(\\"1970-01-01\\")..@\\"1970-01-02\\"]', '[@"1970-01-01"..@"1970-01-02"]'),
        ('[duration(\\"P1D\\")..@\\"P2D\\"]', '[@"P1D"..@"P2D"]'),
    ],
)
def test_a_range_is_read_from_its_text(source, meant):
    assert ask(f'range("{source}") = {meant}') == "true"


@pytest.mark.parametrize(
    "source",
    [
        "", "1..3", "[..2]", "[1..]", "[a..b]", "[3..1]", "[1..@\\\"P1D\\\"]", ">=10",
        "[null..null]", "[1+1..3]", '[@\\"foo\\"..@\\"P1D\\"]',
        '[date(\\"P1D\\")..@\\"2026-01-01\\"]',
        '[date(string(\\"1970-01-01\\"))..@\\"1970-01-02\\"]', '[\\"\\\\\\"..1]',
    ],
)  # fmt: skip
def test_what_is_no_range_of_literals_is_null(source):
    assert ask(f'range("{source}")') == "null"


def test_a_side_left_open_is_unbounded():
    assert ask('during(7, range("(5..)"))') == "true"
    assert ask('during(7, range("(..5]"))') == "false"
