"""What the log is asked for is read once; nonsense is refused with the name of the field."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from apps.lib.errors import InvalidError
from apps.log.asking import LogFilter
from apps.log.keys import EPOCH, Key, read_key

NONSENSE = [
    ("q", "x" * 10_000), ("q", "a\x00b"), ("q", "-.-"), ("q", "a\ud800"),
    ("level", "loud"), ("run", "x"), ("run", "-1"), ("run", "0"), ("run", "9" * 40),
    ("run", "٣"), ("attempt", "2147483648"), ("item", "y" * 201), ("item", "a\x07"),
    ("instance", "\x00"), ("queue", "q" * 300), ("bot", "b\nc"), ("request", "r" * 101),
    ("since", "yesterday"), ("since", "2026-13-01T00:00"), ("since", "0001-01-01T00:00:00Z"),
    ("since", "9999-12-31T23:59:59+14:00"), ("until", "2026-03-01T00:00:00+99:00"),
    ("until", "2026-03-01T00:00 Mars/Olympus"), ("until", "1e9"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), NONSENSE)
def test_nonsense_is_refused_at_its_field(name, text):
    with pytest.raises(InvalidError) as refused:
        LogFilter.parse({name: text})

    assert [problem.path for problem in refused.value.fields] == [name]


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InvalidError) as refused:
        LogFilter.parse({"run": "x", "since": "then", "level": "error"})

    assert {problem.path for problem in refused.value.fields} == {"run", "since"}


def test_a_filter_is_the_same_after_it_stood_in_an_address():
    wanted = LogFilter.parse({
        "q": "a b & c", "level": "error", "run": "#7", "item": "INV/7", "attempt": "2",
        "since": "2026-03-01T10:00:00+01:00", "until": "2026-03-02T00:00:00Z", "unknown": "1",
    })  # fmt: skip

    from urllib.parse import parse_qsl

    assert LogFilter.parse(dict(parse_qsl(wanted.query()))) == wanted
    assert wanted.run == 7
    assert LogFilter.parse({"q": "  ", "run": ""}) == LogFilter()


def test_a_time_without_a_zone_is_in_that_of_the_reader():
    with timezone.override("Europe/Berlin"):
        wanted = LogFilter.parse({"since": "2026-03-01T10:00"})

    assert wanted.since == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_what_stands_in_quotes_is_one_term():
    assert LogFilter(q='a "connection refused" b" c').terms == [
        "a",
        "connection refused",
        'b"',
        "c",
    ]


def test_a_place_is_the_same_after_it_stood_in_an_address():
    key = Key(datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC), -7)

    assert read_key(str(key), "at") == key
    assert read_key("0.1", "at") == Key(EPOCH, 1)


@pytest.mark.parametrize(
    "text", ["", "1", "1.", ".1", "1.2.3", "-1.2", "1.x", "٣.١", "9" * 18 + ".1", "1." + "9" * 19]
)
def test_a_forged_place_is_refused(text):
    with pytest.raises(InvalidError):
        read_key(text, "before")
