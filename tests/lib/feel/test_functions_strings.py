"""String functions, without those that take patterns."""

import pytest

from tests.lib.feel.asking import ask, value_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", 3, 3)', "oba"),
        ('substring("foobar", 3, 3.8)', "oba"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", -6, 6)', "foobar"),
        ('substring("foobar", -8, 3)', "f"),
        ('substring("foobar", 9)', ""),
        ('substring("foobar", 0)', "null"),
        ('substring("foobar", 1, 0)', "null"),
        ('substring("foobar", 1e30)', "null"),
        ('substring("\\U01F40Efoo", 2)', "foo"),
        ('string length("\\uD83D\\uDCA9")', "1"),
        ('upper case("aß")', "ASS"),
        ('lower case("ABC")', "abc"),
        ('substring before("foobar", "o")', "f"),
        ('substring before("foobar", "x")', ""),
        ('substring before("foobar", "")', ""),
        ('substring after("foobar", "ob")', "ar"),
        ('substring after("foobar", "")', "foobar"),
        ('substring after("", "a")', ""),
        ('contains("foobar", "")', "true"),
        ('contains("foobar", "oob")', "true"),
        ('starts with("foobar", "foo")', "true"),
        ('ends with("foobar", "foo")', "false"),
        ('string join(["a", null, "c"], "X")', "aXc"),
        ('string join(["a", "b"], null)', "ab"),
        ('string join([], "X")', ""),
        ('string join("a", "X")', "a"),
        ('string join([1, 2], "X")', "null"),
        ('trim("  a b\\n")', "a b"),
        ('is blank(" \\t")', "true"),
    ],
)
def test_strings_to_strings(text, answer):
    assert ask(text) == answer


def test_strings_that_hold_nothing_are_empty_not_null():
    assert value_of('substring after("abc", "c")') == ""
