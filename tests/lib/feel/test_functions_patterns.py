"""matches, replace, split and extract: XPath's regular expressions, which never hang."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.lib.feel import FeelLimitError, Run
from apps.lib.feel.patterns import PatternError, compile_pattern
from tests.lib.feel.asking import ask, warnings_of


def found(text, pattern, flags=""):
    return compile_pattern(pattern, flags).search(text, Run()) is not None


@pytest.mark.parametrize(
    ("text", "pattern", "flags"),
    [
        ("banana", "[a-z]{3}", ""),
        ("banana", "^(b|an)+a$", ""),
        ("ab", "^a{1,2}b{0,}$", ""),
        ("invoice 4711", r"\d+$", ""),
        ("a.b", r"a\.b", ""),
        ("x", "[A-Z-[OI]]", "i"),
        ("\u212a", "k", "i"),
        ("aA", r"(a)\1", "i"),
        ("abab", r"^(ab)\1$", ""),
        ("hello world", r"hello\ sworld", "x"),
        ("hello world", " hello[ ]world", "x"),
        ("hello", r"\p{ IsBasicLatin}+", "x"),
        ("Ä", r"^\p{Lu}$", ""),
        ("ä", r"^\P{Lu}$", ""),
        ("a\nb", "a.b", "s"),
        ("a\nb", "^b$", "m"),
        ("\nabcd\ndefg\n", "^$", "m"),
        ("a-b", "^[a-z-]+$", ""),
        ("]", r"^[\]]$", ""),
        ("a+b", "a+b", "q"),
        ("", "^$", ""),
        ("ab", "^(?:a|ab)$", ""),
        ("_x", r"^\i\c*$", ""),
        ("aaa", "^(a*)*$", ""),
        ("b", "^(a?)*b$", ""),
    ],
)
def test_what_matches(text, pattern, flags):
    assert found(text, pattern, flags)


@pytest.mark.parametrize(
    ("text", "pattern", "flags"),
    [
        ("banana", "[A-Z]", ""),
        ("a\rb", "a.b", ""),
        ("O", "[A-Z-[OI]]", "i"),
        ("q", "[^Q]", "i"),
        ("a\n", "^a$", ""),
        ("abc", "^a{2}", ""),
        ("ab", r"^(a)\1$", ""),
        ("a_b", r"^\w+$", ""),
    ],
)
def test_what_does_not(text, pattern, flags):
    assert not found(text, pattern, flags)


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "(?=a)", "[", "[]", "[z-a]", "a**", "*", "a{2,1}", "a{x}", "a{99999}", "]", "\\",
        r"\q", r"(.)\3", r"\1", r"(a\1)", r"(a)[\1]", r"[asd\0]", r"\p{Xx}", r"\p{IsKlingon}",
        r"\p", "(" * 60 + ")" * 60, "((a{99}){99}){99}", "a" * 6_000,
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused_with_a_sentence(pattern):
    with pytest.raises(PatternError, match="pattern"):
        compile_pattern(pattern)


def test_flags_are_those_of_xpath():
    assert ask('matches("a", "A", "i")') == "true"
    assert ask('matches("a", "A", null)') == "false"
    assert ask('matches("a", "a", "p")') == "null"
    assert warnings_of('matches("a", "a", "p")') == [
        "`matches`: the flag “p” is none of s, m, i, x and q."
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
        ('replace("abracadabra", "a.*a", "*")', "*"),
        ('replace("abracadabra", "a.*?a", "*")', "*c*bra"),
        ('replace("abracadabra", "a(.)", "a$1$1")', "abbraccaddabbra"),
        ('replace("AAAA", "A+?", "b")', "bbbb"),
        ('replace("darted", "^(.*?)d(.*)$", "$1c$2")', "carted"),
        ('replace("0123456789", "(\\d{3})(\\d{3})(\\d{4})", "($1) $2-$3")', "(012) 345-6789"),
        ('replace("facetiously", "[iouy]", "[$0]")', "facet[i][o][u]sl[y]"),
        ('replace("ab", "(a)", "$12")', "a2b"),
        ('replace("ab", "a", "\\\\$")', "$b"),
        ('replace("a.b", ".", "$", "q")', "a$b"),
        ('replace("ab", "a", "$")', "null"),
        ('replace("ab", "a", "\\\\n")', "null"),
        ('replace("ab", "x*", "-")', "null"),
        ('split("John Doe", "\\s")', '["John", "Doe"]'),
        ('split("a;b;c;;", ";")', '["a", "b", "c", "", ""]'),
        ('split("", ";")', '[""]'),
        ('split("ab", "")', "null"),
        ('split("ab", null)', "null"),
        ('extract("refs 12 and 345", "[0-9]+")', '["12", "345"]'),
        ('extract("none", "[0-9]+")', "[]"),
    ],
)
def test_replace_split_and_extract(text, answer):
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("a" * 40 + "!", "^(a*)*b"),
        ("a" * 5_000 + "!", "^(a|a)*b"),
        ("a" * 1_000, "(.*)(.*)(.*)(.*)x"),
        ("a" * 60, "^(a?){60}b"),
        ("x" * 2_000, r"^(x+x+)+y"),
    ],
)
def test_patterns_that_hang_other_engines_answer(text, pattern):
    assert not found(text, pattern)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("a" * 300, r"((a+)+)\2b"), ("a" * 100_000, "a{1000}b"), ("a" * 400_000, ".*.*.*.*.*x")],
)
def test_what_still_takes_too_long_ends_with_the_limit(text, pattern):
    with pytest.raises(FeelLimitError):
        found(text, pattern)


pieces = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "(a|b)", "(?:ab|a)", "(ab)"])
repeats = st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}", "*?", "+?"])
patterns = st.lists(st.tuples(pieces, repeats).map("".join), min_size=1, max_size=5).map("".join)


@given(patterns, st.text("abc", max_size=8))
def test_matches_are_where_pythons_are(pattern, text):
    ours = compile_pattern(pattern).search(text, Run())
    theirs = re.search(pattern, text)

    assert (ours and ours[:2]) == (theirs and theirs.span())
