"""When an alert begins and ends, worked out without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.alerts.conditions import Act, Seen, decide, judge, parse_rule, parts_of, rule_words
from apps.alerts.conditions.wording import value_words
from apps.lib.errors import InvalidError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANY = {"metric": "queue.ready", "queue": "invoices", "op": ">=", "value": 500, "clear": 300}
SILENT = {"metric": "bots.silent", "op": ">=", "value": 1}


def rule(**said):
    return parse_rule({"all": [MANY], **said})


def measured(of, value):
    return dict.fromkeys(of.facts(1), value)


def walk(of, values, *, step: float = 60):
    """Return what happens as the value goes: (place, act) for each act."""
    seen, found = Seen(), []
    for n, value in enumerate(values):
        now = NOON + timedelta(seconds=n * step)
        holds = judge(of, 1, measured(of, value), now, is_open=seen.is_open)
        verdict = decide(of, seen, holds, now)
        seen = verdict.seen
        if verdict.act is not Act.NOTHING:
            found.append((n, verdict.act.name))
    return found


def test_it_fires_once_its_conditions_have_held_for_long_enough():
    assert walk(rule(for_seconds=180, clear_seconds=0), [500] * 10) == [(3, "FIRE")]


def test_a_dip_before_that_begins_anew():
    values = [500, 500, 499, 500, 500, 500, 500]

    assert walk(rule(for_seconds=180, clear_seconds=0), values) == [(6, "FIRE")]


def test_it_goes_on_until_the_value_that_ends_it():
    values = [500, 499, 400, 300, 299, 400, 500]

    found = walk(rule(for_seconds=0, clear_seconds=0), values)

    assert found == [(0, "FIRE"), (4, "RESOLVE"), (6, "FIRE")]


def test_a_value_that_jumps_about_its_threshold_makes_one_alert():
    values = [500, 100] * 50 + [100] * 10

    found = walk(rule(for_seconds=0, clear_seconds=300), values)

    assert [act for _place, act in found] == ["FIRE", "RESOLVE"]


def test_what_was_resolved_by_hand_is_silent_until_it_has_ended():
    of = rule(clear_seconds=120)
    seen = Seen("dismissed")
    for n, holds in enumerate([True, True, False, True, False, False, False]):
        seen = decide(of, seen, holds, NOON + timedelta(minutes=n)).seen
        assert seen.phase == ("calm" if n == 6 else "dismissed")


def test_what_was_not_measured_does_not_hold():
    of = parse_rule({"any": [MANY, SILENT]})

    assert not judge(of, 1, {}, NOON, is_open=False)
    assert [part.value for part in parts_of(of, 1, {}, NOON)] == [None, None]


def test_groups_are_joined_the_other_way_within():
    of = parse_rule({"all": [MANY, {"any": [SILENT, {"check_in": "erp", "silent_seconds": 60}]}]})
    many, bots, erp = (part.condition.test.fact(1) for part in parts_of(of, 1, {}, NOON))

    assert judge(of, 1, {many: 500, bots: 0, erp: 61}, NOON, is_open=False)
    assert not judge(of, 1, {many: 499, bots: 0, erp: 61}, NOON, is_open=False)
    assert judge(of, 1, {many: 301, bots: 0, erp: 61}, NOON, is_open=True)
    assert not judge(of, 1, {many: 500, bots: 0, erp: 60}, NOON, is_open=True)


def test_a_rule_is_said_in_words():
    said = rule_words(parse_rule({"all": [MANY, SILENT], "for_seconds": 300}))

    assert said == (
        "When at least 500 items wait in “invoices” (ends at 300) and at least 1 bot has not "
        "answered for 1 min, for 5 min already. Over after 1 min without."
    )


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        ("queue.failure_share", 0.25, "25%"),
        ("queue.oldest_seconds", 90, "1 min 30 s"),
        ("queue.oldest_seconds", 0, "0 s"),
        ("queue.ready", None, "unknown"),
        ("", True, "True"),
        ("queue.ready", 3.0, "3"),
    ],
)
def test_values_are_shown_as_they_are_read(metric, value, words):
    assert value_words(metric, value) == words


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({}, "all"),
        ({"all": [], "any": []}, "all"),
        ({"all": "many"}, "all"),
        ({"all": [MANY], "for_minutes": 5}, "for_minutes"),
        ({"all": [MANY], "for_seconds": -1}, "for_seconds"),
        ({"all": [MANY], "clear_seconds": 1.5}, "clear_seconds"),
        ({"all": [MANY], "zone": "Moon/Base"}, "zone"),
        ({"all": [7]}, "all.0"),
        ({"all": [MANY] * 21}, "all"),
        ({"all": [{"any": [{"any": [MANY]}]}]}, "all.0.any.0"),
        ({"all": [{"metric": "nothing"}]}, "all.0.metric"),
        ({"all": [{**MANY, "clear": 501}]}, "all.0.clear"),
        ({"all": [{**MANY, "op": "<=", "clear": 499}]}, "all.0.clear"),
        ({"all": [{**MANY, "op": "="}]}, "all.0.clear"),
        ({"all": [{**MANY, "clear": "few"}]}, "all.0.clear"),
        ({"all": [{**MANY, "clear": True}]}, "all.0.clear"),
        ({"all": [{"asset": "a", "op": "=", "value": 1, "clear": 1}]}, "all.0.clear"),
        ({"all": [{**SILENT, "silent_seconds": 1}]}, "all.0.silent_seconds"),
        ({"all": [{**SILENT, "value": "one"}]}, "all.0.value"),
        ({"all": [{**SILENT, "pool": 5}]}, "all.0.pool"),
        ({"all": [{**SILENT, "queue": "a"}]}, "all.0.queue"),
        ({"all": [{"check_in": "", "silent_seconds": 60}]}, "all.0.check_in"),
        ({"all": [{"check_in": "erp"}]}, "all.0.silent_seconds"),
        ({"all": [{"metric": "queue.finished", "queue": "a", "op": "<", "value": 1,
                   "window_seconds": 59}]}, "all.0.window_seconds"),
        ({"all": [{"metric": ["queue.ready"]}]}, "all.0.metric"),
        ({"all": [{"metric": "failures.groups", "op": ">", "value": 1, "window_seconds": 60}]},
         "all.0.window_seconds"),
        ({"all": [{"metric": "failures.worst", "op": "about", "value": 1}]}, "all.0.op"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_is(said, path):
    with pytest.raises(InvalidError) as refused:
        parse_rule(said)

    assert path in [each.path for each in refused.value.fields]
