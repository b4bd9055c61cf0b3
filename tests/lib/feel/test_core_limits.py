import pytest

from apps.lib.feel import (
    FeelLimitError,
    FeelSyntaxError,
    Limits,
    compile_expression,
    compile_unary_tests,
    to_json,
)
from tests.lib.feel.asking import ask


def limit_of(text, limits=None, **variables):
    with pytest.raises(FeelLimitError) as caught:
        compile_expression(text).evaluate(variables, limits=limits or Limits())
    return caught.value.limit


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("for i in 1..10**9 return 1", "steps"),
        ("every i in 1..10**9 satisfies true", "steps"),
        ("some i in 1..10**30 satisfies false", "steps"),
        ("for i in 1..400, j in 1..400 return i", "steps"),
        ("for i in (1..10**9] return i", "steps"),
        ('for i in @"0001-01-01"..@"9999-12-31" return i', "steps"),
        ("{f: function(n) f(n + 1), r: f(1)}", "depth"),
        ("{f: function(n) [f(n), f(n)], r: f(1)}", "depth"),
        ("{f: function(n) if n = 0 then 1 else f(n-1) + f(n-1), r: f(50)}", "steps"),
    ],
)
def test_what_never_ends_is_ended(text, limit):
    assert limit_of(text, Limits(seconds=60)) == limit


def test_texts_and_lists_cannot_grow_without_end():
    doubling = "for i in 1..60 return if i = 1 then {0} else partial[-1] + partial[-1]"
    listing = "for i in 1..90000 return partial"

    assert limit_of(doubling.format('"aaaaaaaaaa"')) == "size"
    assert limit_of(listing) == "size"


@pytest.mark.parametrize(
    "text", ["d = e", "string(d)", "flatten(d)", "d.x", "list contains([e], d)", "d in [e, e]"]
)
def test_what_is_small_to_hold_and_endless_to_walk_is_not_walked(text):
    nested = "(for i in 1..60 return if i = 1 then 1 else [partial[-1], partial[-1]])[-1]"

    assert limit_of(f"{{d: {nested}, e: {nested}, r: {text}}}", Limits(seconds=60)) in LIMITED
    with pytest.raises(FeelLimitError):
        to_json(compile_expression(nested).evaluate({}))
    assert ask(f"{{d: {nested}, r: d instance of list<list<list<number>>>}}.r") == "false"


LIMITED = ("steps", "size")


def test_time_is_a_limit_too():
    text = "every i in 1..9000 satisfies i > 0"

    assert limit_of(text, Limits(seconds=0)) == "seconds"


def test_limits_can_be_set_for_each_evaluation():
    expression = compile_expression("for i in 1..50 return i")

    assert len(expression.evaluate({}, limits=Limits(steps=50))) == 50
    with pytest.raises(FeelLimitError, match="more than 20 steps"):
        expression.evaluate({}, limits=Limits(steps=20))
    with pytest.raises(FeelLimitError, match="more than 49 elements"):
        expression.evaluate({}, limits=Limits(size=49))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("10**10**10**10**10", "null"),
        ("9.99e6144 * 9.99e6144", "null"),
        ("1e6000 ** 1e6000", "null"),
        ("1.0000001 ** 1e30", "null"),
        ("0.5 ** 1e20 >= 0", "true"),
        ("2 ** 1e-6000 = 1", "true"),
        ("-1e-6000 / 1e6000 = 0", "true"),
    ],
)
def test_numbers_stay_within_decimal128(text, answer):
    assert ask(text) == answer


def test_built_ins_share_the_limits_of_the_run_that_calls_them():
    lists = (
        "{d: for i in 1..900 return i, many: for i in 1..900 return concatenate(d, [i]), r: %s}.r"
    )

    assert ask(lists % "list contains(many, [1])") == "false"
    for text in ("list contains(many, concatenate(d, [0]))", "index of(many, many[1])"):
        assert limit_of(lists % text, Limits(seconds=60)) == "steps"


NESTED = [
    "(" * 10_000 + "1" + ")" * 10_000,
    "[" * 10_000,
    "-" * 10_000 + "1",
    "{a: " * 5_000 + "1" + "}" * 5_000,
    "if true then " * 5_000 + "1",
    "function() " * 5_000 + "1",
    "1 instance of " + "list<" * 5_000 + "Any",
    "x" + "[1]" * 5_000,
    "x" + ".y" * 5_000,
    "f" + "()" * 5_000,
    "]1.." * 2_000,
    "]1..2[ in " * 2_000,
    "(1.." * 300,
    "1 in (" * 300,
    "not(" * 3_000,
]


@pytest.mark.parametrize("text", NESTED, ids=lambda text: text[:12])
def test_deep_nesting_is_a_fault_of_the_text_and_soon_told(text):
    with pytest.raises(FeelSyntaxError):
        compile_expression(text)
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(text)


def test_a_hundred_levels_are_fine():
    assert ask("(" * 100 + "1" + ")" * 100) == "1"
    assert ask("-" * 100 + "1") == "1"
    assert ask("[" * 100 + "1" + "]" * 100 + "[1]" * 100) == "1"
    assert ask("if true then " * 60 + "1" + " else 2" * 60) == "1"


def test_long_chains_of_operators_are_no_nesting():
    assert ask("+".join(["1"] * 5_000)) == "5000"
    assert ask(" and ".join(["true"] * 5_000)) == "true"
    assert ask("[" + ",".join(["1"] * 5_000) + "][-1]") == "1"


def test_a_text_of_endless_length_is_refused():
    with pytest.raises(FeelSyntaxError, match=r"longer than 100,000 characters"):
        compile_expression("1" + " " * 100_000)
