"""What a rule would have done in the last 14 days, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.alerts.backtesting.drawing import LEFT, RIGHT, strip_of
from apps.alerts.backtesting.history import worst_of
from apps.alerts.backtesting.simulating import MINUTES, History, simulate, window_of
from apps.alerts.conditions import parse_rule

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
MANY = {"metric": "queue.ready", "queue": "invoices", "op": ">=", "value": 500, "clear": 300}
OLD = {"metric": "queue.oldest_seconds", "queue": "invoices", "op": ">=", "value": 60}


def at(minute):
    return SINCE + timedelta(minutes=minute + 1)


def lives(values, *, fill=0.0):
    """Return a series with these values at these minutes, each until the next."""
    found, now = [], fill
    for n in range(MINUTES):
        now = values.get(n, now)
        found.append(now)
    return found


def tried(said, **series):
    rule = parse_rule(said)
    of = {fact.kind.removeprefix("queue."): fact for fact in rule.facts(1)}
    history = History(since=SINCE, series={of[name]: each for name, each in series.items()})
    return simulate(rule, 1, history)


def test_it_fires_as_often_as_the_live_rule_would_have():
    values = lives({100: 500, 110: 400, 120: 299, 130: 600, 136: 0})
    said = {"all": [MANY], "for_seconds": 300, "clear_seconds": 0}

    outcome = tried(said, ready=values)

    first, second = outcome.stretches
    assert (first.since, first.fired_at, first.ended_at) == (at(100), at(105), at(120))
    assert first.worst == 500
    assert (second.fired_at, second.ended_at) == (at(135), at(136))


def test_it_ends_too_soon_to_fire():
    said = {"all": [MANY], "for_seconds": 301, "clear_seconds": 0}

    assert tried(said, ready=lives({130: 600, 135: 0})).stretches == []


def test_what_is_open_at_the_end_has_no_end():
    outcome = tried({"all": [MANY]}, ready=lives({MINUTES - 10: 700}))

    (only,) = outcome.stretches
    assert (only.fired_at, only.ended_at, only.worst) == (at(MINUTES - 10), None, 700)


@pytest.mark.parametrize(
    ("said", "bound", "n"),
    [
        ({"all": [MANY]}, "exact", 1),
        ({"all": [MANY, OLD]}, "at_most", 1),
        ({"any": [MANY, OLD]}, "at_least", 1),
        ({"all": [OLD]}, "nothing", 0),
        ({"all": [OLD, {"any": [OLD, MANY]}]}, "about", 1),
        ({"all": [MANY, {"any": [OLD, OLD]}]}, "at_most", 1),
    ],
)
def test_what_has_no_history_is_left_out_and_said(said, bound, n):
    rule = parse_rule(said)
    ready = [fact for fact in rule.facts(1) if fact.kind == "queue.ready"]
    history = History(since=SINCE, series=dict.fromkeys(ready, lives({5: 900, 9: 0})))

    outcome = simulate(rule, 1, history)

    assert (outcome.bound, len(outcome.stretches)) == (bound, n)
    assert bool(outcome.left_out) == (bound != "exact")


def test_ends_count_for_as_long_as_is_said():
    said = {"all": [{"workflow": "w", "ended": "failed", "within": 600}], "clear_seconds": 0}
    moments = [None] * 50 + [at(50)] * (MINUTES - 50)
    rule = parse_rule(said)
    history = History(since=SINCE, series=dict.fromkeys(rule.facts(1), moments))

    (only,) = simulate(rule, 1, history).stretches

    assert only.ended_at - only.fired_at == timedelta(minutes=11)


def test_the_picture_lies_within_its_frame():
    outcome = tried({"all": [MANY]}, ready=lives({100: 500, 101: 0, MINUTES - 1: 900}))

    strip = strip_of(outcome, time=lambda when: f"{when:%d}", number=lambda n: f"{n:g}")

    assert [each.label for each in strip.y_ticks] == ["0", "1000"]
    assert len(strip.bars) == 2
    assert all(bar.x >= LEFT and bar.x + bar.width <= RIGHT for bar in strip.bars)
    assert strip.threshold < strip.clear
    assert strip.line.startswith("M44.0 96H46.0")


def test_the_worst_group_of_each_moment_counts():
    rows = [(1, 10, 5), (2, 11, 7), (1, 12, 4), (1, 15, 1)]

    found = worst_of(rows, 3)

    assert found[9:19] == [0, 5, 7, 9, 7, 4, 1, 1, 1, 0]


def test_a_part_of_the_time_is_drawn_alone():
    outcome = tried({"all": [MANY]}, ready=lives({600: 500, 660: 0}))

    part = window_of(outcome, at(500), at(700))

    assert (len(part.series), max(part.series), part.stretches) == (200, 500, [])
    assert window_of(outcome, at(-900), at(-800)) is None


def test_a_picture_of_nothing_has_no_line():
    outcome = tried({"all": [OLD]})

    strip = strip_of(outcome, time=str, number=str)

    assert (strip.line, strip.bars, strip.threshold) == ("", [], None)
