"""Claims from the e-mail to the ERP, with bots and people in between."""

from decimal import Decimal

import pytest

from apps.accounts.models import User
from apps.demo.claims.intake import make_one_claim, take_in_claim
from apps.demo.claims.steps import SMALL
from apps.demo.models import Settlement
from apps.demo.steps import BY_KEY, begin, tick_steps
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.inbox.predicted import predicted_of
from apps.lib.errors import NotAllowedError
from apps.queues import session
from apps.queues.models import Gate, Prediction
from tests.demo.rooms import load_demo, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def demo(folder, monkeypatch):
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    load_demo(folder)
    Gate.objects.update(sample_share=0)


def a_claim(fits, **wish):
    return next(made for _ in range(1_000) if fits(made := make_one_claim(**wish)))


def person(name):
    return User.objects.get(username=name).actor


def open_task(instance):
    return UserTask.objects.open().get(instance_id=instance.pk)


def test_a_small_claim_that_is_read_surely_is_paid_without_a_person(folder):
    claim = a_claim(lambda made: made.amount <= SMALL and not made.is_scribbled, kind="damaged")

    instance = take_in_claim(folder, claim)
    work(folder)

    instance.refresh_from_db()
    assert instance.status == "completed"
    settled = Settlement.objects.get()
    assert (settled.claim_number, settled.amount) == (claim.number, claim.amount)
    read = Prediction.objects.filter(field="kind").get()
    assert read.model == "controlroom-demo/claims"
    assert read.model_version == "1"
    assert read.went == Prediction.Went.PASSED


def test_what_is_doubtful_is_checked_and_what_people_say_is_what_is_settled(folder):
    claim = a_claim(lambda made: made.is_scribbled and made.amount <= SMALL, is_unclear=True)

    instance = take_in_claim(folder, claim)
    work(folder)
    task = open_task(instance)
    predicted = predicted_of(task.predictions)

    assert task.kind == UserTask.Kind.VALIDATION
    assert task.title == f"Claim {claim.number} of {claim.person}"
    assert set(predicted.doubtful) == {"kind", "order_number"}
    assert predicted.fields["order_number"].region.file == f"{claim.number}.pdf"
    right = {**task.values, "kind": "missing", "order_number": claim.order_number, "amount": "7.50"}
    answer = Answer(
        decision=task.decisions[0]["key"],
        version=task.version,
        payload=right,
        confirmed=frozenset({"kind", "order_number"}),
    )
    decide(task, answer, by=person("bea"))
    work(folder)

    instance.refresh_from_db()
    assert instance.status == "completed"
    assert Settlement.objects.get().amount == Decimal("7.50")


def test_a_new_account_needs_two_people_and_one_of_them_twice_is_not_two(folder):
    progress = begin(BY_KEY["new-account"], folder, User.objects.get(username="sam"))
    work(folder)
    task = UserTask.objects.open().get(instance_id=progress.first_instance_id)
    answer = Answer(decision="approve", version=task.version)

    decide(task, answer, by=person("sam"))
    decide(task, answer, by=person("sam"))
    work(folder)
    assert UserTask.objects.get(pk=task.pk).is_open
    assert not Settlement.objects.exists()
    with pytest.raises(NotAllowedError):
        decide(task, answer, by=person("bea"))  # not of the treasury

    decide(UserTask.objects.get(pk=task.pk), answer, by=person("tom"))
    work(folder)

    assert Settlement.objects.get().what == Settlement.What.ACCOUNT
    assert tick_steps() == 1


def test_a_large_claim_goes_to_whoever_of_the_team_has_least_to_do(folder):
    claims = [
        a_claim(lambda made: made.amount > SMALL and not made.is_scribbled, kind="late")
        for _ in range(2)
    ]

    instances = [take_in_claim(folder, claim) for claim in claims]
    work(folder)
    tasks = [open_task(instance) for instance in instances]

    assert {task.assignee.username for task in tasks} == {"bea", "cleo"}
    assert {task.team.key for task in tasks} == {"claims"}
    refused = Answer(decision="refuse", version=tasks[0].version)
    decide(tasks[0], refused, by=tasks[0].assignee.actor)
    work(folder)
    assert not Settlement.objects.exists()
