"""New tasks are handed out by what the diagram says, then by the folder's rules."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.roles import Role
from apps.calendars.models import Calendar
from apps.events.bus import deliver_outbox
from apps.inbox.candidates import eligible, may_take, named, people_offered, why_not
from apps.inbox.handling import Rung, handling_of
from apps.inbox.lifecycle import Answer, NewTask, decide, open_owned_tasks
from apps.inbox.lifecycle.assigning import prepare
from apps.inbox.models import UserTask
from apps.notices.models import Notice
from apps.queues.lifecycle import edit_item
from tests.factories import make_folder, make_person
from tests.inbox.handing import HOUR, again, make_clerk, make_rule, make_team, send_away
from tests.inbox.rows import make_queue, make_task
from tests.inbox.steps import instances_listening, open_incident, open_step

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def heard():
    with instances_listening() as found:
        yield found


@pytest.fixture
def ada(folder):
    return make_clerk(folder, "ada")


@pytest.fixture
def bo(folder):
    return make_clerk(folder, "bo")


@pytest.fixture
def cy(folder):
    return make_clerk(folder, "cy")


def open_many(folder, n):
    open_owned_tasks(
        [
            NewTask(kind="form", folder_id=folder.pk, instance_id=each, token=1, title="x")
            for each in range(1, n + 1)
        ]
    )
    return list(UserTask.objects.order_by("instance_id"))


def test_a_task_that_nobody_is_named_for_is_everybodys(folder, ada, auditor):
    task = open_step(folder)

    assert (task.offered_to, task.assignee, task.next_rung_at) == ([], None, None)
    assert may_take(task, ada)
    assert "needs a role" in why_not(task, auditor)


def test_groups_are_teams_and_roles_and_what_is_unknown_locks_nobody_out(folder, ada, bo, cy):
    team = make_team(folder, ada)
    named_task = open_step(folder, candidate_groups=["Finance", "Ghosts"], candidate_users=["bo"])
    ghosts = open_step(folder, candidate_groups=["Ghosts"], token=9)

    assert named_task.offered_to == [f"team:{team.pk}", f"user:{bo.pk}"]
    assert named_task.team == team
    assert [may_take(named_task, each) for each in (ada, bo, cy)] == [True, True, False]
    assert "Finance, Bo" in why_not(named_task, cy)
    assert ghosts.facts["unknown_groups"] == ["Ghosts"]
    assert may_take(ghosts, cy)
    # lists narrow the same way, and tell the same people
    mine = UserTask.objects.filter(eligible(cy, folder.pk))
    assert list(mine) == [ghosts]
    assert set(people_offered(named_task)) == {ada, bo}


def test_a_role_is_offered_to_those_who_may_do_more_too(folder, ada, supervisor, admin):
    task = open_step(folder, candidate_groups=["supervisor"])

    assert [may_take(task, each) for each in (ada, supervisor, admin)] == [False, True, True]
    for person in (ada, supervisor, admin):
        listed = UserTask.objects.filter(eligible(person)).exists()
        assert listed == may_take(task, person)
    assert set(people_offered(task)) == {supervisor, admin}


def test_teams_of_another_folder_mean_nothing_here(folder, ada):
    make_team(make_folder(), ada)

    assert named(folder.pk, ["finance"]).unknown == ("finance",)


def test_the_first_rule_that_matches_holds(folder, ada):
    team = make_team(folder, ada)
    make_rule(folder, position=1, kind="incident", votes_needed=3)
    make_rule(folder, position=2, is_on=False, votes_needed=4)
    rule = make_rule(folder, position=3, workflow="invoices", step="approve", team=team,
        due_seconds=8 * HOUR)  # fmt: skip
    make_rule(folder, position=4, votes_needed=5)

    task = open_step(folder, workflow_key="invoices")
    other = open_step(folder, workflow_key="other", token=9)

    assert task.team == team
    assert task.offered_to == [f"team:{team.pk}"]
    assert handling_of(task.handling).rule_id == rule.pk
    assert task.due_at - task.created_at < timedelta(hours=8, seconds=5)
    assert other.votes_needed == 5
    assert open_incident(folder).votes_needed == 3


def test_items_match_by_queue_and_code(folder, ada):
    queue = make_queue(folder)
    team = make_team(folder, ada)
    make_rule(folder, queue=make_queue(folder, "other"), votes_needed=2)
    make_rule(folder, queue=queue, code="Y_*", votes_needed=3)
    make_rule(folder, queue=queue, code="X*", team=team, due_seconds=HOUR)
    made = UserTask(folder=folder, kind="data_problem", queue=queue, code="X_TOTAL", item_id=1)
    other = UserTask(folder=folder, kind="data_problem", queue=queue, code="Z", item_id=2)

    prepare([made, other])

    assert (made.team_id, made.votes_needed) == (team.pk, 1)
    assert made.due_at is not None
    assert (other.team_id, other.due_at) == (None, None)
    assert handling_of(make_task(queue).handling).rule_id is None


def test_what_the_diagram_says_wins_piece_by_piece(folder, ada, bo):
    of_rule, of_diagram = make_team(folder, ada, key="rule"), make_team(folder, bo, key="diagram")
    make_rule(folder, Rung(do="remind", at_share=0.5), team=of_rule, due_seconds=HOUR,
        votes_needed=2)  # fmt: skip

    task = open_step(folder, handling={"team": "diagram", "due_seconds": 2 * HOUR})

    handling = handling_of(task.handling)
    assert task.team == of_diagram
    assert (handling.due_seconds, task.votes_needed) == (2 * HOUR, 2)
    assert handling.ladder == (Rung(do="remind", at_share=0.5),)
    assert task.next_rung_at - task.created_at < timedelta(hours=1, seconds=5)


def test_each_gets_one_in_turn_and_the_absent_none(folder, ada, bo, cy):
    send_away(bo, None)
    make_rule(folder, team=make_team(folder, ada, bo, cy), assignment="round_robin")

    tasks = open_many(folder, 3)
    open_owned_tasks([NewTask(kind="form", folder_id=folder.pk, instance_id=9, token=1, title="")])

    assert [task.assignee for task in tasks] == [ada, cy, ada]
    assert UserTask.objects.get(instance_id=9).assignee == cy


def test_whoever_has_the_fewest_gets_the_next(folder, ada, bo):
    make_rule(folder, team=make_team(folder, ada, bo), assignment="least_loaded")
    open_step(folder, assignee="ada", instance_id=77)

    tasks = [task for task in open_many(folder, 3) if task.instance_id < 77]

    assert [task.assignee for task in tasks] == [bo, ada, bo]


def test_where_several_must_agree_nobody_gets_it_alone(folder, ada, bo):
    make_rule(folder, assignment="least_loaded", votes_needed=2)

    assert open_step(folder).assignee is None


def decided_step(folder, by, **values):
    task = open_step(folder, **values)
    decide(task, Answer(decision="complete", version=1, payload={"amount": 1, "approved": True}),
        by=by.actor)  # fmt: skip
    return task


def test_the_same_person_as_an_earlier_step(folder, ada, bo):
    decided_step(folder, bo, element="enter", token=1)

    task = open_step(folder, handling={"like_step": "enter"})
    elsewhere = open_step(folder, handling={"like_step": "enter"}, instance_id=99)

    assert task.assignee == bo
    assert elsewhere.assignee is None


def test_four_eyes_hold_for_everybody(folder, ada, admin):
    decided_step(folder, admin, element="enter", token=1)

    task = open_step(folder, handling={"not_like_steps": ["enter"]}, assignee="admin")

    assert task.excluded == [admin.pk]
    assert task.assignee is None
    assert may_take(task, ada)
    assert "four eyes" in why_not(task, admin)
    assert not UserTask.objects.filter(eligible(admin), pk=task.pk).exists()


def test_new_work_of_the_absent_goes_to_the_deputy_of_the_deputy(folder, ada, bo, cy):
    send_away(ada, bo)
    send_away(bo, cy)

    task = open_step(folder, assignee="ada", candidate_users=["ada"])

    assert task.assignee == cy
    assert task.facts["stands_in_for"] == ada.pk
    assert may_take(task, cy)
    assert UserTask.objects.filter(eligible(cy)).get() == task


def test_deputies_in_a_circle_do_no_harm(folder, ada, bo):
    send_away(ada, bo)
    send_away(bo, ada)

    assert open_step(folder, assignee="ada").assignee == ada


def test_a_deputy_who_may_not_decide_gets_nothing(folder, ada, auditor):
    send_away(ada, auditor)
    task = open_step(folder, assignee="ada", candidate_users=["ada"])

    assert task.assignee == ada
    assert not may_take(task, auditor)


def test_times_are_counted_in_working_hours(folder):
    calendar = Calendar.objects.create(
        folder=folder, key="office", title="Office", time_zone="UTC",
        week={day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    )  # fmt: skip
    rungs = [Rung(do="remind", at_share=0.5), Rung(do="manager", at_share=1.5)]
    make_rule(folder, *rungs, due_seconds=8 * HOUR, calendar=calendar, at_risk_share=0.75)
    task = UserTask(folder=folder, kind="data_problem", created_at=friday(15))
    prepare([task])

    monday = friday(0) + timedelta(days=3)
    assert task.due_at == monday + timedelta(hours=15)
    assert task.at_risk_at == monday + timedelta(hours=13)
    assert task.next_rung_at == monday + timedelta(hours=11)
    assert (
        handling_of(task.handling).moments[1] == (monday + timedelta(days=1, hours=11)).isoformat()
    )


def friday(hour):
    return datetime(2026, 3, 6, hour, tzinfo=UTC)


def test_a_rung_without_a_due_time_has_none_unless_it_says_seconds(folder):
    make_rule(folder, Rung(do="remind", after_seconds=60), Rung(do="manager", at_share=1.0))

    task = open_step(folder)

    assert task.next_rung_at is not None
    assert len(handling_of(task.handling).moments) == 1


def test_what_was_late_before_it_was_opened_still_leaves_an_hour(folder):
    make_rule(folder, Rung(do="decide", at_share=1.0, decision="complete"))

    task = open_step(folder, due_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert task.next_rung_at - task.created_at > timedelta(minutes=59)


def test_people_hear_of_what_is_theirs_and_what_is_offered_to_them(folder, ada, bo):
    make_team(folder, ada)
    mine = open_step(folder, assignee="bo")
    open_step(folder, candidate_groups=["finance"], token=8, title="For all of us")
    open_step(folder, token=9)

    deliver_outbox()

    (told,) = Notice.objects.filter(user=bo)
    assert (told.kind, told.subject_id) == ("task_assigned", mine.pk)
    (offered,) = Notice.objects.filter(user=ada)
    assert (offered.kind, offered.body) == ("task_offered", "For all of us")
    assert Notice.objects.count() == 2
    assert again(mine).assignee == bo


def test_people_who_left_are_not_handed_work(folder, ada, bo):
    make_rule(folder, assignment="least_loaded")
    ada.is_active = False
    ada.save()
    make_person("guest", role=Role.AUDITOR, folder=folder)

    assert open_step(folder).assignee == bo


def test_an_item_that_is_due_at_another_time_moves_its_tasks_ladder(folder, queue, ada):
    make_rule(folder, Rung(do="remind", at_share=0.5), Rung(do="manager", at_share=1.0))
    task = make_task(queue)
    assert task.next_rung_at is None
    due = task.created_at + timedelta(days=2)
    item = task.item

    edit_item(item.pk, due_at=due, version=item.version, reason="later", by=ada.actor)
    deliver_outbox()

    moved = again(task)
    assert moved.due_at == due
    assert moved.next_rung_at == task.created_at + timedelta(days=1)
    assert handling_of(moved.handling).moments[1] == due.isoformat()


def test_a_task_tells_that_whoever_has_it_is_away_and_what_comes_next(
    folder, ada, supervisor_client
):
    make_rule(folder, Rung(do="manager", after_seconds=HOUR))
    task = open_step(folder, assignee="ada")
    send_away(ada, None)

    page = supervisor_client.get(f"/inbox/{task.pk}/").content.decode()

    assert "Ada is away until" in page
    assert "nobody stands in" in page
    assert "Hand it to the manager of the team" in page
