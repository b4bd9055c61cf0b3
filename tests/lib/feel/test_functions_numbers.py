"""Numeric functions, and those that make one value of many."""

import pytest

from tests.lib.feel.asking import ask


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("decimal(1/3, 2)", "0.33"),
        ("decimal(1.5, 0)", "2"),
        ("decimal(2.5, 0)", "2"),
        ("decimal(1/3, 2.5)", "0.33"),
        ("decimal(1254, -2)", "1300"),
        ("floor(-1.5)", "-2"),
        ("floor(-1.56, 1)", "-1.6"),
        ("ceiling(-0.3333)", "0"),
        ("ceiling(1.56, 1)", "1.6"),
        ("round up(-5.5, 0)", "-6"),
        ("round up(1.121, 2)", "1.13"),
        ("round down(-5.5, 0)", "-5"),
        ("round half up(-5.5, 0)", "-6"),
        ("round half down(5.5, 0)", "5"),
        ("round half down(-1.126, 2)", "-1.13"),
        ("round up(5.5, 6176)", "5.5"),
        ("round up(5.5, 6177)", "null"),
        ("round up(5.5, -6112)", "null"),
        ("floor(1.56, null)", "null"),
        ("floor(1e6000, 6000)", "1E+6000"),
    ],
)
def test_rounding(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("abs(-1.5)", "1.5"),
        ('abs(@"-P1D")', "P1D"),
        ('abs(@"-P1Y")', "P1Y"),
        ('abs(@"2026-01-01")', "null"),
        ("modulo(-12, 5)", "3"),
        ("modulo(12, -5)", "-3"),
        ("modulo(-12, -5)", "-2"),
        ("modulo(-10.1, 4.5)", "3.4"),
        ("modulo(-4, 4)", "0"),
        ("modulo(10, 0)", "null"),
        ("sqrt(16)", "4"),
        ("sqrt(2)", "1.414213562373095048801688724209698"),
        ("sqrt(0)", "0"),
        ("sqrt(-1)", "null"),
        ("log(1)", "0"),
        ("log(0)", "null"),
        ("exp(0)", "1"),
        ("exp(1)", "2.718281828459045235360287471352662"),
        ("exp(1000000)", "null"),
        ("even(-2)", "true"),
        ("odd(-1)", "true"),
        ("odd(1.5)", "false"),
        ("even(1e6000)", "null"),
        ("even(true)", "null"),
    ],
)
def test_numbers_to_numbers(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("min([3, 1, 2])", "1"),
        ("max(3, 1, 2)", "3"),
        ('max("a", "c", "b")', "c"),
        ('min(@"2026-02-01", @"2026-01-01")', "2026-01-01"),
        ("min([])", "null"),
        ('min(1, "a")', "null"),
        ("max([1, null])", "null"),
        ("max([true])", "null"),
        ("sum([1, 2, 3.5])", "6.5"),
        ("sum(1, 2)", "3"),
        ("sum([])", "null"),
        ('sum([1, "2"])', "null"),
        ("mean(1, 2)", "1.5"),
        ("product(2, 3, 4)", "24"),
        ("product([])", "null"),
        ("product([1e6000, 1e6000])", "null"),
        ("median([8, 2, 5, 3, 4])", "4"),
        ("median(6, 1, 2, 3)", "2.5"),
        ("median([])", "null"),
        ("mode([3, 6, 1, 9, 6, 1, 3])", "[1, 3, 6]"),
        ("mode([])", "[]"),
        ("stddev(2, 4, 7, 5)", "2.081665999466132735282297706979931"),
        ("stddev([47])", "null"),
        ("stddev(1, 1)", "0"),
    ],
)
def test_many_numbers_to_one(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("all([true, true])", "true"),
        ("all([])", "true"),
        ("all([true, null, false])", "false"),
        ("all(true, null)", "null"),
        ("all(list: [true, 1])", "null"),
        ("any([])", "false"),
        ("any(null, true)", "true"),
        ("any(false, null)", "null"),
        ("any(123)", "null"),
        ("all(null)", "null"),
    ],
)
def test_three_valued_all_and_any(text, answer):
    assert ask(text) == answer
