"""Thresholds for a wanted error rate, and the work they make."""

import random

import pytest

from apps.learning.calibration import Look
from apps.learning.thresholds import (
    CANDIDATES,
    Document,
    Reading,
    errors_of_passed,
    looks_needed,
    propose_threshold,
    workload,
)
from tests.learning.synthetic import MODELS, World, confidences

RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
SEEDS = range(8)


@pytest.fixture(scope="module")
def fresh():
    return sorted(confidences(random.Random(1), 20_000))


@pytest.mark.parametrize("share", [1.0, 0.1], ids=["all seen", "a tenth seen"])
@pytest.mark.parametrize("name", MODELS)
def test_a_proposed_threshold_keeps_the_wanted_error_rate_on_fresh_data(name, share, fresh):
    world, kept, n = World(MODELS[name], share=share), 0, 0
    for seed in SEEDS:
        looks = world.looks(random.Random(seed), 5_000)
        for wanted in (0.01, 0.02, 0.05):
            threshold = propose_threshold(looks, wanted).threshold
            if threshold is not None:
                n += 1
                kept += world.true_error(threshold, fresh) <= wanted

    assert n >= len(SEEDS)
    assert kept >= 0.95 * n


def test_a_proposal_is_not_needlessly_strict(fresh):
    world = World(MODELS["modest"])
    looks = world.looks(random.Random(2), 5_000)
    best = min(each for each in CANDIDATES if world.true_error(each, fresh) <= 0.02)

    assert propose_threshold(looks, 0.02).threshold <= best + 0.1


@pytest.mark.parametrize("seed", range(60))
def test_a_stricter_rate_never_lowers_the_threshold(seed):
    rng = random.Random(seed)
    world = World(rng.choice(list(MODELS.values())), rng.random(), rng.choice([1.0, 0.3, 0.05]))
    looks = world.looks(rng, rng.choice([1, 10, 100, 700]))

    found = [propose_threshold(looks, wanted).threshold for wanted in RATES]

    # none is stricter than any
    strictness = [2.0 if threshold is None else threshold for threshold in found]
    assert strictness == sorted(strictness, reverse=True)


@pytest.mark.parametrize("seed", range(40))
def test_an_error_more_never_lowers_the_threshold_nor_a_right_one_more_raises_it(seed):
    rng = random.Random(seed)
    looks = World(MODELS["modest"]).looks(rng, 600)

    def strictness(given):
        threshold = propose_threshold(given, 0.05).threshold
        return 2.0 if threshold is None else threshold

    sure = Look(confidence=1.0, is_right=True)
    assert strictness([*looks, Look(confidence=1.0, is_right=False)]) >= strictness(looks)
    assert strictness([*looks, sure]) <= strictness(looks)


def test_too_few_verdicts_say_how_many_more_it_takes():
    looks = [Look(confidence=0.99, is_right=True) for _ in range(200)]

    proposed = propose_threshold(looks, 0.01)

    assert proposed.threshold is None
    assert proposed.more == looks_needed(0.01) - 200
    enough = [*looks, *[Look(confidence=0.99, is_right=True)] * proposed.more]
    assert propose_threshold(enough, 0.01).threshold is not None
    assert propose_threshold(enough[:-1], 0.01).threshold is None


def test_without_any_verdict_all_are_still_needed():
    proposed = propose_threshold([], 0.02)

    assert (proposed.threshold, proposed.error) == (None, None)
    assert proposed.more == looks_needed(0.02)


def test_a_model_that_is_never_good_enough_is_told_from_too_few_verdicts():
    looks = [Look(confidence=0.99, is_right=k % 5 > 0) for k in range(5_000)]

    proposed = propose_threshold(looks, 0.01)

    assert proposed.threshold is None
    assert proposed.more is None
    assert proposed.error.value == pytest.approx(0.2)


def test_what_passes_is_measured_by_those_who_looked_at_it():
    looks = [
        Look(confidence=0.9, is_right=True, weight=10.0),
        Look(confidence=0.9, is_right=False, weight=10.0),
        Look(confidence=0.5, is_right=False),
    ]

    assert errors_of_passed(looks, 0.8).value == 0.5
    assert errors_of_passed(looks, None).looks == 3
    assert errors_of_passed(looks, 0.95) is None


def test_one_doubtful_value_sends_the_whole_document_once():
    documents = [
        Document("", [Reading("total", 0.9), Reading("vendor", 0.5)]),
        Document("", [Reading("total", 0.7), Reading("vendor", 0.5)]),
        Document("", [Reading("total", 0.95), Reading("vendor", 0.95)]),
        Document("", [Reading("other", 0.0)]),
        Document("credit", [Reading("total", 0.9), Reading("vendor", 0.95)]),
    ]
    thresholds = {("", "total"): 0.8, ("", "vendor"): 0.9, ("credit", "total"): 0.99}

    found = workload(documents, lambda *place: thresholds.get(place), sample_share=0.1, days=2)

    assert (found.documents, found.stopped) == (5, 3)
    assert found.sent_share == pytest.approx((3 + 0.2) / 5)
    assert found.sent_per_day == pytest.approx((3 + 0.2) / 2)
    assert workload([], lambda *place: 1.0, sample_share=0.1, days=0).sent_share == 0


def test_nothing_is_proposed_below_what_people_have_looked_at():
    looks = [Look(confidence=0.953, is_right=True) for _ in range(2_000)]

    assert propose_threshold(looks, 0.05).threshold == 0.95
