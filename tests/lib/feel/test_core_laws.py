"""Laws that hold for all values, and that no text at all brings the evaluator down."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.lib.feel import (
    FeelLimitError,
    FeelSyntaxError,
    Limits,
    compare,
    compile_expression,
    compile_unary_tests,
    equal,
    text_of,
    to_json,
)
from apps.lib.feel.arithmetic import NUMBERS, number_of

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6).map(number_of) | st.integers(
    -(10**40), 10**40
).map(number_of)
scalars = st.none() | st.booleans() | numbers | st.text()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
logical = st.sampled_from([True, False, None])


def evaluate(text, **variables):
    return compile_expression(text).evaluate(variables)


@given(values)
@settings(deadline=None)
def test_what_is_written_reads_as_the_same_value(value):
    # strings alone are written without their quotation marks
    found = evaluate(text_of([value]))

    assert found == [value]
    assert equal(found, [value]) is True


@given(numbers, numbers, numbers)
@settings(deadline=None)
def test_numbers_reckon_as_decimal128_does(a, b, c):
    given = {"a": a, "b": b, "c": c}

    assert evaluate("a + b = b + a and a * b = b * a and a - a = 0", **given) is True
    assert evaluate("a + b", **given) == NUMBERS.add(a, b)
    assert evaluate("a - b * c", **given) == NUMBERS.subtract(a, NUMBERS.multiply(b, c))
    assert evaluate("-(-a) = a and (a - b) = -(b - a)", **given) is True
    assert evaluate("if b = 0 then a / b = null else a / b * b / a != null or a = 0", **given)


@given(numbers, numbers, numbers)
@settings(deadline=None)
def test_order_is_total_on_numbers_however_it_is_asked(a, low, high):
    given = {"a": a, "low": low, "high": high}
    within = low <= a <= high

    assert evaluate("a < low or a = low or a > low", **given) is True
    assert evaluate("(a < low) != (a >= low)", **given) is True
    assert evaluate("a between low and high", **given) is within
    assert evaluate("a in [low..high]", **given) is within
    assert evaluate("a in (>= low) and a in (<= high)", **given) is within
    assert compile_unary_tests("[low..high]").matches(a, given) is within
    assert compile_unary_tests("not([low..high])").matches(a, given) is not within
    assert compile_unary_tests(f"[{low:f}..{high:f}]").matches(a, {}) is within


@given(logical, logical)
@settings(deadline=None)
def test_de_morgan(a, b):
    given = {"a": a, "b": b}

    assert evaluate("not(a and b)", **given) is evaluate("not(a) or not(b)", **given)
    assert evaluate("not(a or b)", **given) is evaluate("not(a) and not(b)", **given)
    assert evaluate("a and b", **given) is evaluate("every x in [a, b] satisfies x", **given)
    assert evaluate("a or b", **given) is evaluate("some x in [a, b] satisfies x", **given)


@given(values, values)
@settings(deadline=None)
def test_equality_and_order_do_not_depend_on_the_side(a, b):
    assert equal(a, b) is equal(b, a)
    assert equal(a, a) is True
    order, reverse = compare(a, b), compare(b, a)
    assert (order is None) == (reverse is None)
    if order is not None:
        assert order == -reverse
        assert (order == 0) is equal(a, b)


@given(st.lists(values, max_size=6))
@settings(deadline=None)
def test_lists_are_walked_whole_and_in_order(items):
    given = {"items": items}

    assert evaluate("for x in items return x", **given) == items
    partials = evaluate("for i in items return partial", **given)
    assert all(partial == partials[:place] for place, partial in enumerate(partials))
    assert evaluate("items[true]", **given) == items
    # written out, not a variable: in a filter, an item's own entry of that name would come first
    for place, value in enumerate(items, 1):
        assert evaluate(f"items[{place}]", **given) == value
        assert evaluate(f"items[-{place}]", **given) == items[-place]


WORDS = st.sampled_from(
    [*"xy?+-*/<>=()[]{},:.'#~", "1", "2.5", "-3", "1e30", "item", "null", "true", "false", '"a"']
    + ['"b c"', '@"2024-01-31"', '@"PT1H"', '@"P1Y"', "**", "<=", ">=", "!=", "..", "and", "or"]
    + ["not(", "in", "between", "if", "then", "else", "for", "some", "every", "return", "satisfies"]
    + ["function(", "instance of", "list<", "number", "->", "sum(", "count(", "string(", "sort("]
    + ["partial", "x[", "{a:", "`x y`", "//", "/*", "*/"]
)
soups = st.lists(WORDS, max_size=14).map(" ".join)
SMALL = Limits(steps=5_000, size=50_000)


@given(soups | st.text(max_size=40), values, values)
@settings(deadline=None, max_examples=600)
def test_any_text_is_compiled_or_refused_and_evaluates_or_ends(text, x, y):
    variables = {"x": x, "y": y}
    for compile_text in (compile_expression, compile_unary_tests):
        try:
            compiled = compile_text(text)
        except FeelSyntaxError:
            continue
        try:
            if compile_text is compile_expression:
                to_json(compiled.evaluate(variables, limits=SMALL))
            else:
                assert compiled.matches(x, variables, limits=SMALL) in (True, False, None)
        except FeelLimitError:
            pass


OPERANDS = ("1", "-2.5", '"a"', "null", "true", "[1, 2]", "{a: 1}", "x", "y", "[1..3]", "(> 2)")
MOMENTS = ('@"2024-01-31"', '@"10:00:00Z"', '@"2024-01-31T10:00:00"', '@"PT1H"', '@"P1Y"')
FORMS = (
    "({} + {})",
    "({} - {})",
    "({} * {})",
    "({} / {})",
    "({} ** {})",
    "({} < {})",
    "({} = {})",
    "({} != {})",
    "({} in {})",
    "({} and {})",
    "({} or {})",
    "({}[{}])",
    "[{}, {}]",
    "[{}..{}]",
    "{{a: {}, b: {}}}",
    "(if {} then {} else 0)",
    "(for i in {} return [i, {}])",
    "(some i in {} satisfies i = {})",
    "(every i in {}..{} satisfies i > 0)",
    "(function(a) [a, {}])({})",
    "({}.a = {}.start)",
    "({} between {} and 5)",
    "(-{} instance of number = {})",
    "(sum({}) = {})",
    "({}({}))",
)
expressions = st.recursive(
    st.sampled_from(OPERANDS + MOMENTS),
    lambda inner: st.builds(str.format, st.sampled_from(FORMS), inner, inner),
    max_leaves=10,
)


@given(expressions, values, values)
@settings(deadline=None, max_examples=600)
def test_every_expression_has_a_value_whatever_the_types(text, x, y):
    compiled = compile_expression(text)

    try:
        evaluation = compiled.trace({"x": x, "y": y}, limits=SMALL)
        to_json(evaluation.value)
        text_of(evaluation.value)
    except FeelLimitError:
        return
    assert compiled.reads <= {"x", "y"}
    assert all(warning.endswith(".") for warning in evaluation.warnings)
