"""A rule goes into plain fields and comes out the same."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from apps.triggers.rule_fields import fields_of, rule_from, split_days, split_times
from apps.triggers.timing import parse_rule

BERLIN = {"zone": "Europe/Berlin"}
RULES = [
    {"type": "cron", "cron": "*/15 8-18 * * 1-5"},
    {"type": "interval", "seconds": 900},
    {"type": "interval", "seconds": 7_200, "anchor": "2026-03-31T08:00"},
    {"type": "interval", "seconds": 86_400},
    {"type": "interval", "seconds": 45, "jitter_seconds": 5},
    {"type": "once", "at": "2026-12-24T18:30"},
    {"type": "recurring", "freq": "daily", "interval": 1, "times": ["07:30", "13:00"]},
    {"type": "recurring", "freq": "daily", "interval": 3, "weekdays": ["mon"], "times": ["07:30"]},
    {
        "type": "recurring",
        "freq": "weekly",
        "interval": 2,
        "weekdays": ["tue", "fri"],
        "times": ["07:30"],
        "anchor": "2026-03-31T00:00",
        "starts_at": "2026-03-31T08:00",
        "ends_at": "2027-03-31T08:00",
    },
    {
        "type": "recurring",
        "freq": "monthly",
        "interval": 1,
        "weekdays": ["tue"],
        "ordinal": 2,
        "times": ["07:30"],
    },
    {
        "type": "recurring",
        "freq": "monthly",
        "interval": 1,
        "weekdays": ["mon"],
        "times": ["09:00"],
    },
    {
        "type": "recurring",
        "freq": "monthly",
        "interval": 1,
        "month_days": [1, -1],
        "times": ["07:30"],
    },
    {
        "type": "recurring",
        "freq": "yearly",
        "interval": 1,
        "weekdays": ["sun"],
        "ordinal": -1,
        "months": [3, 10],
        "times": ["04:00"],
    },
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['type']}-{rule.get('freq', '')}")
def test_a_rule_comes_back_from_its_fields_as_it_was(rule):
    said = {**rule, **BERLIN}

    assert as_posted(fields_of(said)) == as_posted(fields_of(rule_from(cleaned(fields_of(said)))))
    kept = rule_from(cleaned(fields_of(said)))
    assert next_of(kept) == next_of(said)


def test_a_moment_with_an_offset_is_shown_on_the_clock_of_the_zone():
    fields = fields_of({"type": "once", "at": "2026-07-01T10:00:00Z", **BERLIN})

    assert fields["once_at"] == "2026-07-01T12:00"


def test_what_was_chosen_and_then_hidden_does_not_count():
    """Somebody tries one sort after the other: only what shows at the end is saved."""
    said = {"type": "recurring", "freq": "daily", "interval": 1, "times": ["07:30"], **BERLIN}
    left_over = {"month_days": [3], "ordinal": "2", "months": ["5"], "cron": "* * * * *"}

    assert rule_from({**said, **left_over}) == said


def test_times_and_days_are_read_as_people_write_them():
    assert split_times("13, 7:30;07:30") == ["07:30", "13:00"]
    assert split_days("last, 15 1") == [1, 15, -1]
    for wrong in ("25:00", "7:3", "soon", "7:60", ""):
        with pytest.raises(ValueError, match=r".*"):
            split_times(wrong)
    for wrong in ("0", "32", "first"):
        with pytest.raises(ValueError, match=r".*"):
            split_days(wrong)


def cleaned(fields):
    """Return what the form makes of these fields when they are sent back."""
    found = dict(fields)
    for name in ("once_at", "anchor", "starts_at", "ends_at"):
        found[name] = datetime.fromisoformat(fields[name]) if fields.get(name) else None
    found["times"] = split_times(fields["times"]) if fields.get("times") else []
    found["month_days"] = split_days(fields["month_days"]) if fields.get("month_days") else []
    return found


def as_posted(fields):
    return {name: value for name, value in fields.items() if value}


def next_of(rule):
    times = parse_rule(rule, hours=None, on_closed="ignore").planned_after(
        datetime(2026, 11, 23, tzinfo=UTC)
    )
    return [planned.at for planned in islice(times, 5)]
