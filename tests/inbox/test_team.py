"""The team view: numbers that equal their lists, tasks handed over and taken back."""

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import Absence, Team
from apps.accounts.roles import Role
from apps.events.models import Event
from apps.inbox.models import PendingDecision, UserTask
from apps.inbox.team_listing import TeamFilter
from apps.notices.models import Notice
from tests.factories import make_folder, make_person
from tests.inbox.rows import make_queue

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="\?([^"#]*)#tasks"[^>]*>\s*(\d+)')


def make(folder, title="A task", *, hours=0, due=None, risk=None, **values):
    task = UserTask.objects.create(
        folder=folder,
        kind=values.pop("kind", "approval"),
        title=title,
        due_at=due and Now() + timedelta(hours=due),
        at_risk_at=risk and Now() + timedelta(hours=risk),
        **values,
    )
    UserTask.objects.filter(pk=task.pk).update(created_at=Now() - timedelta(hours=hours))
    return task


@pytest.fixture
def crowd(folder, supervisor, business_user):
    """Tasks of all ages and standings, in queues and pools, with people and without."""
    queues = [make_queue(folder), make_queue(folder, "claims"), None]
    team = Team.objects.create(folder=folder, key="ap", title="Payables")
    holders = [(supervisor, None), (business_user, team), (None, team), (None, None)]
    for n in range(60):
        assignee, pool = holders[n % 4]
        due = {0: None, 1: -1, 2: 1, 3: 9}[n % 5 % 4]
        make(
            folder,
            f"Task {n}",
            hours=[0, 2, 12, 30, 100][n % 5],
            due=due,
            risk=due and due - 2,
            queue=queues[n % 3],
            assignee=assignee,
            team=pool,
        )
    asleep = make(folder, "Put off", hours=3)
    UserTask.objects.filter(pk=asleep.pk).update(snoozed_until=Now() + timedelta(hours=1))
    stopped = make(folder, "Clock stopped", hours=3, due=-1, risk=-2)
    UserTask.objects.filter(pk=stopped.pk).update(stopped_at=Now())
    decided = make(folder, "Just decided", hours=3)
    PendingDecision.objects.create(
        task=decided,
        user=supervisor,
        user_name="Sam",
        decision="x",
        answer={},
        takes_effect_at=timezone.now() + timedelta(seconds=60),
    )
    return team


def test_the_way_to_a_persons_absence_is_beside_their_name(supervisor_client, business_user):
    page = supervisor_client.get("/inbox/team/").content.decode()

    assert f'/people/{business_user.pk}/absences/?next=/inbox/team/"' in page


def test_every_number_equals_the_list_that_it_opens(supervisor, supervisor_client, folder, crowd):
    text = supervisor_client.get("/inbox/team/").text
    links = {query.replace("&amp;", "&"): int(n) for query, n in LINK.findall(text)}

    for query, n in links.items():
        listed = supervisor_client.get(f"/inbox/team/?{query}").text
        assert int(re.search(r'data-count="(\d+)"', listed)[1]) == n, query
    assert links[""] == 61
    assert {"band=overdue", "band=old", "queue=none", "assignee=none&team=none"} <= links.keys()
    assert len(links) > 40
    for row in ("queue", "assignee"):
        parts = [n for query, n in links.items() if re.fullmatch(rf"{row}=\w+", query)]
        assert sum(parts) + (0 if row == "queue" else 31) == 61, row


def test_it_says_who_is_away_and_who_stands_in(supervisor, admin, supervisor_client, business_user):
    Absence.objects.create(
        user=business_user,
        deputy=admin,
        starts_at=timezone.now() - timedelta(days=1),
        ends_at=timezone.now() + timedelta(days=1),
    )

    text = supervisor_client.get("/inbox/team/").text

    assert "Away" in text
    assert "deputy: Admin" in text


