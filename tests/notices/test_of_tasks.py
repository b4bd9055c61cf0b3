"""Who hears of what happens to tasks."""

import pytest

from apps.accounts.models import Team, TeamMember
from apps.events.bus import deliver_outbox
from apps.inbox.lifecycle import add_comment, claim_task, reassign_task
from apps.inbox.models import UserTask
from apps.notices.models import Notice
from tests.inbox.rows import make_queue, stop_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(folder):
    return UserTask.objects.create(folder=folder, kind="approval", title="Pay 4711")


def heard(person):
    return list(Notice.objects.filter(user=person).values_list("kind", flat=True))


def test_handing_over_tells_the_one_and_the_other(task, supervisor, business_user, admin):
    reassign_task(task, to=business_user, by=supervisor.actor)
    reassign_task(task, to=admin, by=supervisor.actor)

    assert heard(business_user) == ["task_taken_over", "task_assigned"]
    assert heard(admin) == ["task_assigned"]
    assert heard(supervisor) == []


def test_taking_over_tells_who_had_it_and_taking_it_oneself_tells_nobody(
    task, supervisor, business_user
):
    claim_task(task, by=business_user.actor)
    claim_task(task, by=supervisor.actor, take_over=True)

    assert heard(business_user) == ["task_taken_over"]
    assert heard(supervisor) == []
    assert "Supervisor took it over" in Notice.objects.get().body


def test_a_mention_and_a_comment_on_ones_task_are_heard_once(
    task, supervisor, business_user, admin
):
    task = claim_task(task, by=business_user.actor)
    add_comment(task, "Please look, @admin", by=supervisor.actor)

    assert heard(admin) == ["task_mentioned"]
    assert heard(business_user) == ["task_commented"]
    assert heard(supervisor) == []
    assert Notice.objects.filter(user=admin).get().url == f"/inbox/{task.pk}/"


def test_a_flood_of_work_is_one_notice_for_each_of_the_team(folder, supervisor, business_user):
    team = Team.objects.create(folder=folder, key="ap", title="Payables")
    TeamMember.objects.create(team=team, user=business_user)
    folder.handling_rules.create(title="All", team=team)
    queue = make_queue(folder)
    for n in range(30):
        stop_item(queue, reference=f"INV-{n}")
    deliver_outbox()

    assert UserTask.objects.open().count() == 30
    told = Notice.objects.get(user=business_user)
    assert told.kind == "task_offered"
    assert told.count == 30
