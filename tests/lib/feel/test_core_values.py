from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from apps.lib.feel import compile_expression
from tests.lib.feel.asking import ask, value_of, warnings_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("2 ** 0.5", "1.414213562373095048801688724209698"),
        ("2 ** -1", "0.5"),
        ('"a" + "b"', "ab"),
        ('"a" + 1', "null"),
        ("1 + null", "null"),
        ("1 / 0", "null"),
        ("0 / 0", "null"),
        ('"a" - "b"', "null"),
        ("[1] + [2]", "null"),
        ("true + 1", "null"),
        ("-true", "null"),
        ('-"a"', "null"),
        ("1e6144 * 10", "null"),
        ("-1 ** 0.5", "null"),
    ],
)
def test_arithmetic_is_decimal_and_null_where_it_means_nothing(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('@"2024-01-31" + @"P1M"', "2024-02-29"),
        ('@"P1D" + @"2024-01-31"', "2024-02-01"),
        ('@"2024-02-01" - @"2024-01-31"', "P1D"),
        ('@"PT1H" * 3', "PT3H"),
        ('3 * @"PT1H"', "PT3H"),
        ('@"P1D" / @"PT12H"', "2"),
        ('-@"P1Y"', "-P1Y"),
        ('@"P1D" / 0', "null"),
        ('-@"2024-01-31"', "null"),
        ('@"2024-01-31" + 1', "null"),
        ('@"2024-01-31" < @"2024-02-01"', "true"),
        ('@"2024-01-31".month', "1"),
        ('@"2024-01-31".planet', "null"),
        ('@"P1D" < @"P1Y"', "null"),
    ],
)
def test_moments_and_durations_take_the_same_operators(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1 = 1.0", "true"),
        ('1 = "1"', "null"),
        ("null = null", "true"),
        ("1 = null", "false"),
        ("1 != null", "true"),
        ("false = 0", "null"),
        ("[1, [2]] = [1, [2]]", "true"),
        ("[1] = [1, 2]", "false"),
        ('[1] = ["1"]', "null"),
        ("{a: 1, b: 2} = {b: 2, a: 1}", "true"),
        ("{a: 1} = {b: 1}", "false"),
        ("[1..2] = [1..2]", "true"),
        ("(< 10) = (null..10)", "false"),
        ("(< 10) = (< 10)", "true"),
        ('"a" < "b"', "true"),
        ('"a" < 1', "null"),
        ("true < false", "null"),
        ("null < 1", "null"),
        ("2 between 1 and 3", "true"),
        ("2 between null and 3", "null"),
    ],
)
def test_comparison_tells_null_from_false(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize("left", ["true", "false", "null", "123"])
@pytest.mark.parametrize("right", ["true", "false", "null", '"text"'])
def test_logic_has_three_values_and_obeys_de_morgan(left, right):
    both = value_of(f"{left} and {right}")
    either = value_of(f"{left} or {right}")

    if "false" in (left, right):
        assert both is False
    else:
        assert both is (True if (left, right) == ("true", "true") else None)
    if "true" in (left, right):
        assert either is True
    else:
        assert either is (False if (left, right) == ("false", "false") else None)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1 instance of number", "true"),
        ("1 instance of string", "false"),
        ("true instance of number", "false"),
        ("null instance of Any", "false"),
        ("[1, 2] instance of list<number>", "true"),
        ('[1, "a"] instance of list<number>', "false"),
        ("{a: 1, b: 2} instance of context<a: number>", "true"),
        ("{a: 1} instance of context<a: number, b: number>", "false"),
        ("[1..3] instance of range<number>", "true"),
        ('@"P1D" instance of days and time duration', "true"),
        ('@"2024-01-01" instance of date and time', "false"),
        ("(function(a: number) a) instance of function<number> -> Any", "true"),
        ("(function(a: string) a) instance of function<number> -> Any", "false"),
        ("1 instance of unheard of", "null"),
        ("1 + 1 instance of number", "null"),
    ],
)
def test_instance_of_knows_the_types(text, answer):
    assert ask(text) == answer


def test_a_missing_variable_is_null_and_the_warning_names_it():
    assert warnings_of("nobody") == ["There is no variable `nobody`."]
    assert warnings_of('1 + "a"') == ["'+' does not work between number and string."]
    assert warnings_of("person.age", person=None) == []
    assert warnings_of("person.age", person={"name": "Ada"}) == ["A context has no `age`."]


def test_only_twenty_warnings_are_kept():
    assert len(warnings_of("for i in 1..100 return i + null")) == 20


def test_variables_hide_built_ins_and_functions_among_them_can_be_called():
    assert ask("sum", sum=5) == "5"
    assert ask("sum([1, 2]) + sum", sum=5) == "8"
    assert ask("(function(sum) sum(1))(function(x) x + 1)") == "2"


@pytest.mark.parametrize("text", ["null()", '"abs"(-1)', "{a: 1}.a()", "missing(1)", "5(1)"])
def test_calling_what_is_no_function_gives_null(text):
    assert ask(text) == "null"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("(function(a, b) a - b)(5, 3)", "2"),
        ("(function(a, b) a - b)(b: 5, a: 3)", "-2"),
        ("(function(a, b) a)(1)", "null"),
        ("(function(a) a)(b: 1)", "null"),
        ("(function(a: number) a)(1)", "1"),
        ('(function(a: number) a)("x")', "null"),
        ("(function(a: number) a)([1])", "1"),
        ("(function(a: list<number>) a)(1)", "[1]"),
        ("(function() 42)()", "42"),
        ("(function(f) f(f(1)))(function(x) x + 1)", "3"),
        ("{f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(10)}.r", "3628800"),
        ("(function(a) function(b) a + b)(1)(2)", "3"),
        ('(function(x) external {java: {class: "a", method signature: "b"}})(1)', "null"),
    ],
)
def test_functions_of_ones_own(text, answer):
    assert ask(text) == answer


def test_one_expression_serves_many_variables():
    expression = compile_expression("a.b")

    assert [expression.evaluate({"a": {"b": each}}) for each in "xyz"] == ["x", "y", "z"]


def test_many_threads_evaluate_one_expression_at_once():
    expression = compile_expression("sum({a: x / 3, b: for i in 1..50 return i * a}.b)")
    alone = [expression.evaluate({"x": Decimal(n)}) for n in range(40)]

    with ThreadPoolExecutor(max_workers=8) as threads:
        for _ in range(8):
            together = threads.map(lambda n: expression.evaluate({"x": Decimal(n)}), range(40))
            assert list(together) == alone
