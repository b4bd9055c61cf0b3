"""What is known of a gate, from its verdicts and what models read."""

from datetime import timedelta

import pytest

from apps.learning.assessing import Assessment
from apps.lib.clock import database_now
from tests.learning.rows import make_gate, make_predictions, make_verdicts

pytestmark = pytest.mark.django_db


def known_of(assessment: Assessment, field: str = "total"):
    return next(known for known in assessment.fields if known.key.field == field)


def test_each_field_is_judged_as_the_newest_version_of_its_model_reads_it(gate):
    an_hour_ago = database_now() - timedelta(hours=1)
    make_verdicts(gate, [(0.9, False)] * 40, version="2", at=an_hour_ago)
    make_verdicts(gate, [(0.9, True)] * 60, version="3")

    known = known_of(Assessment(gate))

    assert known.key.model_version == "3"
    assert known.passed.value == 0
    assert known.older[0][1].value == 0
    assert known.drift.is_better


def test_a_version_that_has_no_verdicts_yet_does_not_borrow_those_of_another(gate):
    make_verdicts(gate, [(0.99, True)] * 2_000, version="2")
    make_predictions(gate, [{"total": 0.99}], version="3", days=0)
    make_predictions(gate, [{"lines.4.centre": 0.9}], version="3")

    assessment = Assessment(gate)

    known = known_of(assessment)
    assert (known.key.model_version, len(known.looks)) == ("3", 0)
    assert assessment.propose(0.01)["total"].threshold is None
    assert assessment.propose(0.01)["total"].more > 0
    assert [each.key.field for each in assessment.fields] == ["lines.*.centre", "total"]


def test_values_beside_doubtful_ones_prove_nothing(gate):
    make_verdicts(gate, [(0.9, True)] * 50, kind="beside")

    assert Assessment(gate).fields == []


def test_the_workload_of_a_proposal_goes_by_what_models_really_said(gate):
    make_verdicts(gate, [(0.6, True)] * 300 + [(0.99, True)] * 300)
    make_predictions(gate, [{"total": 0.6}] * 40 + [{"total": 0.99}] * 60, days=10)
    assessment = Assessment(gate)

    now, proposed = assessment.work_now, assessment.propose(0.05)
    then = assessment.work_at(proposed)

    assert now.sent_share == pytest.approx(0.4 + 0.6 * 0.1)
    assert proposed["total"].threshold == 0.6
    assert then.stopped == 0
    assert then.sent_share == pytest.approx(0.1)
    assert then.sent_per_day == pytest.approx(1, rel=0.02)


def test_a_document_class_is_judged_by_its_own_verdicts_and_changed_alone(folder):
    gate = make_gate(folder, thresholds={"default": 0.8, "classes": {"note": {"total": 0.9}}})
    make_verdicts(gate, [(0.95, True)] * 600, document_class="credit")
    make_verdicts(gate, [(0.95, False)] * 50, document_class="note")
    make_predictions(gate, [{"total": 0.85}] * 10, document_class="credit")
    make_predictions(gate, [{"total": 0.85}] * 10, document_class="note")

    whole, credit = Assessment(gate), Assessment(gate, document_class="credit")

    assert whole.classes == ["credit", "note"]
    assert whole.work_now.stopped == 10
    assert whole.propose(0.01)["total"].threshold is None
    proposed = credit.propose(0.01)
    assert proposed["total"].threshold is not None
    threshold_of = credit.threshold_with(proposed)
    assert threshold_of("total", "note") == 0.9
    assert threshold_of("total", "credit") == proposed["total"].threshold
    assert whole.threshold_with(proposed)("total", "note") == 0.9
    assert whole.threshold_with(proposed)("total", "") == proposed["total"].threshold


def test_the_curve_has_more_work_for_stricter_rates(gate):
    said = [(k / 1000, k % 50 > 0 or k > 900) for k in range(600, 1000)] * 5
    make_verdicts(gate, said)
    make_predictions(gate, [{"total": k / 100} for k in range(60, 100)])

    points = Assessment(gate).curve()

    rates = [rate for rate, _work in points]
    shares = [work.sent_share for _rate, work in points]
    assert len(points) >= 3
    assert rates == sorted(rates)
    assert shares == sorted(shares, reverse=True)


def test_a_gate_of_which_nothing_is_known_says_nothing(gate):
    assessment = Assessment(gate)

    assert (assessment.fields, assessment.passed, assessment.curve()) == ([], None, [])
    assert assessment.work_now.documents == 0
    assert assessment.propose(0.01) == {}
