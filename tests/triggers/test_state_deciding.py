"""What becomes of conditions that hold or do not, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.lib.errors import InvalidError
from apps.triggers.conditions import Fact, judge, parse_state, state_words
from apps.triggers.deciding import StateSeen, decide_state
from apps.triggers.deciding.states import held_back, started

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
READY = {"metric": "queue.ready", "queue": "in", "op": ">=", "value": 5}


def rule_of(**said):
    return parse_state({"all": [READY], **said})


def play(rule, *looks):
    """Go through looks of (seconds since noon, whether the conditions hold); tell what happened."""
    seen, told = None, []
    for seconds, holds in looks:
        now = NOON + timedelta(seconds=seconds)
        verdict = decide_state(rule, seen, holds, now)
        seen = verdict.seen
        if verdict.occasion:
            told.append((seconds, "start"))
            seen = started(verdict, rule, now)
        elif verdict.refused:
            told.append((seconds, str(verdict.refused)))
        seen = StateSeen.stored(seen.as_json())
    return told


def test_a_beginning_starts_once_and_what_held_before_is_none():
    assert play(rule_of(), (0, True), (1, True)) == []
    told = play(rule_of(), (0, False), (1, True), (2, True), (3, False), (9, True))

    assert told == [(1, "start"), (3, "condition"), (9, "start")]


def test_it_must_hold_for_as_long_as_is_asked():
    rule = rule_of(for_seconds=10)

    assert play(rule, (0, False), (1, True), (9, False), (10, True), (19, True)) == [
        (9, "condition")
    ]
    assert play(rule, (0, False), (1, True), (10, True), (11, True)) == [(11, "start")]


def test_an_edge_within_the_cool_down_is_told_once_and_starts_when_that_is_over():
    rule = rule_of(cool_down_seconds=60)

    told = play(
        rule, (0, False), (1, True), (2, False), (3, True), (4, True), (60, True), (61, True)
    )

    assert told == [(1, "start"), (2, "condition"), (3, "cool_down"), (61, "start")]


def test_a_level_starts_again_and_again_in_its_rhythm():
    rule = rule_of(mode="level", cool_down_seconds=30)

    told = play(rule, (0, True), (1, True), (29, True), (30, True), (59, True), (60, True))

    assert told == [(0, "start"), (30, "start"), (60, "start")]


def test_once_a_day_is_by_the_clock_of_the_zone():
    rule = rule_of(once_per="business_date", zone="Asia/Tokyo")
    # in Tokyo it is 21:00: three hours are left of the day
    looks = [(0, False), (1, True), (2, False), (3, True), (4, False), (10_799, False)]

    told = play(rule, *looks, (10_801, True))

    assert told == [
        (1, "start"), (2, "condition"), (3, "once_per_date"), (4, "condition"), (10_801, "start"),
    ]  # fmt: skip


def test_what_held_on_from_yesterday_does_not_start_anew_at_midnight():
    rule = rule_of(once_per="business_date", zone="UTC")
    day = 86_400

    told = play(rule, (0, False), (1, True), (2, False), (3, True), (day, True), (2 * day, True))

    assert told == [(1, "start"), (2, "condition"), (3, "once_per_date")]


def test_a_level_once_a_day_starts_on_the_next_day_too():
    rule = rule_of(mode="level", cool_down_seconds=10, once_per="business_date", zone="UTC")

    told = play(rule, (0, True), (20, True), (40, True), (43_200, True))

    assert told == [(0, "start"), (20, "once_per_date"), (43_200, "start")]


def test_what_is_held_back_is_left_out_by_an_edge_and_tried_again_by_a_level():
    seen = StateSeen(holds=False, since=NOON)
    level = rule_of(mode="level", cool_down_seconds=10)
    for rule, n_done in ((rule_of(), True), (level, False)):
        verdict = decide_state(rule, seen, True, NOON)
        held = held_back(verdict, rule, "stopped")
        assert (held.refused, held.seen.is_done) == ("stopped", n_done)
        assert held_back(held, rule, "stopped").refused == ""


def test_the_same_beginning_has_the_same_occasion_whoever_asks():
    seen = StateSeen(holds=False, since=NOON)
    first = decide_state(rule_of(), seen, True, NOON)
    later = decide_state(rule_of(), first.seen, True, NOON)

    assert first.occasion == f"since {NOON.isoformat()}"
    assert later.occasion == ""  # done


AT = {"today": NOON - timedelta(hours=1), "yesterday": NOON - timedelta(hours=13)}


@pytest.mark.parametrize(
    ("leaf", "fact", "value", "holds"),
    [
        (READY, ("queue.ready", "in", ""), 5, True),
        (READY, ("queue.ready", "in", ""), 4, False),
        (READY, ("queue.ready", "in", ""), None, False),
        ({**READY, "op": "!="}, ("queue.ready", "in", ""), 5, False),
        (
            {"metric": "queue.failure_share", "queue": "in", "op": ">", "value": 0.2},
            ("queue.failure_share", "in", "600"), 0.25, True,
        ),
        ({"asset": "open", "op": "=", "value": True}, ("asset", "open", ""), True, True),
        ({"asset": "open", "op": "=", "value": True}, ("asset", "open", ""), 1, False),
        ({"asset": "open", "op": "!=", "value": True}, ("asset", "open", ""), 1, True),
        ({"asset": "rate", "op": ">", "value": 2}, ("asset", "rate", ""), 2.5, True),
        ({"asset": "rate", "op": ">", "value": 2}, ("asset", "rate", ""), "3", False),
        ({"asset": "mode", "op": "=", "value": "on"}, ("asset", "mode", ""), "on", True),
        (
            {"workflow": "close", "ended": "successful", "within": "today"},
            ("workflow", "close", "successful"), AT["today"], True,
        ),
        (
            {"workflow": "close", "ended": "any", "within": "today"},
            ("workflow", "close", "any"), AT["yesterday"], False,
        ),
        (
            {"automation": "report", "ended": "failed", "within": 3_500},
            ("automation", "report", "failed"), AT["today"], False,
        ),
        ({"trigger": "early", "fired": "today"}, ("trigger", "early", ""), AT["today"], True),
    ],
)  # fmt: skip
def test_each_condition_holds_by_what_was_measured(leaf, fact, value, holds):
    facts = {} if value is None else {Fact(1, *fact): value}

    judged = judge(parse_state({"all": [leaf]}), 1, facts, NOON)

    assert judged.holds is holds
    assert judged.parts[0].as_json()["holds"] is holds


def test_all_and_any_one_level_deep_and_every_condition_is_looked_at():
    empty = {**READY, "queue": "empty"}
    rule = parse_state({"any": [empty, {"all": [READY, {**READY, "op": "<", "value": 9}]}]})

    judged = judge(rule, 1, {Fact(1, "queue.ready", "in"): 7}, NOON)

    assert judged.holds
    assert [part.holds for part in judged.parts] == [False, True, True]
    assert "and" in state_words(rule)


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"all"}),
        ({"all": []}, {"all"}),
        ({"all": [READY], "any": [READY]}, {"all"}),
        ({"all": ["x"]}, {"all.0"}),
        ({"all": [{}]}, {"all.0"}),
        ({"all": [{"all": [{"all": [READY]}]}]}, {"all.0.all.0"}),
        ({"all": [{**READY, "op": "~"}]}, {"all.0.op"}),
        ({"all": [{**READY, "value": -1}]}, {"all.0.value"}),
        ({"all": [{**READY, "value": True}]}, {"all.0.value"}),
        ({"all": [{**READY, "metric": "queue.colour"}]}, {"all.0.metric"}),
        ({"all": [{**READY, "queue": ""}]}, {"all.0.queue"}),
        ({"all": [{**READY, "window_seconds": 60}]}, {"all.0.window_seconds"}),
        ({"all": [{**READY, "metric": "queue.failure_share", "value": 2}]}, {"all.0.value"}),
        ({"all": [{"asset": "a", "op": "=", "value": [1]}]}, {"all.0.value"}),
        ({"all": [{"asset": "a", "op": "<", "value": "x"}]}, {"all.0.op"}),
        ({"all": [{"workflow": "w", "ended": "well", "within": "today"}]}, {"all.0.ended"}),
        ({"all": [{"workflow": "w", "ended": "any", "within": 0}]}, {"all.0.within"}),
        ({"all": [{"trigger": "t", "fired": "ever"}]}, {"all.0.fired"}),
        ({"all": [READY], "mode": "both"}, {"mode"}),
        ({"all": [READY], "mode": "level"}, {"cool_down_seconds"}),
        ({"all": [READY], "for_seconds": -5}, {"for_seconds"}),
        ({"all": [READY], "once_per": "business_date"}, {"zone"}),
        ({"all": [READY], "zone": "Mars"}, {"zone"}),
        ({"all": [READY], "colour": 1}, {"colour"}),
        ({"all": [READY] * 21}, {"all"}),
    ],
)
def test_what_is_wrong_is_named(said, fields):
    with pytest.raises(InvalidError) as error:
        parse_state(said)

    assert {each.path for each in error.value.fields} == fields
