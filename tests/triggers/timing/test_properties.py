"""What holds of every rule, whatever it says."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps.lib.errors import InvalidError
from apps.triggers.timing import Mark, jittered, parse_rule

from .strategies import bounded, calendars, moments, recurring, schedules

MOST = 12
WEEKS = timedelta(days=21)
SECOND = timedelta(seconds=1)
common = settings(max_examples=120, deadline=None)


def rule_of(said, **calendar):
    """Return the rule; what can't be is refused, and refused things prove nothing here."""
    try:
        return parse_rule(said, **calendar)
    except InvalidError:
        assume(False)


@common
@given(
    bounded(schedules), calendars, st.sampled_from(["ignore", "skip", "next", "previous"]), moments
)
def test_times_grow_within_their_bounds_and_go_on_from_any_of_them(said, hours, on_closed, moment):
    rule = rule_of(said, hours=hours, on_closed=on_closed)

    found = list(islice(rule.planned_after(moment), MOST))

    at = [planned.at for planned in found]
    assert at == sorted(set(at))
    assert all(each > moment and each.tzinfo is UTC for each in at)
    assert all(each >= rule.starts_at for each in at if rule.starts_at)
    assert all(each <= rule.ends_at for each in at if rule.ends_at)
    for n in range(len(found) - 1):
        assert next(rule.planned_after(at[n])) == found[n + 1]
        assert next(rule.planned_after(at[n] + SECOND / 2)) == found[n + 1]


@common
@given(bounded(schedules), moments)
def test_the_wall_clock_shows_what_is_written_unless_it_skips_that(said, moment):
    rule = rule_of(said)

    for planned in islice(rule.planned_after(moment), MOST):
        shown = planned.at.astimezone(rule.zone).replace(tzinfo=None)
        written = planned.nominal.replace(tzinfo=None)
        assert shown > written if planned.mark == Mark.GAP else shown == written


@common
@given(bounded(schedules), calendars, st.sampled_from(["next", "previous"]), moments)
def test_on_closed_days_all_starts_are_on_a_working_day_near_by(said, hours, on_closed, moment):
    rule, plain = rule_of(said, hours=hours, on_closed=on_closed), rule_of(said)
    until = moment + WEEKS
    step = timedelta(days=1 if on_closed == "next" else -1)

    found = takewhile(lambda planned: planned.at <= until, rule.planned_after(moment))

    expected = set()
    for planned in plain.planned_after(moment - WEEKS - WEEKS):
        if planned.at > until + WEEKS + WEEKS:
            break
        expected.add(shifted(planned, hours, step, rule.zone))
    first, last = rule.starts_at or moment, min(until, rule.ends_at or until)
    within = {at for at in expected if at > moment and first <= at <= last}
    assert [planned.at for planned in found] == sorted(within)


@common
@given(bounded(schedules), calendars, moments)
def test_leaving_out_closed_days_leaves_out_these_and_nothing_else(said, hours, moment):
    rule, plain = rule_of(said, hours=hours, on_closed="skip"), rule_of(said)

    found = list(islice(rule.planned_after(moment), MOST))

    assert [planned.at for planned in found] == [
        planned.at for planned in islice(plain.planned_after(moment), MOST)
    ]
    for planned in found:
        assert (planned.mark == Mark.CLOSED) != bool(hours.spans_on(planned.nominal.date()))


@common
@given(moments, st.text(max_size=20), st.integers(0, 86_400))
def test_spread_times_are_late_by_at_most_so_much_and_always_the_same(at, seed, seconds):
    late = jittered(at, seed, seconds)

    assert timedelta() <= late - at <= timedelta(seconds=seconds)
    assert late == jittered(at.astimezone(ZoneInfo("Asia/Tokyo")), seed, seconds)


def test_spread_times_are_spread():
    at = datetime(2026, 3, 1, tzinfo=UTC)

    late = [(jittered(at, f"trigger-{n}", 600) - at).total_seconds() for n in range(1_000)]

    for quarter in range(4):
        assert 200 < sum(quarter * 150 <= each < quarter * 150 + 150 for each in late) < 300


@common
@given(bounded(recurring), moments)
def test_sentences_can_be_said_of_all(said, moment):
    rule = rule_of(said)

    assert "%(" not in rule.sentence()
    assert rule.sentence().startswith("At ")


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
FIELDS = (
    *("zone", "starts_at", "ends_at", "jitter_seconds", "cron", "seconds", "anchor", "freq", "at"),
    *("interval", "weekdays", "ordinal", "month_days", "months", "times", "typo"),
)


@settings(max_examples=200, deadline=None)
@given(bounded(schedules), st.dictionaries(st.sampled_from(FIELDS), anything, max_size=3))
def test_whatever_is_written_is_a_rule_or_refused_at_a_field(said, changed):
    problems, sentence = [], ""
    try:
        sentence = parse_rule(said | changed).sentence()
    except InvalidError as error:
        problems = error.fields

    assert sentence or problems
    assert all(problem.path and problem.message for problem in problems)


def shifted(planned, hours, step: timedelta, zone: ZoneInfo) -> datetime:
    """Move to the first day with hours in that direction, within a month; keep the time of day."""
    day: date = planned.nominal.date()
    for _ in range(32):
        if hours.spans_on(day):
            break
        day += step
    else:
        return planned.at
    if day == planned.nominal.date():
        return planned.at
    wall = datetime.combine(day, planned.nominal.time(), zone)
    # a time that the clock skips: the end of the skipped time, found by trying
    at = wall.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        probe = datetime.combine(day, time(), UTC) - timedelta(days=1)
        while probe.astimezone(zone).replace(tzinfo=None) < wall.replace(tzinfo=None):
            probe += timedelta(minutes=1)
        at = probe
    return at
