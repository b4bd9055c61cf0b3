"""Ladder and absence from the drawing to the end of the workflow, on a virtual clock.

Time passes by moving the moments of the rows back, as if they lay so much further in the past.
"""

from datetime import datetime, timedelta

import pytest

from apps.accounts.models import Absence, Folder, User
from apps.events.history import history_of
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.inbox.handling import handling_of
from apps.inbox.ladder import ladder_of, standing_of
from apps.inbox.models import UserTask
from apps.inbox.upkeep import climb_ladders, hand_over
from apps.lib.clock import database_now
from apps.notices.models import Notice
from apps.workflows import lifecycle
from apps.workflows.models import WorkflowInstance
from tests.inbox.handing import again, make_clerk, make_team, send_away
from tests.inbox.steps import open_step
from tests.workflows.lifecycle.walking import ANNA, deliver, deployed, started, visited
from tests.workflows.models import process

pytestmark = pytest.mark.django_db

HANDLING = (
    '<rpa:handling team="finance" assignment="least_loaded" dueSeconds="28800">'
    '<rpa:rung do="remind" atShare="0.5" /><rpa:rung do="reassign" atShare="1" team="leads" />'
    '<rpa:rung do="manager" atShare="1.5" />'
    '<rpa:rung do="decide" atShare="2" decision="no" /></rpa:handling>'
)


@pytest.fixture
def ada(folder):
    return make_clerk(folder, "ada")


@pytest.fixture
def bo(folder):
    return make_clerk(folder, "bo")


@pytest.fixture
def cy(folder):
    return make_clerk(folder, "cy")


def approval(folder: Folder, manager: User, *people: User) -> UserTask:
    """A workflow that asks for an approval; what nobody approves is sent back."""
    make_team(folder, people[0], key="finance")
    make_team(folder, people[1], key="leads", manager=manager)
    builder = (
        process("p").start().user("check", decisions={"yes": "Yes", "no": "No"}).extend(HANDLING)
        .exclusive("which").when('decision = "yes"').end("paid")
        .at("which").otherwise().end("sent_back")
    )  # fmt: skip
    started(deployed(builder, folder))
    deliver()
    return UserTask.objects.get()


def pass_time(task: UserTask, hours: float) -> None:
    """Let so many hours go by for the task and all absences."""
    passed, row = timedelta(hours=hours), again(task)
    moments = [datetime.fromisoformat(each) - passed for each in handling_of(row.handling).moments]
    row.handling["moments"] = [each.isoformat() for each in moments]
    for name in ("created_at", "due_at", "at_risk_at", "next_rung_at", "stopped_at"):
        at = getattr(row, name)
        setattr(row, name, None if at is None else at - passed)
    row.save()
    for absence in Absence.objects.all():
        absence.starts_at, absence.ends_at = absence.starts_at - passed, absence.ends_at - passed
        absence.save()


def history(task: UserTask) -> list[str]:
    return [sentence_of(event) for event in history_of(("task", task.pk)).items][::-1]


def notices(person: User) -> list[str]:
    deliver()
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def climbed(task: UserTask, hours: float) -> UserTask:
    """Let time go by until the next rung is taken: it is taken once."""
    pass_time(task, hours)
    assert (climb_ladders(), climb_ladders()) == (1, 0)
    return again(task)


def how_it_stands(task: UserTask) -> str:
    return standing_of(again(task), now=database_now())


def test_nobody_comes_and_the_task_climbs_from_hand_to_hand(folder, ada, bo, supervisor):
    task = approval(folder, supervisor, ada, bo)
    assert task.assignee == ada
    assert [rung.state for rung in ladder_of(task)] == ["next", "later", "later", "later"]
    assert (climb_ladders(), how_it_stands(task)) == (0, "on_time")

    assert climbed(task, 4).assignee == ada
    assert notices(ada) == ["task_assigned", "task_reminder"]

    pass_time(task, 2.5)
    assert how_it_stands(task) == "at_risk"
    handed_on = climbed(task, 1.5)
    assert (handed_on.assignee, handed_on.team.key, how_it_stands(task)) == (bo, "leads", "overdue")
    assert notices(bo) == ["task_escalated"]
    assert notices(ada)[-1] == "task_escalated"

    assert climbed(task, 4).assignee == supervisor
    assert notices(supervisor) == ["task_escalated"]
    assert [rung.state for rung in ladder_of(again(task))] == ["taken", "taken", "taken", "next"]