def test_tasks_go_to_a_person_and_back_again(
    supervisor, supervisor_client, business_user, admin, folder
):
    tasks = [make(folder, f"Task {n}", assignee=[admin, None][n % 2]) for n in range(10)]
    said = {"task": [task.pk for task in tasks], "to": business_user.pk, "query": "band=1h"}

    answer = supervisor_client.post("/inbox/team/move/", said)

    assert answer["Location"] == "/inbox/team/?band=1h"
    assert UserTask.objects.filter(assignee=business_user).count() == 10
    assert Event.objects.filter(kind="user_task.reassigned", actor_id=supervisor.pk).count() == 10
    assert Notice.objects.get(user=business_user).count == 10

    again = supervisor_client.post("/inbox/team/move/", said, headers={"HX-Request": "true"})
    assert "/inbox/team/undo/" not in again.text.partition("toast-card")[2], "nothing was moved"

    # one of them goes on in the meantime
    UserTask.objects.filter(pk=tasks[0].pk).update(assignee=supervisor)
    again = supervisor_client.post("/inbox/team/undo/1/", {}, headers={"HX-Request": "true"})

    assert "9 tasks are back" in again.text
    holders = list(UserTask.objects.order_by("pk").values_list("assignee", flat=True))
    assert holders == [supervisor.pk, None, *[admin.pk, None] * 4]
    assert supervisor_client.post("/inbox/team/undo/1/").status_code == 422


def test_tasks_go_back_to_the_pool(supervisor_client, business_user, folder):
    task = make(folder, assignee=business_user)

    supervisor_client.post("/inbox/team/move/", {"task": task.pk, "to": "none"})

    task.refresh_from_db()
    assert task.assignee is None
    assert Event.objects.get(kind="user_task.released").data["from"] == "Business_user"


def test_four_eyes_holds_and_what_stays_is_named(
    supervisor_client, supervisor, business_user, folder
):
    first = make(folder, "Second step", excluded=[business_user.pk])
    second = make(folder, "Free")
    third = make(folder, "Just decided")
    PendingDecision.objects.create(
        task=third,
        user=supervisor,
        user_name="Sam",
        decision="x",
        answer={},
        takes_effect_at=timezone.now() + timedelta(seconds=60),
    )
    said = {"task": [first.pk, second.pk, third.pk], "to": business_user.pk}

    text = supervisor_client.post("/inbox/team/move/", said, headers={"HX-Request": "true"}).text

    assert "has 1 task more" in text
    assert "Second step: Business_user did an earlier step of it (four eyes)." in text
    assert "Just decided: It was decided a moment ago." in text
    assert list(UserTask.objects.filter(assignee=business_user)) == [second]


def test_only_of_this_folder_only_to_who_may_and_only_by_who_may(
    supervisor_client, business_client, business_user, auditor, folder
):
    foreign, own = make(make_folder()), make(folder)
    stranger = make_person(role=Role.BUSINESS_USER)

    def move(client, task, to):
        return client.post("/inbox/team/move/", {"task": task.pk, "to": to})

    assert move(supervisor_client, own, stranger.pk).status_code == 422
    assert move(supervisor_client, own, auditor.pk).status_code == 422
    assert move(supervisor_client, own, "").status_code == 422
    assert move(supervisor_client, own, "9" * 30).status_code == 422
    assert move(business_client, own, business_user.pk).status_code == 403
    assert business_client.get("/inbox/team/").status_code == 403
    move(supervisor_client, foreign, business_user.pk)
    assert not UserTask.objects.exclude(assignee=None).exists()


def test_the_link_stands_in_the_inbox_for_those_who_may(supervisor_client, business_client):
    assert "/inbox/team/" in supervisor_client.get("/inbox/").text
    assert "/inbox/team/" not in business_client.get("/inbox/").text


def test_nonsense_in_the_address_narrows_nothing(folder):
    wanted = TeamFilter.parse("queue=x&assignee=-1&band=young&team=%00", folder=folder.pk)

    assert not wanted.is_narrowed
