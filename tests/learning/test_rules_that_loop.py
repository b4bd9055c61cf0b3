"""What rules leave to people: work that comes back, and tasks met after the rule was paused."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.events.bus import deliver_outbox
from apps.inbox.lifecycle import Answer, decide, reconcile_tasks
from apps.inbox.models import UserTask
from apps.learning import lifecycle
from apps.learning.lifecycle import acting, find_proposals
from apps.learning.models import Proposal, Rule, RuleCase
from tests.inbox.rows import make_queue, stop_waiting
from tests.learning.decided import accept, open_task, open_tasks, people_leave_out

pytestmark = pytest.mark.django_db


def test_what_a_rule_sent_back_to_bots_in_vain_goes_to_people(folder, business_user, supervisor):
    queue = make_queue(folder)
    for task in open_tasks(queue, range(20)):
        retry = Answer(decision="correct", version=task.version, reason="The portal was away")
        decide(task, retry, by=business_user.actor)
    stop_waiting(queue, n=20)
    find_proposals()
    accept(Proposal.objects.get(), supervisor.actor)
    first = open_task(queue, 50)
    assert (first.status, first.decided_by_id) == ("completed", None)

    stop_waiting(queue, n=50)
    reconcile_tasks([first.item_number])
    deliver_outbox()

    again = UserTask.objects.open().get(item=first.item_id)
    assert again.alike == first.alike
    assert RuleCase.objects.filter(task__item=first.item_id).count() == 1


def test_a_rule_that_is_paused_while_tasks_are_gone_through_decides_no_more(
    folder, business_user, supervisor
):
    queue = make_queue(folder)
    people_leave_out(queue, [business_user])
    find_proposals()
    rule = accept(Proposal.objects.get(), supervisor.actor)
    task = open_task(queue, 60, tell=False)
    seen_before = [Rule.objects.get(pk=rule.pk)]
    lifecycle.pause_rule(rule, reason="It is wrong", by=supervisor.actor)

    assert acting._apply(task, seen_before) is False

    task.refresh_from_db()
    assert task.is_open
    assert not RuleCase.objects.filter(task=task).exists()


def test_a_rule_takes_no_task_from_somebody_who_works_on_it(folder, business_user, supervisor):
    queue = make_queue(folder)
    people_leave_out(queue, [business_user])
    find_proposals()
    accept(Proposal.objects.get(), supervisor.actor)
    task = open_task(queue, 70, tell=False)
    soon = Now() + timedelta(minutes=1)
    UserTask.objects.filter(pk=task.pk).update(working_by=business_user, working_until=soon)

    deliver_outbox()

    task.refresh_from_db()
    assert task.is_open
    assert open_task(queue, 71).status == "completed"
