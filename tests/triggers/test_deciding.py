"""What becomes of times that are due, by policy; without a database."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from apps.triggers.deciding import MAX_COUNTED, MAX_ROWS, decide, leave_out, look
from apps.triggers.models import Trigger
from apps.triggers.times import Tick, first_after
from apps.triggers.timing import parse_rule

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def rule_every(seconds):
    anchor = NOON.isoformat()
    said = {"type": "interval", "seconds": seconds, "anchor": anchor, "zone": "UTC"}
    return parse_rule(said)


def plans_of(*, every, down, now=NOON, max_catch_up=3, missed="drop"):
    """Plans for a trigger that nobody looked at since `down` before `now`."""
    rule = rule_every(every)
    first = first_after(rule, now - down)
    seen = look(rule, first, lambda tick: tick.at <= now, now)
    trigger = Trigger(missed=missed, max_catch_up=max_catch_up)
    return decide(seen, trigger, now, lambda tick: tick.at)


def told(plans):
    return [(plan.tick.at, str(plan.outcome), str(plan.reason)) for plan in plans]


def test_a_time_that_has_just_come_is_started():
    (plan,) = plans_of(every=3600, down=timedelta(minutes=5))

    assert (plan.tick.at, plan.outcome, plan.origin) == (NOON, "fired", "schedule")


def test_missed_times_are_left_out_when_the_policy_drops_them():
    plans = plans_of(every=3600, down=timedelta(hours=3, minutes=5))

    assert told(plans) == [
        (NOON - timedelta(hours=3), "missed", "dropped"),
        (NOON - timedelta(hours=2), "missed", "dropped"),
        (NOON - timedelta(hours=1), "missed", "dropped"),
        (NOON, "fired", ""),
    ]


def test_missed_times_are_made_up_for_by_one_start():
    now = NOON + timedelta(minutes=30)
    plans = plans_of(every=3600, down=timedelta(hours=3), now=now, missed="run_once")

    assert told(plans) == [
        (NOON - timedelta(hours=2), "missed", "caught_up"),
        (NOON - timedelta(hours=1), "missed", "caught_up"),
        (NOON, "fired", ""),
    ]
    assert plans[-1].origin == "catch_up"


def test_what_starts_now_anyway_makes_up_for_what_was_missed():
    plans = plans_of(every=3600, down=timedelta(hours=2, minutes=5), missed="run_once")

    assert [str(plan.outcome) for plan in plans] == ["missed", "missed", "fired"]
    assert plans[-1].origin == "schedule"


def test_each_missed_time_is_made_up_for_up_to_the_number_newest_kept():
    now = NOON + timedelta(minutes=30)
    plans = plans_of(every=3600, down=timedelta(hours=5), now=now, missed="run_all")

    assert told(plans) == [
        (NOON - timedelta(hours=4), "missed", "limit"),
        (NOON - timedelta(hours=3), "missed", "limit"),
        (NOON - timedelta(hours=2), "fired", ""),
        (NOON - timedelta(hours=1), "fired", ""),
        (NOON, "fired", ""),
    ]


@pytest.mark.parametrize("missed", ["drop", "run_once", "run_all"])
def test_beyond_a_thousand_missed_times_one_row_stands_for_the_older_ones(missed):
    plans = plans_of(every=60, down=timedelta(minutes=2500), missed=missed)

    # times of the last minute are not missed yet: noon, and a minute before
    assert len(plans) == MAX_ROWS + 1
    assert sum(plan.count for plan in plans) == 2500
    assert plans[0].count == 2500 - MAX_ROWS
    assert plans[0].outcome == "missed"
    assert not plans[0].is_estimate


def test_very_many_missed_times_are_reckoned_not_counted():
    n = 3 * MAX_COUNTED
    plans = plans_of(every=10, down=timedelta(seconds=10 * n))

    assert plans[0].is_estimate
    assert sum(plan.count for plan in plans) == pytest.approx(n, rel=0.01)
    assert plans[-1].tick.at == NOON
    assert plans[-1].outcome == "fired"
    times = Counter(plan.tick.at for plan in plans)
    assert max(times.values()) == 1


def test_closed_days_are_skipped_not_missed_and_nothing_makes_up_for_them():
    rule = rule_every(86_400)
    closed = Tick(NOON - timedelta(days=1), "closed")
    now = NOON + timedelta(hours=1)
    seen = look(rule, closed, lambda tick: tick.at <= now, now)
    trigger = Trigger(missed="run_all", max_catch_up=5)

    plans = decide(seen, trigger, now, lambda tick: tick.at)

    assert [(str(plan.outcome), str(plan.reason)) for plan in plans] == [
        ("skipped", "calendar"),
        ("fired", ""),
    ]


def test_the_following_time_is_told_and_none_when_there_is_none():
    once = parse_rule({"type": "once", "at": NOON.isoformat(), "zone": "UTC"})
    hourly = rule_every(3600)

    last = look(once, Tick(NOON), lambda tick: tick.at <= NOON, NOON)
    more = look(hourly, Tick(NOON), lambda tick: tick.at <= NOON, NOON)

    assert last.following is None
    assert more.following == Tick(NOON + timedelta(hours=1))


def test_what_nobody_looks_at_is_one_row_that_counts():
    rule = rule_every(60)
    first = Tick(NOON - timedelta(minutes=90))

    seen = look(rule, first, lambda tick: tick.at <= NOON, NOON)
    (plan,) = leave_out(seen, "skipped", "paused")

    assert (plan.tick, plan.count, plan.outcome) == (first, 91, "skipped")