def test_the_last_rung_decides_and_the_workflow_goes_on(folder, ada, bo, supervisor):
    task = approval(folder, supervisor, ada, bo)

    for _rung in range(4):
        done = climbed(task, 4)

    assert (done.status, done.decision, done.decided_by_name) == ("completed", "no", "Control room")
    assert notices(supervisor)[-1] == "task_decided_for_you"
    assert [rung.state for rung in ladder_of(done)] == ["taken"] * 4
    assert all(rung.at for rung in ladder_of(done))
    said = history(done)
    for sentence in (
        "Ada was reminded",
        "It went to Bo of the team “Leads”",
        "It went to Supervisor",
        "Nobody decided in time: it was decided by itself",
        "Control room decided: No",
    ):
        assert sentence in said
    instance = WorkflowInstance.objects.get(pk=task.instance_id)
    assert instance.status == "completed"
    assert "sent_back" in visited(instance)


def test_what_can_not_be_done_is_said_and_the_next_rung_comes(folder, ada, supervisor):
    task = approval(folder, supervisor, ada, ada)
    row = again(task)
    row.handling["ladder"][1]["team"] = "ghosts"
    row.handling["ladder"][3]["decision"] = "maybe"
    row.save()

    for hours in (4, 4, 4, 4):
        pass_time(task, hours)
        assert climb_ladders() == 1

    left = again(task)
    assert left.is_open
    assert left.next_rung_at is None
    assert [rung.state for rung in ladder_of(left)] == ["taken", "failed", "taken", "failed"]
    assert "no team “ghosts”" in ladder_of(left)[1].what
    assert "maybe" in ladder_of(left)[3].what
    assert notices(supervisor).count("task_escalated") == 3


def test_after_an_outage_people_still_get_some_time_between_two_rungs(folder, ada, bo, supervisor):
    task = approval(folder, supervisor, ada, bo)

    pass_time(task, 100)

    assert (climb_ladders(), climb_ladders()) == (1, 0)
    left = again(task).next_rung_at - database_now()
    assert timedelta(minutes=14) < left < timedelta(minutes=16)
    pass_time(task, 0.3)
    assert (climb_ladders(), climb_ladders()) == (1, 0)


def test_an_absence_begins_and_the_deputy_has_what_lay_there(folder, ada, bo, cy, supervisor):
    task = approval(folder, supervisor, ada, bo)
    send_away(ada, cy, begins_in=3600)

    assert hand_over() == 0
    assert again(task).assignee == ada

    pass_time(task, 2)
    assert (hand_over(), hand_over()) == (1, 0)
    assert again(task).assignee == cy
    assert notices(cy) == ["task_assigned"]
    assert "Ada is away: it went to Cy, who stands in" in history(task)
    assert Event.objects.get(kind="user_task.handed_over").data["to_id"] == cy.pk
    # the ladder goes on with whoever has it now
    pass_time(task, 2)
    climb_ladders()
    assert notices(cy) == ["task_assigned", "task_reminder"]


def test_a_deputy_never_gets_what_they_did_an_earlier_step_of(folder, ada, bo, cy, supervisor):
    task = approval(folder, supervisor, ada, bo)
    UserTask.objects.filter(pk=task.pk).update(excluded=[cy.pk])
    send_away(ada, cy)

    assert hand_over() == 0
    assert again(task).assignee == ada


def test_while_the_instance_is_paused_the_clock_stands_still(folder, ada, bo, supervisor):
    task = approval(folder, supervisor, ada, bo)
    instance = WorkflowInstance.objects.get(pk=task.instance_id)
    pass_time(task, 3)
    left = again(task).due_at - database_now()

    lifecycle.pause_instance(instance, by=ANNA, reason="audit")
    pass_time(task, 20)
    assert climb_ladders() == 0
    assert standing_of(again(task), now=database_now()) == ""
    assert "stands still" in ladder_of(again(task))[0].note

    lifecycle.resume_instance(instance, by=ANNA, reason="done")
    resumed = again(task)
    assert resumed.stopped_at is None
    assert abs(resumed.due_at - database_now() - left) < timedelta(seconds=30)
    assert climb_ladders() == 0
    pass_time(task, 1.1)
    assert climb_ladders() == 1
    assert again(task).next_rung_at is not None


def test_what_is_asked_while_the_instance_is_paused_does_not_get_late(folder, ada, bo, supervisor):
    first = approval(folder, supervisor, ada, bo)
    instance = WorkflowInstance.objects.get(pk=first.instance_id)
    lifecycle.pause_instance(instance, by=ANNA, reason="audit")

    task = open_step(folder, instance_id=instance.pk, token=99, due_at=first.due_at)
    deliver()
    assert again(task).stopped_at is not None

    lifecycle.resume_instance(instance, by=ANNA, reason="done")
    assert again(task).stopped_at is None
