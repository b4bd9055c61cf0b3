"""Decisions about failures, by tables of cases and by properties. No database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.lib.errors import InvalidError
from apps.queues.engine import (
    MAX_DELAY_SECONDS,
    Failure,
    Policy,
    Retry,
    Standing,
    decide_failure,
    decide_loss,
    decide_release,
    parse_rules,
    rank_at,
    read_rules,
    retry_delay,
)

RETRY = Retry(delay_seconds=30, backoff="exponential", max_attempts=3)
FRESH = Standing(tries=0, losses=0, alone=False)


def decide(failure, *, rules=(), standing=FRESH, random=lambda: 0.0, **policy):
    whole = Policy(retry=RETRY, rules=parse_rules(list(rules)), **policy)
    return decide_failure(whole, standing, failure, random=random)


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    return st.floats(0, 1).map(lambda part: begin + (end - begin) * part)


@pytest.mark.parametrize(
    ("tries", "backoff", "random", "seconds"),
    [
        (1, "fixed", 0.0, 30),
        (5, "fixed", 0.0, 30),
        (1, "exponential", 0.0, 30),
        (2, "exponential", 0.0, 60),
        (4, "exponential", 0.0, 240),
        (1, "fixed", 1.0, 33),
        (90, "exponential", 1.0, MAX_DELAY_SECONDS),
    ],
)
def test_retry_delay(tries, backoff, random, seconds):
    retry = Retry(delay_seconds=30, backoff=backoff, max_attempts=100)

    assert retry_delay(retry, tries=tries, random=lambda: random) == pytest.approx(seconds)


@given(
    delay=st.integers(0, MAX_DELAY_SECONDS),
    tries=st.integers(1, 100),
    backoff=st.sampled_from(["fixed", "exponential"]),
    random=st.floats(0, 1, exclude_max=True),
)
def test_a_delay_is_never_shorter_than_people_set_and_never_over_a_week(
    delay, tries, backoff, random
):
    retry = Retry(delay_seconds=delay, backoff=backoff, max_attempts=3)

    seconds = retry_delay(retry, tries=tries, random=lambda: random)

    assert delay <= seconds <= MAX_DELAY_SECONDS


@pytest.mark.parametrize(
    ("failure", "tries", "policy", "goes", "status", "cause"),
    [
        ("business", 0, {}, "parked", "needs_decision", "business_exception"),
        ("business", 0, {"on_business_exception": "fail"}, "ended", "failed", ""),
        ("application", 0, {}, "scheduled", "", ""),
        ("application", 1, {}, "scheduled", "", ""),
        ("application", 2, {}, "parked", "needs_decision", "exhausted"),
        ("application", 2, {"on_exhausted": "fail"}, "ended", "failed", ""),
    ],
    ids=[
        "business exceptions ask a person",
        "business exceptions may fail the item",
        "first failure is retried",
        "second failure is retried",
        "third failure of three asks a person",
        "third failure may fail the item",
    ],
)
def test_without_rules_the_queue_decides(failure, tries, policy, goes, status, cause):
    verdict = decide(
        Failure(kind=failure), standing=Standing(tries=tries, losses=1, alone=True), **policy
    )

    assert (verdict.goes, verdict.status, verdict.cause) == (goes, status, cause)
    assert (verdict.tries, verdict.losses, verdict.alone) == (tries + 1, 1, False)


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({}, True),
        ({"class": "application"}, True),
        ({"class": "business"}, False),
        ({"code": "ERP-42"}, True),
        ({"code": "ERP-*"}, True),
        ({"code": "erp-*"}, False),
        ({"code": "ERP"}, False),
        ({"error_class": "TimeoutError"}, True),
        ({"error_class": "http.TimeoutError"}, True),
        ({"error_class": "http.*"}, True),
        ({"error_class": "Timeout"}, False),
        ({"attempt_at_least": 2}, True),
        ({"attempt_at_least": 3}, False),
        ({"class": "application", "code": "ERP-*", "attempt_at_least": 2}, True),
        ({"class": "application", "code": "SAP-*"}, False),
    ],
)
def test_what_a_rule_matches(when, matches):
    failure = Failure(kind="application", code="ERP-42", error_class="http.TimeoutError")

    verdict = decide(
        failure,
        rules=[{"when": when, "then": "skip"}],
        standing=Standing(tries=1, losses=0, alone=False),
    )

    assert (verdict.status == "skipped") is matches


def test_the_first_matching_rule_decides():
    rules = [
        {"when": {"code": "A"}, "then": "skip"},
        {"when": {}, "then": "person"},
        {"when": {}, "then": "fail"},
    ]

    assert decide(Failure(kind="application", code="B"), rules=rules).cause == "rule"


def test_a_rule_that_says_retry_has_its_own_delay_and_limit():
    rules = [{"then": {"retry": {"delay_seconds": 5, "backoff": "fixed", "max_attempts": 6}}}]
    failure = Failure(kind="application")

    sixth = Standing(tries=5, losses=0, alone=False)
    fifth = Standing(tries=4, losses=0, alone=False)

    assert decide(failure, rules=rules, standing=fifth).delay_seconds == 5
    assert decide(failure, rules=rules, standing=sixth).cause == "exhausted"


def test_wrong_data_is_tried_again_only_by_a_rule_that_names_it():
    failure = Failure(kind="business", code="STALE")
    anything = [{"when": {"code": "STALE"}, "then": "retry"}]
    explicit = [{"when": {"class": "business", "code": "STALE"}, "then": "retry"}]

    assert decide(failure, rules=anything).cause == "business_exception"
    assert decide(failure, rules=explicit).goes == "scheduled"


def test_pausing_the_queue_does_not_count_the_try():
    verdict = decide(Failure(kind="application"), rules=[{"then": "pause_queue"}])

    assert (verdict.goes, verdict.tries, verdict.pauses_queue) == ("ready", 0, True)


@pytest.mark.parametrize("then", ["retry", "skip", "person", "fail", "pause_queue"])
def test_an_open_effect_comes_before_every_rule(then):
    open_effect = Standing(tries=0, losses=0, alone=False, has_open_effects=True)

    verdict = decide(Failure(kind="application"), rules=[{"then": then}], standing=open_effect)

    assert (verdict.goes, verdict.cause) == ("parked", "effect_unknown")


@pytest.mark.parametrize(
    ("rules", "policy"),
    [
        ([{"then": "skip"}], {}),
        ([{"then": "fail"}], {}),
        ([{"when": {"class": "business"}, "then": "retry"}], {}),
        ([], {"on_business_exception": "fail"}),
    ],
)
def test_a_data_problem_does_not_end_an_item_whose_act_is_in_doubt(rules, policy):
    open_effect = Standing(tries=0, losses=0, alone=False, has_open_effects=True)

    verdict = decide(Failure(kind="business"), rules=rules, standing=open_effect, **policy)

    assert (verdict.goes, verdict.cause) == ("parked", "effect_unknown")


def test_the_bots_wish_when_to_retry_is_followed():
    moment = datetime(2030, 1, 1, tzinfo=UTC)

    verdict = decide(Failure(kind="application", retry_at=moment))

    assert (verdict.goes, verdict.available_at) == ("scheduled", moment)


@pytest.mark.parametrize(
    ("losses", "alone", "goes", "counted"),
    [
        (0, False, "ready", 0),
        (2, False, "ready", 2),
        (0, True, "ready", 1),
        (1, True, "ready", 2),
        (2, True, "parked", 3),
    ],
)
def test_only_losses_alone_count_and_the_third_is_the_last(losses, alone, goes, counted):
    standing = Standing(tries=1, losses=losses, alone=alone)

    verdict = decide_loss(Policy(retry=RETRY), standing)

    assert (verdict.goes, verdict.losses, verdict.tries) == (goes, counted, 1)
    assert verdict.alone is (goes == "ready")


def test_what_is_given_back_keeps_everything():
    standing = Standing(tries=2, losses=1, alone=True, stays_alone=True)

    verdict = decide_release(standing, available_at=None)

    assert (verdict.goes, verdict.tries, verdict.losses, verdict.alone) == ("ready", 2, 1, True)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("retry", "error_rules"),
        ([1], "error_rules.0"),
        ([{}], "error_rules.0.then"),
        ([{"then": "explode"}], "error_rules.0.then"),
        ([{"then": "skip", "if": {}}], "error_rules.0.if"),
        ([{"then": "skip"}, {"when": [], "then": "skip"}], "error_rules.1.when"),
        ([{"when": {"class": "system"}, "then": "skip"}], "error_rules.0.when.class"),
        ([{"when": {"code": ""}, "then": "skip"}], "error_rules.0.when.code"),
        ([{"when": {"code": 7}, "then": "skip"}], "error_rules.0.when.code"),
        ([{"when": {"kode": "x"}, "then": "skip"}], "error_rules.0.when.kode"),
        (
            [{"when": {"attempt_at_least": 0}, "then": "skip"}],
            "error_rules.0.when.attempt_at_least",
        ),
        (
            [{"when": {"attempt_at_least": True}, "then": "skip"}],
            "error_rules.0.when.attempt_at_least",
        ),
        ([{"then": {"retry": 3}}], "error_rules.0.then.retry"),
        ([{"then": {"retry": {"delay_seconds": -1}}}], "error_rules.0.then.retry.delay_seconds"),
        ([{"then": {"retry": {"backoff": "cubic"}}}], "error_rules.0.then.retry.backoff"),
        ([{"then": {"retry": {}, "skip": {}}}], "error_rules.0.then.skip"),
        ([{"then": "skip"}] * 51, "error_rules"),
    ],
)
def test_a_wrong_rule_is_refused_naming_the_field(value, path):
    with pytest.raises(InvalidError) as refused:
        parse_rules(value)

    assert refused.value.fields[0].path == path


def test_stored_rules_that_are_broken_are_left_out():
    rules = read_rules([{"then": "explode"}, {"then": "skip"}, 5])

    assert [rule.action for rule in rules] == ["skip"]
    assert read_rules({"not": "a list"}) == ()


@given(
    entered=moments(2020, 2040),
    waited=st.integers(1, 10**6),
    low=st.integers(0, 100),
    high=st.integers(0, 100),
)
def test_rank_prefers_priority_and_age_by_the_exchange_rate(entered, waited, low, high):
    rules = {"lead_seconds": 3600, "seconds_per_point": 60, "due_at": None}
    later = entered + timedelta(seconds=waited)

    old = rank_at(entered, priority=low, **rules)
    young = rank_at(later, priority=high, **rules)

    assert (old < young) is (waited > (high - low) * 60)


def test_rank_lets_overtake_what_is_due_within_the_lead():
    now = datetime(2030, 1, 1, tzinfo=UTC)
    rules = {"priority": 50, "lead_seconds": 3600, "seconds_per_point": 60}

    soon = rank_at(now, due_at=now + timedelta(minutes=10), **rules)
    far = rank_at(now, due_at=now + timedelta(days=10), **rules)
    none = rank_at(now, due_at=None, **rules)

    assert soon < far == none


def test_a_due_date_of_long_ago_stays_within_what_programs_can_read():
    rank = rank_at(
        datetime(2030, 1, 1, tzinfo=UTC),
        due_at=datetime(1, 1, 2, tzinfo=UTC),
        priority=100,
        lead_seconds=0,
        seconds_per_point=86_400,
    )

    assert rank.year == 1900
