"""Proposed thresholds become those of the gate by one act, and back again."""

import pytest

from apps.events.models import Event
from apps.learning.fields import MISSING, value_at
from apps.learning.lifecycle import adopt_thresholds, mark_of, put_back
from apps.learning.models import Adoption
from apps.learning.thresholds import Proposed
from apps.lib.errors import ConflictError, InvalidError
from apps.queues.lifecycle.gates import set_field_threshold
from apps.queues.models import Gate
from tests.api.conftest import program_of
from tests.learning.rows import make_gate, make_predictions, make_verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def known_gate(folder):
    """People looked at what this gate let through: `total` is nearly always right, `vendor` not."""
    gate = make_gate(folder, thresholds={"default": 0.8, "fields": {"vendor": 0.9}})
    make_verdicts(gate, [(0.5, True)] * 300 + [(0.99, True)] * 700)
    make_verdicts(gate, [(0.95, k % 4 > 0) for k in range(400)], field="vendor")
    make_predictions(gate, [{"total": 0.7, "vendor": 0.95}] * 30 + [{"total": 0.99}] * 70)
    return gate


def test_adopting_changes_what_has_a_proposal_and_records_what_was(known_gate, designer):
    adoption = adopt_thresholds(known_gate, 0.01, by=designer.actor, version=1)

    known_gate.refresh_from_db()
    assert known_gate.version == adoption.gate_version == 2
    assert known_gate.thresholds["fields"]["vendor"] == 0.9
    assert known_gate.thresholds["fields"]["total"] <= 0.5
    assert adoption.before == {"default": 0.8, "fields": {"vendor": 0.9}}
    assert adoption.promised["sent_share_before"] > adoption.promised["sent_share"]
    assert adoption.adopted_by == designer.name
    event = Event.objects.get(kind="gate.changed")
    assert (event.actor_id, event.subject_id) == (designer.pk, known_gate.pk)
    assert "error rate of 1 %" in event.data["reason"]


def test_putting_back_is_an_adoption_too(known_gate, designer, supervisor):
    adoption = adopt_thresholds(known_gate, 0.01, by=designer.actor)

    done = put_back(adoption, by=supervisor.actor, version=2)

    known_gate.refresh_from_db()
    assert known_gate.thresholds == adoption.before
    assert (done.gate_version, done.wanted_error, done.before) == (3, None, adoption.after)


def test_what_was_looked_at_must_still_be_so(known_gate, designer):
    with pytest.raises(ConflictError):
        adopt_thresholds(known_gate, 0.01, by=designer.actor, version=7)
    old = mark_of({"total": Proposed(threshold=0.3, error=None, upper=0.01)})
    with pytest.raises(ConflictError, match="New verdicts"):
        adopt_thresholds(known_gate, 0.01, by=designer.actor, seen=old)
    assert not Adoption.objects.exists()


@pytest.mark.parametrize("rate", [0, -1, 0.6, float("nan")])
def test_a_rate_that_is_none_is_refused(known_gate, designer, rate):
    with pytest.raises(InvalidError):
        adopt_thresholds(known_gate, rate, by=designer.actor)


def test_without_enough_verdicts_nothing_is_adopted(gate, designer):
    make_verdicts(gate, [(0.9, True)] * 20)

    with pytest.raises(InvalidError, match="enough verdicts"):
        adopt_thresholds(gate, 0.01, by=designer.actor)


def test_a_document_class_is_changed_alone(known_gate, designer):
    make_verdicts(known_gate, [(0.9, True)] * 700, document_class="credit")

    adopt_thresholds(known_gate, 0.01, by=designer.actor, document_class="credit")

    known_gate.refresh_from_db()
    assert known_gate.thresholds["fields"] == {"vendor": 0.9}
    assert set(known_gate.thresholds["classes"]) == {"credit"}


def test_a_program_reads_the_calibration_and_adopts(known_gate, designer, folder):
    program = program_of(designer, folder)

    found = program.get("/gates/invoices/calibration?wanted_error=0.01").json()
    done = program.post("/gates/invoices/adopt", {"wanted_error": 0.01, "version": 1})
    again = program.post("/gates/invoices/adopt", {"wanted_error": 0.01, "version": 1})

    total, vendor = found["fields"]["total"], found["fields"]["vendor"]
    assert total["proposed"]["threshold"] == done.json()["thresholds"]["fields"]["total"]
    assert vendor["proposed"] == {
        "threshold": None,
        "more": None,
        "error": vendor["proposed"]["error"],
        "upper": vendor["proposed"]["upper"],
    }
    assert sum(each["accuracy"]["looks"] for each in total["bins"]) == total["looks"] == 1_000
    assert found["workload"]["now"]["sent_share"] > found["workload"]["proposed"]["sent_share"]
    assert (done.status_code, done.json()["version"], again.status_code) == (200, 2, 409)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gates/invoices/calibration?wanted_error=0", 422),
        ("/gates/invoices/calibration?wanted_error=nan", 422),
        ("/gates/invoices/calibration?wanted_error=x", 422),
        ("/gates/nothing/calibration", 404),
        ("/gates/%00/calibration", 404),
        ("/gates/invoices/calibration?document_class=%00", 200),
        ("/gates/invoices/calibration", 200),
    ],
)
def test_odd_questions_get_clear_answers(known_gate, auditor, folder, path, status):
    assert program_of(auditor, folder).get(path).status_code == status


def test_who_only_looks_or_decides_adopts_nothing(known_gate, auditor, business_user, folder):
    for user in (auditor, business_user):
        response = program_of(user, folder).post("/gates/invoices/adopt", {"wanted_error": 0.01})
        assert response.status_code == 403
    assert not Adoption.objects.exists()


def test_adopting_undoes_nothing_that_others_changed_meanwhile(known_gate, designer, supervisor):
    seen = Gate.objects.get(pk=known_gate.pk)
    set_field_threshold(known_gate, "vendor", 0.97, by=supervisor.actor)

    with pytest.raises(ConflictError):
        adopt_thresholds(seen, 0.01, by=designer.actor)

    known_gate.refresh_from_db()
    assert known_gate.thresholds["fields"] == {"vendor": 0.97}


@pytest.mark.parametrize("path", ["lines.\u00b2.net", "lines.7.net", "lines.\u0663.net"])
def test_odd_numbers_of_lines_are_places_that_are_not_there(path):
    assert value_at({"lines": [{"net": 1}]}, path) is MISSING
