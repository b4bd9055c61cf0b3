"""What all built-in functions have in common: how they are called, and what they refuse."""

import pytest

from apps.lib.feel import FeelLimitError, Limits, compile_expression
from apps.lib.feel.functions import BUILTINS
from tests.lib.feel.asking import ask, value_of, warnings_of

STANDARD = """
date; date and time; time; number; string; duration; years and months duration; not; substring;
string length; upper case; lower case; substring before; substring after; replace; contains;
starts with; ends with; matches; split; string join; list contains; list replace; count; min; max;
sum; mean; all; any; sublist; append; concatenate; insert before; remove; reverse; index of; union;
distinct values; flatten; product; median; stddev; mode; decimal; floor; ceiling; round up;
round down; round half up; round half down; abs; modulo; sqrt; log; exp; odd; even; is; range;
before; after; meets; met by; overlaps; overlaps before; overlaps after; finishes; finished by;
includes; during; starts; started by; coincides; day of year; day of week; month of year;
week of year; sort; get value; get entries; context; context put; context merge; now; today
"""


def test_every_function_of_the_standard_is_there():
    assert {name.strip() for name in STANDARD.split(";")} - set(BUILTINS) == set()


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_arguments_that_fit_nowhere_give_null_and_say_why(name):
    traced = compile_expression(f"{name}(bogus: 6)").trace({})

    assert traced.value is None
    assert traced.warnings


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_nulls_are_never_a_fault_of_ours(name):
    for count in range(5):
        arguments = ", ".join(["null"] * count)
        compile_expression(f"{name}({arguments})").evaluate({})


def test_arguments_may_be_named_in_any_order():
    assert ask('substring(length: 2, start position: 2, string: "abcd")') == "bc"


def test_a_list_of_one_stands_for_its_element_and_the_other_way_round():
    assert ask('upper case(["a"])') == "A"
    assert ask("count(7)") == "1"
    assert ask('upper case(["a", "b"])') == "null"
    assert ask("count(null)") == "null"


def test_warnings_name_the_function_and_what_was_wrong():
    assert warnings_of("sqrt(-1)") == ["`sqrt`: a negative number has no square root."]
    assert warnings_of('floor("1")') == ["`floor`: “n” must be a number, not string."]
    assert warnings_of("floor()") == ["`floor`: 0 arguments given, 1 to 2 wanted."]
    assert warnings_of("floor(n: 1, scal: 1)") == ["`floor`: there is no parameter “scal”."]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('number("1.000.000,01", ".", ",")', "1000000.01"),
        ('number("1,000,000.01", ",", ".")', "1000000.01"),
        ('number("1 000.5", " ", null)', "1000.5"),
        ('number("-1.5e3")', "-1500"),
        ("number(2)", "2"),
        ('number("1,000", ",", ",")', "null"),
        ('number("1,000", ":", ".")', "null"),
        ('number("1.5", null, ",")', "null"),
        ('number("foo")', "null"),
        ('number("")', "null"),
        ('number("Infinity")', "null"),
        ('number("1_000")', "null"),
        ('number("٣")', "null"),
        ('number("1e999999")', "null"),
        ("string(1.50)", "1.50"),
        ('string("a")', "a"),
        ('string([1, "a", null])', '[1, "a", null]'),
        ('string(@"P1Y")', "P1Y"),
        ("string(null)", "null"),
        ("not(true)", "false"),
        ("not(null)", "null"),
    ],
)
def test_conversions(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("is(1, 1.0)", "true"),
        ('is(1, "1")', "false"),
        ("is(null, null)", "true"),
        ('is(@"2012-12-25", @"2012-12-25T00:00:00Z")', "false"),
        ('is(@"23:00:50Z", @"23:00:50+00:00")', "true"),
        ('is(@"20:00:50+00:00", @"21:00:50+01:00")', "false"),
        ('is(@"P0Y", @"P0D")', "false"),
        ("get or else(null, 1)", "1"),
        ("get or else(2, 1)", "2"),
        ("is defined(nothing)", "false"),
        ("is defined(1)", "true"),
        ("is empty([])", "true"),
        ("is empty({})", "true"),
        ("is empty([1])", "false"),
        ('assert(1, true, "because")', "1"),
        ('assert(1, false, "because")', "null"),
    ],
)
def test_questions_about_any_value(text, answer):
    assert ask(text) == answer


def test_a_failed_assertion_says_its_cause():
    assert warnings_of('assert(x, x > 5, "x is too small")', x=3) == ["`assert`: x is too small."]


def test_functions_that_make_much_are_bounded():
    large = compile_expression("count(concatenate(x, x, x, x))")

    with pytest.raises(FeelLimitError):
        large.evaluate({"x": [None] * 30}, limits=Limits(size=100))


def test_functions_that_take_many_steps_are_bounded():
    sorting = compile_expression("sort(x, function(a, b) a < b)")

    with pytest.raises(FeelLimitError):
        sorting.evaluate({"x": [value_of(str(n)) for n in range(150)]}, limits=Limits(steps=100))
