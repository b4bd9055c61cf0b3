"""From what people decide to a rule that decides, is measured, and pauses itself."""

import pytest

from apps.accounts.models import Membership, User
from apps.accounts.roles import Role
from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox.lifecycle import recall_decision
from apps.inbox.models import UserTask
from apps.learning import lifecycle
from apps.learning.lifecycle import find_proposals, is_sample
from apps.learning.models import Proposal, Rule, RuleCase
from apps.learning.patterns import Condition
from apps.lib.errors import ConflictError, InvalidError
from apps.notices.models import Notice
from apps.queues.models import Ended
from apps.workflows.models import DecisionEvaluation, DecisionVersion
from tests.inbox.rows import make_queue
from tests.learning.decided import (
    accept,
    leave_out,
    open_task,
    open_tasks,
    people_decide_by_vendor,
    people_leave_out,
    reject,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(folder):
    return make_queue(folder)


@pytest.fixture
def people(folder, business_user):
    other = User.objects.create_user("ann", password="a-long-password-1")
    Membership.objects.create(user=other, folder=folder, role=Role.BUSINESS_USER)
    return [business_user, other]


@pytest.fixture
def proposal(queue, people):
    people_leave_out(queue, people)
    find_proposals()
    return Proposal.objects.get()


def test_twenty_like_decisions_are_proposed_to_supervisors(queue, people, supervisor):
    people_leave_out(queue, people)

    assert find_proposals() == 1

    proposal = Proposal.objects.get()
    assert (proposal.cases, proposal.exceptions, proposal.people) == (20, 0, 2)
    assert (proposal.decision, proposal.status) == ("leave_out", "open")
    assert Notice.objects.filter(user=supervisor, kind="proposal").exists()


def test_an_accepted_rule_decides_the_next_but_for_samples(queue, proposal, supervisor):
    rule = accept(proposal, supervisor.actor, sample_share=0.3)

    tasks = open_tasks(queue, range(100, 124))

    decided = [task for task in tasks if task.status == "completed"]
    sampled = [task for task in tasks if task.status == "open"]
    assert {is_sample(rule.pk, task.pk, 0.3) for task in sampled} == {True}
    assert {is_sample(rule.pk, task.pk, 0.3) for task in decided} == {False}
    by_rule = decided[0]
    assert (by_rule.decision, by_rule.decided_by_id) == ("leave_out", None)
    assert by_rule.decided_by_name == "Rule “Paid already” v1"
    assert Ended.objects.get(item_id=by_rule.item_id).status == "skipped"
    event = Event.objects.get(kind="user_task.completed", subject_id=by_rule.pk)
    assert (event.actor_name, event.actor_kind) == ("Rule “Paid already” v1", "system")


def test_people_who_contradict_a_rule_pause_it(queue, proposal, people, supervisor):
    rule = accept(proposal, supervisor.actor, sample_share=1.0)
    agreeing, *others = open_tasks(queue, range(100, 103))

    leave_out(agreeing, people[0].actor)
    deliver_outbox()
    assert RuleCase.objects.get(task=agreeing).is_agreed is True
    for task in others:
        reject(task, people[1].actor)
    deliver_outbox()

    assert RuleCase.objects.get(task=others[0]).is_agreed is False
    rule.refresh_from_db()
    assert rule.status == Rule.Status.PAUSED
    assert "2 of the last 3" in rule.paused_reason
    assert Notice.objects.filter(user=supervisor, title__contains="has paused itself").exists()
    assert not RuleCase.objects.filter(task=open_task(queue, 999)).exists()


def test_a_rule_acts_only_within_what_was_seen(queue, proposal, supervisor):
    accept(proposal, supervisor.actor)

    usual, large = open_task(queue, 50), open_task(queue, 51, total="9000.00")

    assert usual.status == "completed"
    assert large.status == "open"
    assert DecisionEvaluation.objects.count() == 2
    assert "DE89370400440532013000" not in str(DecisionEvaluation.objects.values_list("evaluation"))


def test_personal_values_are_in_no_condition_and_no_context(proposal):
    assert proposal.conditions
    assert "iban" not in str(proposal.conditions)


def test_what_a_rule_decided_teaches_nothing_and_is_decided_once(queue, proposal, supervisor):
    accept(proposal, supervisor.actor)
    task = open_task(queue, 60)
    events = Event.objects.filter(kind="user_task.completed", subject_id=task.pk)

    assert lifecycle.apply_rules([task.pk]) == 0
    assert events.count() == 1
    assert find_proposals() == 0


def test_taking_back_what_a_rule_decided_contradicts_it(queue, proposal, supervisor):
    rule = accept(proposal, supervisor.actor)
    task = open_task(queue, 61)

    recall_decision(task, by=supervisor.actor, reason="No")
    deliver_outbox()

    case = RuleCase.objects.get(task=task)
    assert (case.went, case.is_agreed) == ("decided", False)
    task.refresh_from_db()
    assert task.is_open
    assert lifecycle.apply_rules([task.pk]) == 0
    tally = lifecycle.tally_of([rule])[rule.pk]
    assert (tally.decided, tally.agreed, tally.looks) == (1, 0, 1)


@pytest.mark.parametrize(
    "values",
    [
        {"votes_needed": 2},
        {"excluded": [1]},
        {"handling": {"may_bulk": False}},
        {"handling": {"not_like_steps": ["check"]}},
        {"kind": "unknown_effect"},
        {"kind": "validation"},
    ],
    ids=["votes", "four eyes", "not together", "other steps", "effects", "read by AI"],
)
def test_some_tasks_are_never_decided_by_rules_nor_learnt_from(queue, proposal, supervisor, values):
    accept(proposal, supervisor.actor)
    task = open_task(queue, 62, tell=False)
    UserTask.objects.filter(item=task.item_id).update(**values)

    assert lifecycle.apply_rules([task.pk]) == 0
    assert not RuleCase.objects.exists()


def test_nineteen_cases_or_one_silent_person_make_no_proposal(queue, people):
    tasks = people_leave_out(queue, people, n=19)

    assert find_proposals() == 0
    UserTask.objects.filter(pk__in=[task.pk for task in tasks]).update(
        decided_by=people[0], decision_comment=""
    )
    leave_out(open_task(queue, 30), people[0].actor, reason="x")
    UserTask.objects.filter(decision_comment="x").update(decision_comment="")
    assert find_proposals() == 0


def test_a_proposal_is_made_once_and_grows_with_its_cases(queue, proposal, people):
    assert find_proposals() == 0
    leave_out(open_task(queue, 7), people[0].actor)
    assert find_proposals() == 0

    assert Proposal.objects.get().cases == 21


def test_a_dismissed_proposal_comes_again_only_with_twice_the_cases(
    queue, proposal, people, supervisor
):
    with pytest.raises(InvalidError):
        lifecycle.dismiss_proposal(proposal, reason=" ", by=supervisor.actor)
    lifecycle.dismiss_proposal(proposal, reason="Each differs", by=supervisor.actor)
    with pytest.raises(ConflictError):
        lifecycle.dismiss_proposal(proposal, reason="Again", by=supervisor.actor)
    assert find_proposals() == 0

    for number, task in enumerate(open_tasks(queue, range(40, 60))):
        leave_out(task, people[number % 2].actor)
    assert find_proposals() == 1


def test_an_edited_row_must_hold_for_the_known_cases(queue, people, supervisor):
    people_decide_by_vendor(queue, people)
    find_proposals()
    proposal = Proposal.objects.get(decision="leave_out")
    assert any(each["values"] == ["Stark"] for each in proposal.conditions)

    with pytest.raises(InvalidError, match="24 of 48"):
        accept(proposal, supervisor.actor, conditions=[])
    narrower = [Condition(path="vendor", do="one_of", values=("Stark",))]
    rule = accept(proposal, supervisor.actor, conditions=narrower)

    assert rule.conditions == [narrower[0].stored()]


def test_two_rules_of_one_sort_share_a_table_and_each_change_is_a_version(
    queue, people, supervisor
):
    people_decide_by_vendor(queue, people)
    find_proposals()
    first, second = (
        accept(each, supervisor.actor, title=each.decision)
        for each in Proposal.objects.order_by("-decision")
    )

    lifecycle.pause_rule(first, reason="Wait", by=supervisor.actor)
    assert open_task(queue, 70, vendor="Wayne").status == "open"
    lifecycle.resume_rule(first, by=supervisor.actor)
    again = open_task(queue, 71, vendor="Wayne")
    assert (again.decision, again.decided_by_name) == ("reject", "Rule “reject” v4")
    assert open_task(queue, 72).decision == "leave_out"
    lifecycle.retire_rule(second, by=supervisor.actor)
    assert open_task(queue, 73).status == "open"

    assert DecisionVersion.objects.count() == 5
    assert first.table_key == second.table_key
    with pytest.raises(ConflictError):
        lifecycle.resume_rule(second, by=supervisor.actor)


def test_a_decision_that_is_refused_leaves_the_task_to_people(queue, proposal, supervisor):
    rule = accept(proposal, supervisor.actor)
    task = open_task(queue, 80, tell=False)
    UserTask.objects.filter(pk=task.pk).update(decisions=[])
    Rule.objects.filter(pk=rule.pk).update(decision="leave_out")

    deliver_outbox()

    case = RuleCase.objects.get()
    assert case.went == RuleCase.Went.REFUSED
    assert "does not offer" in case.note
    task.refresh_from_db()
    assert task.is_open


def test_the_shares_of_samples_are_what_was_asked_for():
    drawn = sum(is_sample(7, task_id, 0.1) for task_id in range(10_000))

    assert 900 < drawn < 1_100
    assert not any(is_sample(7, task_id, 0.0) for task_id in range(100))
    assert all(is_sample(7, task_id, 1.0) for task_id in range(100))
