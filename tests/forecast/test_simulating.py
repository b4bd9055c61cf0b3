"""The simulation: exact where the answer can be reckoned, deterministic, and set in its order."""

import math

import numpy as np
import pytest

from apps.forecast.handling import Handling
from apps.forecast.simulating import simulate
from apps.forecast.situations import NEVER, Due, Situation, Waiting
from apps.forecast.windows import Closing, closings_of_slots, slots_at

MINUTE, HOUR = 60.0, 3600.0
# every try takes a minute, for sure
STEADY = Handling(seconds=(MINUTE,) * 40)


def situation(n: int = 0, **values) -> Situation:
    values.setdefault("waiting", tuple(Waiting() for _item in range(n)))
    values.setdefault("handling", STEADY)
    return Situation(**{"horizon": 8 * HOUR, "slots": 1, **values})


def run(given: Situation, **values):
    (found,) = simulate(given, **values)
    return found


@pytest.mark.parametrize(("n", "slots", "minutes"), [
    (0, 1, 0), (1, 1, 1), (60, 1, 60), (60, 2, 30), (61, 2, 31), (10, 20, 1),
])  # fmt: skip
def test_a_backlog_of_equal_items_takes_what_it_must(n, slots, minutes):
    found = run(situation(n, slots=slots))

    assert {found.cleared_at(share) for share in (0.1, 0.5, 0.9)} == {minutes * MINUTE}


def test_what_does_not_fit_into_the_horizon_is_not_empty_in_time():
    found = run(situation(500, horizon=HOUR))

    assert found.cleared_at(0.1) is None
    assert (found.cleared == NEVER).all()


def test_an_item_is_late_by_its_own_end():
    # given an hour's work, due after half of it
    due_soon = tuple(Waiting(due_at=30 * MINUTE) for _item in range(60))

    assert run(situation(waiting=due_soon)).n_late.tolist()[:3] == [30, 30, 30]
    assert run(situation(waiting=due_soon, slots=2)).miss_chance == 0


def test_what_is_late_already_or_due_after_the_horizon_does_not_count():
    late = tuple(Waiting(due_at=-1.0) for _item in range(5))
    far = tuple(Waiting(due_at=9 * HOUR) for _item in range(5))

    assert run(situation(waiting=late + far)).miss_chance == 0


def test_deferred_items_come_at_their_time_and_need_a_slot_then():
    later = Waiting(ready_at=2 * HOUR, due_at=2 * HOUR + 30)
    found = run(situation(waiting=(Waiting(), later)))

    # empty after the first, and the second takes longer than it has
    assert found.cleared_at(0.5) == MINUTE
    assert found.miss_chance == 1


def test_without_slots_nothing_moves_and_all_that_is_due_is_late():
    found = run(situation(waiting=(Waiting(due_at=HOUR), Waiting()), slots=0))

    assert found.cleared_at(0.9) is None
    assert found.n_late.tolist()[0] == 1
    assert found.waiting_at(np.array([0.0, HOUR])).tolist()[1][0] == 2


def test_what_is_in_hand_needs_only_the_rest_of_its_time():
    found = run(situation(waiting=(Waiting(elapsed=40.0),)))

    assert found.cleared_at(0.5) == 20


def test_a_freeze_lets_run_what_runs_and_starts_nothing():
    # given two minutes' work, and an hour closed from half a minute on
    found = run(situation(2, closings=(Closing(30.0, HOUR),)))

    assert found.cleared_at(0.5) == HOUR + MINUTE


def test_maintenance_of_one_of_two_slots_halves_the_speed():
    closings = (Closing(0.0, 8 * HOUR, 1),)

    assert run(situation(60, slots=2, closings=closings)).cleared_at(0.5) == HOUR


def test_closings_add_up_and_take_the_last_slots_first():
    closings = [Closing(0, 10, 1), Closing(5, 20, 1)]

    of_slots = closings_of_slots(closings, 3, 100.0)

    assert of_slots.starts[:, 0].tolist() == [math.inf, 5, 0]
    assert of_slots.ends[:, 0].tolist() == [math.inf, 10, 20]
    assert [slots_at(closings, 3, at) for at in (0, 7, 15, 20)] == [2, 1, 2, 3]


def test_failures_cost_slots_and_delays():
    again = Handling(seconds=(MINUTE,) * 40, n_tries=100, n_again=100, max_attempts=2)
    fine = Handling(seconds=(MINUTE,) * 40, n_tries=100, n_again=0, max_attempts=2)

    doubled = run(situation(100, handling=again)).cleared_at(0.5)
    once = run(situation(100, handling=fine)).cleared_at(0.5)

    assert once is not None
    assert doubled is not None
    assert 1.9 < doubled / once < 2.1


def test_one_that_has_no_tries_left_is_not_tried_again():
    hopeless = Handling(seconds=(MINUTE,) * 40, n_tries=100, n_again=100, max_attempts=1)

    assert run(situation(10, handling=hopeless)).cleared_at(0.5) == 10 * MINUTE


def test_a_queue_that_waits_for_a_retry_is_not_empty():
    slow = Handling(
        seconds=(MINUTE,) * 40, n_tries=10**6, n_again=10**6, max_attempts=2, retry_delay=HOUR
    )
    found = run(situation(1, handling=slow))

    assert (found.cleared_at(0.5) or 0) > HOUR


def test_very_many_items_are_taken_together_without_another_answer():
    large = run(situation(40_000, slots=100, horizon=24 * HOUR))

    assert large.ready.shape[0] <= 700
    assert abs((large.cleared_at(0.5) or 0) - 400 * MINUTE) < 40 * MINUTE


def test_the_same_seed_gives_the_same_answer_and_another_one_another():
    uneven = Handling(seconds=tuple(float(n) for n in range(1, 60)))
    given = situation(50, handling=uneven)

    first, again, other = run(given), run(given), run(given, seed=7)

    assert first.cleared.tolist() == again.cleared.tolist()
    assert first.cleared.tolist() != other.cleared.tolist()


def test_more_slots_never_make_it_worse():
    uneven = Handling(seconds=tuple(1.2**n for n in range(30)), n_tries=100, n_again=10)
    waiting = tuple(Waiting(due_at=2 * HOUR) for _item in range(300))
    found = simulate(situation(waiting=waiting, handling=uneven), slots=(1, 2, 4, 8))

    chances = [each.miss_chance for each in found]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1]


def test_few_measured_times_make_the_bounds_wide():
    rng = np.random.default_rng(1)
    seconds = tuple(rng.lognormal(4, 0.5, 400))

    def width(known: tuple[float, ...]) -> float:
        found = run(situation(100, handling=Handling(seconds=known), horizon=10**7))
        low, high = found.cleared_at(0.1), found.cleared_at(0.9)
        assert low is not None
        assert high is not None
        return high / low

    assert width(seconds) < 1.3
    assert width(seconds[:3]) > 2.5


def test_the_curve_begins_with_what_is_there_and_falls_to_nothing():
    curve = run(situation(60)).waiting_at(np.array([0.0, 30 * MINUTE, HOUR]))

    assert curve[:, 0].tolist() == [60, 30, 0]


def test_cut_offs_make_what_came_before_due_together():
    due = Due(cut_offs=(HOUR, 5 * HOUR))
    assert due.is_set
    assert not Due().is_set
    assert not Due(leads=(5.0,)).is_set
