"""What can't be a rule is refused at its field, in a sentence that helps."""

import pytest

from apps.lib.errors import InvalidError
from apps.triggers.timing import parse_rule

CRON = {"type": "cron", "cron": "0 7 * * *"}
EACH = {"type": "recurring", "freq": "daily", "times": ["07:30"]}
MONTHLY = {**EACH, "freq": "monthly", "month_days": [1]}

REFUSED = {
    "nothing": ({}, "type", "must be one of: cron, interval, recurring, once"),
    "a type of its own": ({"type": "lunar"}, "type", "must be one of"),
    "no zone": ({**CRON, "zone": None}, "zone", "is no time zone"),
    "a zone that does not exist": ({**CRON, "zone": "Mars/Base"}, "zone", "is no time zone"),
    "a path as a zone": ({**CRON, "zone": "../../etc/passwd"}, "zone", "is no time zone"),
    "the zone of some machine": ({**CRON, "zone": "localtime"}, "zone", "is no time zone"),
    "a typing error": ({**CRON, "start_at": "2026-01-01"}, "start_at", "is not known here"),
    "31 February": ({**CRON, "cron": "0 0 31 2 *"}, "cron", "never comes"),
    "31 April or June": ({**CRON, "cron": "0 0 31 4,6 *"}, "cron", "never comes"),
    "no cron": ({"type": "cron"}, "cron", "is missing"),
    "an empty cron": ({**CRON, "cron": "  "}, "cron", "is missing"),
    "four fields": ({**CRON, "cron": "0 7 * *"}, "cron", "has 4 fields, but needs five"),
    "six fields": ({**CRON, "cron": "0 0 7 * * *"}, "cron", "has 6 fields"),
    "minute 60": ({**CRON, "cron": "60 7 * * *"}, "cron", "“60” is no minute"),
    "hour 24": ({**CRON, "cron": "0 24 * * *"}, "cron", "“24” is no hour"),
    "day 0": ({**CRON, "cron": "0 7 0 * *"}, "cron", "“0” is no day of the month"),
    "month 13": ({**CRON, "cron": "0 7 1 13 *"}, "cron", "“13” is no month"),
    "a weekday unheard of": ({**CRON, "cron": "0 7 * * xyz"}, "cron", "“XYZ” is no weekday"),
    "a span backwards": ({**CRON, "cron": "0 18-8 * * *"}, "cron", "“18-8” is no hour"),
    "a step of 0": ({**CRON, "cron": "*/0 * * * *"}, "cron", "“*/0” is no minute"),
    "every 90 minutes": ({**CRON, "cron": "*/90 * * * *"}, "cron", "a step that never comes"),
    "a novel": ({**CRON, "cron": "0," * 500 + "0 * * * *"}, "cron", "can't be read"),
    "the end before the start": (
        {**CRON, "starts_at": "2026-05-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"},
        "ends_at",
        "is before the beginning",
    ),
    "an end before the first": (
        {**CRON, "starts_at": "2026-05-01T08:00:00Z", "ends_at": "2026-05-01T09:00:00Z"},
        "ends_at",
        "leaves no start at all",
    ),
    "a start after the only one": (
        {"type": "once", "at": "2026-01-01T00:00:00Z", "starts_at": "2026-05-01"},
        "starts_at",
        "leaves no start at all",
    ),
    "a start that is no moment": ({**CRON, "starts_at": "soon"}, "starts_at", "must be a date"),
    "30 February": ({**CRON, "starts_at": "2026-02-30"}, "starts_at", "must be a date"),
    "a week": ({**CRON, "starts_at": "2026-W07"}, "starts_at", "must be a date"),
    "the year 9999": ({**CRON, "ends_at": "9999-12-31"}, "ends_at", "must be a date"),
    "a jitter of a week": ({**CRON, "jitter_seconds": 604_800}, "jitter_seconds", "to 86400"),
    "a jitter as long as the wait": (
        {**CRON, "cron": "*/5 * * * *", "jitter_seconds": 300},
        "jitter_seconds",
        "must be shorter than the 5 min between two starts",
    ),
    "a jitter of truth": ({**CRON, "jitter_seconds": True}, "jitter_seconds", "whole number"),
    "every 9 seconds": ({"type": "interval", "seconds": 9}, "seconds", "from 10 to"),
    "no seconds": ({"type": "interval"}, "seconds", "whole number"),
    "half a second": ({"type": "interval", "seconds": 10.5}, "seconds", "whole number"),
    "no moment": ({"type": "once", "at": None}, "at", "is missing"),
    "a day as a moment": ({"type": "once", "at": "2026-01-01"}, "at", "must be a date and time"),
    "no times": ({**EACH, "times": []}, "times", "1 to 24 times"),
    "24:00": ({**EACH, "times": ["24:00"]}, "times", "none later than 23:59"),
    "7:61": ({**EACH, "times": ["7:61"]}, "times", "times like 07:30"),
    "one time, no list": ({**EACH, "times": "07:30"}, "times", "must be a list"),
    "25 times": ({**EACH, "times": ["07:30"] * 25}, "times", "1 to 24 times"),
    "every 0 days": ({**EACH, "interval": 0}, "interval", "from 1 to 100"),
    "no weekday": ({**EACH, "freq": "weekly"}, "weekdays", "choose at least one"),
    "a weekday in German": ({**EACH, "weekdays": ["Di"]}, "weekdays", "must hold some of: mon"),
    "no days": ({**MONTHLY, "month_days": []}, "month_days", "which days of the month?"),
    "day 32": ({**MONTHLY, "month_days": [32]}, "month_days", "from -31 to 31, not 0"),
    "the zeroth": ({**MONTHLY, "month_days": [0]}, "month_days", "not 0"),
    "days and weekdays": ({**MONTHLY, "weekdays": ["mon"]}, "month_days", "one of the two"),
    "the second of what": (
        {**EACH, "freq": "monthly", "ordinal": 2},
        "weekdays",
        "which weekday of the month?",
    ),
    "the sixth Monday": (
        {**EACH, "freq": "monthly", "ordinal": 6, "weekdays": ["mon"]},
        "ordinal",
        "must be 1 to 5",
    ),
    "a yearly one without months": ({**MONTHLY, "freq": "yearly"}, "months", "choose at least"),
    "months of months": ({**MONTHLY, "months": [1]}, "months", "are for years only"),
    "30 February each year": (
        {**MONTHLY, "freq": "yearly", "months": [2], "month_days": [30, 31]},
        "month_days",
        "never come in these months",
    ),
    "month days of weeks": (
        {**EACH, "freq": "weekly", "weekdays": ["mon"], "month_days": [1]},
        "month_days",
        "is for months and years only",
    ),
}


