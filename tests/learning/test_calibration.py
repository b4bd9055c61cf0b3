"""Stated confidence against measured accuracy, on verdicts of which the truth is known."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from apps.learning.calibration import (
    Look,
    calibrate,
    drift_between,
    effective_number,
    halves,
    share_of,
    wilson,
)
from tests.learning.synthetic import MODELS, World, confidences

VERDICTS = 5_000
SEEDS = range(6)
START = datetime(2026, 1, 1, tzinfo=UTC)


def looks_at(confidence: float, *, right: int, wrong: int, weight: float = 1.0) -> list[Look]:
    return [
        Look(confidence=confidence, is_right=k < right, weight=weight) for k in range(right + wrong)
    ]


@pytest.fixture(scope="module")
def fresh():
    return sorted(confidences(random.Random(1), 20_000))


@pytest.mark.parametrize("name", MODELS)
def test_on_5000_verdicts_precise_bins_are_within_2_points_of_the_truth(name, fresh):
    """A bin says of itself whether it has enough cases: its interval is 2 points to each side."""
    world, errors = World(MODELS[name], share=1.0), []
    for seed in SEEDS:
        calibration = calibrate(world.looks(random.Random(seed), VERDICTS))
        errors += [
            abs(each.accuracy.value - world.true_accuracy(each.low, each.high, fresh))
            for each in calibration.bins
            if each.accuracy.is_precise
        ]

    assert len(errors) >= 2 * len(SEEDS)
    # an interval of 95 % is allowed its 5 %; seeds are fixed, so this is no gamble
    assert sum(error <= 0.02 for error in errors) >= 0.95 * len(errors)
    assert max(errors) < 0.025


def test_a_sample_of_what_passed_shows_the_truth_that_stopped_values_hide(fresh):
    """Seen plainly, a model looks worse than it is: what was stopped is overrepresented."""
    world = World(MODELS["honest"], share=0.05)
    truth = world.true_accuracy(0, 1, fresh)
    looks = world.looks(random.Random(3), VERDICTS)
    plain = [Look(confidence=look.confidence, is_right=look.is_right) for look in looks]

    weighted = calibrate(looks).accuracy

    assert abs(weighted.value - truth) < 0.02
    assert weighted.low <= truth <= weighted.high
    assert truth - calibrate(plain).accuracy.value > 0.05


def test_an_honest_model_has_a_smaller_gap_than_a_boastful_one():
    gaps = {}
    for name in ("honest", "boastful", "modest"):
        looks = World(MODELS[name]).looks(random.Random(5), VERDICTS)
        gaps[name] = calibrate(looks).gap

    assert gaps["honest"] < 0.015 < gaps["boastful"]
    assert gaps["honest"] < 0.015 < gaps["modest"]


def test_brier_score_and_gap_are_what_they_are_by_hand():
    looks = [*looks_at(0.8, right=3, wrong=1), *looks_at(0.6, right=1, wrong=1)]

    found = calibrate(looks)

    assert found.brier == pytest.approx((3 * 0.04 + 0.64 + 0.16 + 0.36) / 6)
    assert found.gap == pytest.approx(4 / 6 * 0.05 + 2 / 6 * 0.1)
    assert [(each.low, each.high) for each in found.bins] == [(0.6, 0.6), (0.8, 0.8)]


def test_wilsons_interval_is_that_of_the_textbook():
    low, high = wilson(0.9, 100, 1.96)

    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert wilson(0.0, 10, 1.96)[0] == 0.0
    assert wilson(1.0, 10, 1.96)[1] == 1.0
    assert wilson(0.5, 0, 1.96) == (0.0, 1.0)


def test_heavy_looks_count_as_what_they_tell_not_as_what_they_stand_for():
    alone = share_of(looks_at(0.9, right=18, wrong=2, weight=20.0), lambda look: look.is_right)
    mixed = [*looks_at(0.9, right=18, wrong=2, weight=20.0), *looks_at(0.9, right=20, wrong=0)]

    assert alone.effective == pytest.approx(20)
    assert effective_number(look.weight for look in mixed) < 25
    assert effective_number([]) == 0


def test_nothing_to_look_at_is_no_fault():
    found = calibrate([])

    assert found.bins == ()
    assert found.accuracy is None


def test_values_of_one_confidence_are_never_parted():
    found = calibrate(looks_at(1.0, right=400, wrong=10))

    assert [(each.low, each.high, each.accuracy.looks) for each in found.bins] == [(1.0, 1.0, 410)]


def test_a_model_that_became_worse_drifts_and_harder_documents_alone_do_not():
    rng = random.Random(11)
    before = World(MODELS["modest"]).looks(rng, 2_000)
    worse = World(MODELS["boastful"]).looks(rng, 2_000)
    harder = [look for look in World(MODELS["modest"]).looks(rng, 6_000) if look.confidence < 0.97]

    assert drift_between(before, worse).is_worse
    assert drift_between(worse, before).is_better
    assert not drift_between(before, harder).is_worse
    assert drift_between(before[:20], worse) is None


def test_the_earlier_half_is_told_from_the_later_by_time():
    looks = [
        Look(confidence=0.9, is_right=True, at=START + timedelta(days=day)) for day in (3, 1, 2, 0)
    ]

    earlier, later = halves(looks)

    assert [look.at.day for look in earlier] == [1, 2]
    assert [look.at.day for look in later] == [3, 4]
