import pytest

from apps.lib.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from tests.lib.feel.asking import ask, value_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("8 - 3 - 2", "3"),
        ("16 / 4 / 2", "2"),
        ("2 * 3 ** 2", "18"),
        ("3 ** 4 ** 5", "3486784401"),
        ("-3 ** 2", "9"),
        ("--10", "10"),
        ("1 + 1 = 2 and 2 > 1", "true"),
        ("true or false and false", "true"),
        ("1 in [1..2] and 3 in [1..2]", "false"),
        ("5 between 1 and 10 and false", "false"),
        ("if 1 > 2 then 1 else if true then 2 else 3", "2"),
        ("1 + if true then 2 else 3", "3"),
        ("-(function(a) a)(10)", "-10"),
        ("[1, 2, 3][2] + 1", "3"),
        ("{a: {b: 5}}.a.b", "5"),
        (".5 + 1.5e1", "15.5"),
    ],
)
def test_operators_bind_as_the_standard_says(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r'"a\nb"', "a\nb"),
        (r'"say \"hi\""', 'say "hi"'),
        (r'"\u0041\U01F40E"', "A🐎"),
        (r'"\uD83D\uDC0E"', "🐎"),
        (r'"\d+\\"', "\\d+\\"),
        ('"// no comment"', "// no comment"),
    ],
)
def test_texts_know_escapes_and_keep_unknown_ones(text, answer):
    assert value_of(text) == answer


@pytest.mark.parametrize(
    "text", ["1 // one\n + 1", "1 /* one */ + 1", "/* a\nb */ 2", "\u00a01\u2003+ 1 // end"]
)
def test_comments_and_all_kinds_of_space_are_skipped(text):
    assert ask(text) == "2"


def test_known_names_may_hold_blanks_operators_and_keywords():
    names = ["Applicant Age", "a-b", "Rate %", "in stock and paid", "2nd try", "date and time"]
    given = {name: place for place, name in enumerate(names)}

    for name, value in given.items():
        assert compile_expression(f"{name} + 1", names=names).evaluate({name: 1}) is None
        assert compile_expression(name, names=names).evaluate(given) == value


def test_the_longest_known_name_wins_and_white_space_tells_a_name_from_a_difference():
    assert ask("Age", Age=1, Age_Group=2) == "1"
    assert ask("Age   Group", Age=1, Age_Group=2) == "2"
    assert ask("a-b", ["a-b"], a=5, b=3) == "null"
    assert ask("a - b", ["a-b"], a=5, b=3) == "2"


def test_unknown_words_that_stand_together_are_one_name():
    assert ask("{full name: 1}.full name") == "1"
    assert ask("person.first name", person={"first name": "Ada"}) == "Ada"
    assert compile_expression("first name = last name").reads == {"first name", "last name"}


def test_back_quotes_make_any_text_a_name():
    expression = compile_expression("`a + b` + 1")

    assert expression.reads == {"a + b"}


def test_the_iterators_parameters_and_entries_of_a_text_may_have_blanks():
    assert ask("for one item in [1, 2] return one item * 2") == "[2, 4]"
    assert ask("(function(first part, b) first part - b)(5, 2)") == "3"
    assert ask("(function(first part, b) first part - b)(b: 5, first part: 2)") == "-3"
    assert ask("{net price: 5, gross+tax: net price * 2}.gross+tax") == "10"


def test_texts_as_keys_do_not_change_how_other_things_are_read():
    assert ask('[{"[": 1}, [2]]') == '[{"[": 1}, [2]]'
    assert ask('{"for x": 1, "5": 2, "a + b": 3, a: 4, b: 5, c: a + b, d: 5}.c') == "9"
    assert ask('{"a b": 1, c: a b + 1}.c') == "2"


def test_reads_are_the_callers_variables_and_nothing_else():
    text = "for x in xs return {a: x + y, b: a + z.q}.b + (function(p) p + w)(1) + sum(xs)"

    assert compile_expression(text).reads == {"xs", "y", "z", "w"}
    assert compile_unary_tests("< limit, ? + extra > 3").reads == {"limit", "extra"}


@pytest.mark.parametrize(
    ("text", "range_text"),
    [
        ("[1..5]", "[1..5]"),
        ("(1..5)", "(1..5)"),
        ("]1..5[", "(1..5)"),
        ("[1..5[", "[1..5)"),
        ("]1..5]", "(1..5]"),
        ("[a[1]..b[2]]", "[1..4]"),
        ("[a[1]..b[2][", "[1..4)"),
        ("[1+1..2*3]", "[2..6]"),
        ("(< 5)", "(< 5)"),
        ("[.5...7]", "[0.5..0.7]"),
    ],
)
def test_ranges_have_every_kind_of_bracket(text, range_text):
    assert ask(text, a=[1, 2], b=[3, 4]) == range_text


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "Expected a value, but found the end", 1),
        ("1 +", "Expected a value, but found the end", 4),
        ("sum(1, 2", "Expected ')' after the arguments of `sum`, but found the end", 9),
        ("[1, 2", "Expected ',' or ']' after an element of the list, but found the end", 6),
        ("if a then b", "Expected 'else' after the first value of 'if', but found the end", 12),
        ("{a 1}", "Expected ':' after the name of an entry, but found '}'", 5),
        ("1 2", "Expected an operator or the end of the expression, but found '2'", 3),
        ('"abc', "The text is not closed with a quotation mark", 1),
        ("a b # c", "Expected an operator or the end of the expression, but found '#'", 5),
        ("1 + )", "Expected a value, but found ')'", 5),
        ("for x [1] return x", "Expected 'in' after a name after 'for', but found '['", 7),
        ("for in", "Expected a name after 'for', but found 'in'", 5),
        ("{: 1}", "Expected the name of an entry, but found ':'", 2),
        ("function(a, ) a", "Expected the name of a parameter, but found ')'", 13),
        (r'"\uD83D"', "The text has an escape that is no character", 1),
        ("1e9999", "The number is too large", 1),
        ("f(a: 1, 2)", "Either all or none of the arguments of `f` must have names", 11),
    ],
)
def test_a_fault_is_told_in_a_sentence_with_its_place(text, message, column):
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)

    assert caught.value.message.startswith(message)
    assert (caught.value.line, caught.value.column) == (1, column)
    assert str(caught.value).endswith(f", line 1, column {column}.")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a == b", "FEEL compares with a single '='"),
        ("a && b", "FEEL writes 'and'"),
        ("a || b", "FEEL writes 'or'"),
        ("!a", "FEEL writes 'not(...)'"),
        ("a = 'x'", 'FEEL puts texts in "quotation marks"'),
        ("a % 2", "FEEL writes 'modulo(a, b)'"),
    ],
)
def test_habits_of_other_languages_get_a_hint(text, hint):
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)

    assert hint in caught.value.message


def test_the_line_of_a_fault_counts_too():
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression("1 +\n  2 +\n  ]")

    assert (caught.value.line, caught.value.column) == (3, 4)


def test_the_same_text_is_compiled_once():
    assert compile_expression("1 + 41", names=["b c"]) is compile_expression(
        "1 + 41", names=["b c"]
    )