@pytest.mark.parametrize(("said", "field", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_told_at_its_field(said, field, sentence):
    with pytest.raises(InvalidError) as caught:
        parse_rule({"zone": "Europe/Berlin", **said})

    assert {problem.path for problem in caught.value.fields} >= {field}
    assert sentence in next(p.message for p in caught.value.fields if p.path == field)
    assert field in caught.value.message


def test_all_fields_that_are_wrong_are_told_at_once():
    with pytest.raises(InvalidError) as caught:
        parse_rule({"type": "cron", "cron": "a b c d e", "zone": "x", "starts_at": "y"})

    assert {problem.path for problem in caught.value.fields} == {"cron", "zone", "starts_at"}


@pytest.mark.parametrize("on_closed", ["next", "previous"])
def test_what_starts_very_often_can_be_left_out_on_closed_days_but_not_moved(on_closed):
    often = {"type": "interval", "seconds": 900, "zone": "UTC"}

    with pytest.raises(InvalidError, match="at most 24 starts a day"):
        parse_rule(often, on_closed=on_closed)
    assert parse_rule(often, on_closed="skip")
    assert parse_rule(often | {"seconds": 3600}, on_closed=on_closed)


def test_a_word_for_closed_days_must_be_known():
    with pytest.raises(InvalidError, match="on_closed must be one of: ignore, skip"):
        parse_rule({**CRON, "zone": "UTC"}, on_closed="perhaps")
