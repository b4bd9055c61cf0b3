"""The breaker, as pure arithmetic: what stops a model, and what lets it go on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.ai.breaker import Limits, Seen, Standing, admit, settle

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)


def seen(**values):
    return Seen(**{"now": NOON, "next_day": MIDNIGHT, "next_month": MIDNIGHT, **values})


def ask(limits, standing, facts, cost="0.10"):
    return admit(limits, standing, facts, cost=Decimal(cost), seconds=10)


def stopped(**values):
    return Standing(
        state="open",
        because="errors",
        opened_at=NOON - timedelta(seconds=60),
        retry_at=NOON,
        n_stops=1,
        **values,
    )


def test_without_limits_everything_goes_through():
    answer = ask(Limits(), Standing(), seen(n_calls=100, n_errors=100, cost_today=Decimal(1000)))

    assert answer.is_allowed
    assert not answer.is_probe


def test_a_share_of_errors_stops_it_for_the_pause():
    limits = Limits(error_share=0.5, min_calls=4, pause_seconds=60)

    after = settle(
        limits, Standing(), seen(n_calls=4, n_errors=2), is_ok=False, seconds=1, is_probe=False
    )

    assert (after.state, after.because) == ("open", "errors")
    assert after.retry_at == NOON + timedelta(seconds=60)
    assert not ask(limits, after, seen(n_calls=4, n_errors=2)).is_allowed


def test_too_few_calls_stop_nothing():
    limits = Limits(error_share=0.5, min_calls=4)

    after = settle(
        limits, Standing(), seen(n_calls=3, n_errors=3), is_ok=False, seconds=1, is_probe=False
    )

    assert after.state == "closed"


def test_slow_answers_stop_it():
    limits = Limits(p95_seconds=2, min_calls=1)

    after = settle(
        limits,
        Standing(),
        seen(n_calls=20, p95_seconds=2.5),
        is_ok=True,
        seconds=1,
        is_probe=False,
    )

    assert (after.state, after.because) == ("open", "slow")


def test_after_the_pause_one_call_tries_and_no_other():
    limits = Limits(error_share=0.5)

    first = ask(limits, stopped(), seen())
    second = ask(limits, first.standing, seen())

    assert first.is_allowed
    assert first.is_probe
    assert not second.is_allowed
    assert second.because == "trying"


def test_a_trial_that_never_came_back_lets_another_one_try():
    limits = Limits(error_share=0.5)
    first = ask(limits, stopped(), seen())

    later = ask(limits, first.standing, seen(now=NOON + timedelta(seconds=41)))

    assert later.is_allowed
    assert later.is_probe


def test_a_good_trial_closes_it_and_old_errors_are_forgotten():
    limits = Limits(error_share=0.5, min_calls=1)
    trying = ask(limits, stopped(), seen()).standing

    after = settle(
        limits, trying, seen(n_calls=9, n_errors=8), is_ok=True, seconds=1, is_probe=True
    )

    assert after == Standing(counts_from=NOON)


def test_a_bad_trial_doubles_the_pause_up_to_an_hour():
    limits = Limits(error_share=0.5, pause_seconds=60)
    trying = ask(limits, stopped(), seen()).standing

    after = settle(limits, trying, seen(), is_ok=False, seconds=1, is_probe=True)

    assert after.retry_at == NOON + timedelta(seconds=120)
    many = settle(
        limits,
        Standing(state="half_open", n_stops=40, probe_until=NOON),
        seen(),
        is_ok=False,
        seconds=1,
        is_probe=True,
    )
    assert many.retry_at == NOON + timedelta(hours=1)


def test_a_good_but_slow_trial_does_not_close_it():
    limits = Limits(p95_seconds=2)
    trying = ask(limits, stopped(), seen()).standing

    after = settle(limits, trying, seen(), is_ok=True, seconds=3, is_probe=True)

    assert (after.state, after.because) == ("open", "slow")


def test_a_cost_is_kept_and_not_only_noticed():
    limits = Limits(cost_per_day=Decimal(1))

    at_the_edge = ask(limits, Standing(), seen(cost_today=Decimal("0.90")))
    beyond = ask(limits, Standing(), seen(cost_today=Decimal("0.91")))

    assert at_the_edge.is_allowed
    assert not beyond.is_allowed
    assert (beyond.standing.state, beyond.standing.because) == ("open", "cost_day")
    assert beyond.standing.retry_at == MIDNIGHT


def test_what_is_under_way_holds_a_call_back_but_stops_nothing():
    limits = Limits(cost_per_day=Decimal(1))

    answer = ask(limits, Standing(), seen(cost_today=Decimal("0.5"), cost_running=Decimal("0.45")))

    assert not answer.is_allowed
    assert answer.because == "reserved"
    assert answer.standing == Standing()


def test_a_new_day_needs_no_trial():
    limits = Limits(cost_per_day=Decimal(1))
    full = ask(limits, Standing(), seen(cost_today=Decimal(1))).standing

    answer = ask(limits, full, seen(now=MIDNIGHT))

    assert answer.is_allowed
    assert not answer.is_probe
    assert answer.standing.state == "closed"


def test_a_month_over_its_cost_stays_stopped_on_the_next_day():
    limits = Limits(cost_per_day=Decimal(1), cost_per_month=Decimal(5))
    month_ends = datetime(2026, 5, 1, tzinfo=UTC)

    full = ask(limits, Standing(), seen(cost_month=Decimal(5), next_month=month_ends))

    assert full.because == "cost_month"
    assert full.standing.retry_at == month_ends
