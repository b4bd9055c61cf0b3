import pytest

from tests.lib.feel.asking import ask, warnings_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("[1, 2, 3][1]", "1"),
        ("[1, 2, 3][-1]", "3"),
        ("[1, 2, 3][0]", "null"),
        ("[1, 2, 3][4]", "null"),
        ("[1, 2, 3][1.5]", "null"),
        ("[1, 2, 3][item >= 2]", "[2, 3]"),
        ("[1, 2, 3][true]", "[1, 2, 3]"),
        ("[1, 2, 3][false]", "[]"),
        ("[1, 2, 3][null]", "[]"),
        ("[1, 2, 3][n]", "2"),
        ("[][n]", "null"),
        ("[][item > 1]", "[]"),
        ("100[1]", "100"),
        ("100[item > 5]", "[100]"),
        ("null[1]", "null"),
        ("[{a: 1}, {a: 2}][a = 2]", "[{a: 2}]"),
        ("[{a: 1}, {a: 2}][item.a = n]", "[{a: 2}]"),
        ("[{item: 1}, {item: 2}][item > 1]", "[{item: 2}]"),
        ("[{x: 1}, {y: 2}][y > 1]", "[{y: 2}]"),
        ("[{n: 7}, {n: 2}][n = 7]", "[{n: 7}]"),
        ("[{a: [1, 2]}, {a: [3]}][a[1] = 3]", "[{a: [3]}]"),
        ("[[1, 2], [3]][item[1] = 3]", "[[3]]"),
    ],
)
def test_filters_select_by_place_or_by_condition(text, answer):
    assert ask(text, n=2) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("[{b: 1}, {b: [2, 3]}].b", "[1, [2, 3]]"),
        ("[{b: 1}, {c: 2}].b", "[1, null]"),
        ("{a: 1}.b", "null"),
        ("null.b.c", "null"),
        ("1.5.b", "null"),
        ("[1..5].start", "1"),
        ("(1..5].start included", "false"),
        ("(< 10).end", "10"),
        ("(< 10).start", "null"),
    ],
)
def test_paths_reach_into_contexts_lists_and_ranges(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("for i in [1, 2] return i + 1", "[2, 3]"),
        ("for i in 2..4 return i", "[2, 3, 4]"),
        ("for i in 1..-1 return i", "[1, 0, -1]"),
        ("for i in [1..4) return i", "[1, 2, 3]"),
        ("for i in (1..4] return i", "[2, 3, 4]"),
        ("for i in [2..1] return i", "null"),
        ("for i in 1..2, j in [i, 10] return i * j", "[1, 10, 4, 20]"),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1, 1, 2, 6, 24]"),
        ('for i in @"2024-02-28"..@"2024-03-01" return i.day', "[28, 29, 1]"),
        ('for i in "a".."c" return i', "null"),
        ("for i in 1.5..3 return i", "null"),
        ("for i in null return i", "null"),
        ("for i in 5 return i", "[5]"),
        ("for i in [] return i", "[]"),
        ("for x in [[1, 2], [3]], y in x return y", "[1, 2, 3]"),
        ("for i in [1, 2] return for j in [i] return partial", "[[[]], [[]]]"),
        ("some x in [1, 2] satisfies x > 1", "true"),
        ("some x in [1, 2] satisfies x > 2", "false"),
        ("some x in [1, null] satisfies x > 2", "null"),
        ("some x in [null, 3] satisfies x > 2", "true"),
        ("some x in [] satisfies x", "false"),
        ("every x in [1, 2] satisfies x > 0", "true"),
        ("every x in [1, 2] satisfies x > 1", "false"),
        ("every x in [null, 0] satisfies x > 1", "false"),
        ("every x in [null, 2] satisfies x > 1", "null"),
        ("every x in [] satisfies x", "true"),
        ("every x in [1, 2], y in [3, 4] satisfies x < y", "true"),
        ("every x in null satisfies x", "null"),
        ("some x in 1..3 satisfies x = 3", "true"),
    ],
)
def test_iteration(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("{a: 1, b: a + 1, c: {d: a + b}}.c.d", "3"),
        ('{"a b": 1, c: a b}.c', "1"),
        ("{a: b, b: 1}.a", "null"),
        ("{a: x, x: 1}.a", "9"),
        ("{a: 1, a: 2}", "null"),
        ("{}", "{}"),
        ('{"": 1}', '{"": 1}'),
    ],
)
def test_entries_of_a_context_see_those_before_them(text, answer):
    assert ask(text, x=9) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1 in [1, 2]", "true"),
        ("3 in [1, 2]", "false"),
        ("true in [false, 2]", "false"),
        ("5 in [[1..3], [4..6]]", "true"),
        ("1 in <= 1", "true"),
        ("10 in (1, < 5, >= 10)", "true"),
        ("7 in (1, < 5, >= 10)", "false"),
        ("1 in (2)", "false"),
        ("1 in (= 1)", "true"),
        ("1 in != 1", "false"),
        ("3 in ]1..3[", "false"),
        ("2 in ]1..3[", "true"),
        ("[1] in [[1], [2]]", "true"),
        ("[1, 2] in [1, 2]", "true"),
        ("null in [1..10]", "null"),
        ("5 in (null..10]", "null"),
        ("5 in [1..null]", "null"),
        ('"b" in ("a".."c")', "true"),
        ('"b" in (1..5)', "null"),
        ("5 in (? > 3)", "true"),
        ("{a: 1} in {a: 1}", "true"),
    ],
)
def test_in_takes_tests_lists_and_ranges(text, answer):
    assert ask(text) == answer


def test_if_takes_anything_but_true_for_false_and_says_so():
    assert ask("if null then 1 else 2") == "2"
    assert warnings_of("if 5 then 1 else 2") == [
        "The condition of an 'if' is number, not true or false."
    ]


@pytest.mark.parametrize("text", ["[1..true]", '["a"..1]', "[null..1]", '(@"P1D"..@"P1Y")'])
def test_a_range_goes_between_values_of_one_kind(text):
    assert ask(text) == "null"
