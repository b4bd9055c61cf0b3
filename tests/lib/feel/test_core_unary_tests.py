import pytest

from apps.lib.feel import FeelSyntaxError, compile_unary_tests
from tests.lib.feel.asking import passes


@pytest.mark.parametrize(
    ("tests", "value", "result"),
    [
        ("-", 5, True),
        ("-", None, True),
        ("5", 5, True),
        ("5", 6, False),
        ("-5", -5, True),
        ("5", "5", None),
        ("< 5", 4, True),
        ("< 5", 5, False),
        ("< 5", None, None),
        ("> -5", 0, True),
        (">= 1, 0", 0, True),
        ('"a", "b"', "b", True),
        ('"a", "b"', "c", False),
        ('not("a", "b")', "c", True),
        ('not("a", "b")', "a", False),
        ("not(< 5)", 7, True),
        ("not(null)", None, False),
        ("not(null)", 1, True),
        ("null", None, True),
        ("null", 1, False),
        ("[1..5)", 5, False),
        ("[1..5]", 5, True),
        ("]1..5[", 3, True),
        ("[-5..-1]", -3, True),
        ("[low..high]", 3, True),
        ("< high", 3, True),
        ("[1, 2, 3]", 2, True),
        ("some list", 2, True),
        ("= 5", 5, True),
        ("!= 5", 5, False),
        ("true", True, True),
        ("true", False, False),
        ("low = 1", "anything", True),
        ("low = 2", "anything", False),
        ("? > 3 and ? < 6", 5, True),
        ("? > 3", 2, False),
        ("? = high", 5, True),
        ("not(? > 3)", 2, True),
        ("not(? > 3) and low = 1", 2, True),
        ("< ? + 1", 3, True),
        ("? in [1..3], > 100", 2, True),
        ("every x in [1, 2] satisfies x < ?", 3, True),
        ("{a: 1}", {"a": 1}, True),
    ],
)
def test_a_cell_tells_whether_the_value_passes(tests, value, result):
    variables = {"low": 1, "high": 5, "some list": [1, 2]}

    assert passes(tests, value, **variables) is result


@pytest.mark.parametrize("tests", ["", "< ", "1,", "not(", "not(1", "1 2", "- 5, - "])
def test_a_cell_that_is_none_is_refused(tests):
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(tests)


def test_moments_are_compared_too():
    tests = compile_unary_tests('[@"2024-01-01"..@"2024-12-31"]')
    day = compile_unary_tests('@"2024-06-01"')

    assert tests.matches(None, {}) is None
    assert day.reads == frozenset()
