"""The breaker decides by counts alone: it opens, rests longer each time, is tried, closes."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.limits.breaker import Seen, Settings, Standing, judge, rest_seconds

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=60)
SETTINGS = Settings(failure_share=0.5, min_calls=10, open_seconds=60, probes=3)
OPEN = Standing(state="open", opened_at=NOW, probe_at=LATER, times_opened=1)
PROBING = Standing(state="probing", opened_at=NOW, probe_at=LATER, times_opened=1)


@pytest.mark.parametrize(
    ("n", "n_failed", "opens"),
    [
        (10, 5, True),
        (10, 4, False),
        (9, 9, False),  # too few to say
        (100, 50, True),
        (0, 0, False),
    ],
)
def test_it_opens_when_enough_tries_failed(n, n_failed, opens):
    verdict = judge(Standing(), SETTINGS, Seen(n=n, n_failed=n_failed), NOW)

    assert verdict.is_change is opens
    assert verdict.standing == (OPEN if opens else Standing())


def test_nothing_failed_never_opens_it():
    always = Settings(failure_share=0.01, min_calls=1)

    assert not judge(Standing(), always, Seen(n=50), NOW).is_change


def test_while_it_rests_nothing_moves_it():
    seen = Seen(n=100, n_failed=100, n_failed_probes=5, n_successful_probes=5)

    assert judge(OPEN, SETTINGS, seen, LATER - timedelta(seconds=1)).standing == OPEN


def test_after_its_rest_it_is_tried_without_anybody_having_written_so():
    rested = judge(OPEN, SETTINGS, Seen(), LATER)
    at_once = judge(OPEN, SETTINGS, Seen(n_failed_probes=1), LATER)

    assert (rested.standing, rested.because) == (PROBING, "rest_over")
    assert (at_once.standing.state, at_once.standing.times_opened) == ("open", 2)


def test_enough_good_tries_close_it_and_old_failures_are_forgotten():
    two = judge(PROBING, SETTINGS, Seen(n=100, n_failed=100, n_successful_probes=2), LATER)
    three = judge(PROBING, SETTINGS, Seen(n=100, n_failed=100, n_successful_probes=3), LATER)

    assert (two.standing, two.is_change) == (PROBING, False)
    assert (three.standing, three.because) == (Standing(), "well")


def test_one_failed_try_opens_it_again_for_twice_as_long():
    seen = Seen(n_successful_probes=5, n_failed_probes=1)

    again = judge(PROBING, SETTINGS, seen, LATER)

    assert again.because == "probe"
    assert again.standing.times_opened == 2
    assert again.standing.probe_at == LATER + timedelta(seconds=120)


def test_rests_double_up_to_an_hour():
    assert [rest_seconds(60, n) for n in (1, 2, 3, 6, 7, 1_000_000)] == [
        60, 120, 240, 1_920, 3_600, 3_600,
    ]  # fmt: skip
    assert rest_seconds(1, 1_000_000) == 3_600


@pytest.mark.parametrize("standing", [OPEN, PROBING])
def test_one_that_is_switched_off_lets_go(standing):
    off = Settings(is_on=False)

    assert judge(standing, off, Seen(n=10, n_failed=10), NOW).standing == Standing()
    assert not judge(Standing(), off, Seen(n=10, n_failed=10), NOW).is_change
