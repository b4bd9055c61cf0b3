import pytest
from django.utils import translation

from apps.lib.durations import duration_in_words, parse_duration
from apps.lib.errors import InvalidError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90 s", 90),
        ("15min", 900),
        ("1h 30m", 5_400),
        ("1h30m", 5_400),
        ("1 h, 30 minutes", 5_400),
        ("2 d", 172_800),
        ("1 Week", 604_800),
        ("1.5 h", 5_400),
        ("0", 0),
    ],
)
def test_parse_duration_reads_what_people_write(text, seconds):
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "-5", "5 parsecs", "5 m x", "x 5 m", "1e9", "99999999999 w", "1..5 h", "٣"],
)
def test_parse_duration_refuses_anything_else_naming_the_field(text):
    with pytest.raises(InvalidError) as refused:
        parse_duration(text, field="lease_seconds")

    assert refused.value.fields[0].path == "lease_seconds"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.25, "250 ms"),
        (1, "1 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (3_600, "1 h"),
        (5_430, "1 h 30 min"),
        (86_400, "1 day"),
        (2 * 86_400 + 4 * 3_600 + 59, "2 days 4 h"),
        (-90, "−1 min 30 s"),
        (0, "0 ms"),
    ],
)
def test_duration_in_words_says_the_two_largest_units(seconds, words):
    with translation.override("en"):
        assert duration_in_words(seconds) == words
