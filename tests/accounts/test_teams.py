"""Teams: made and changed by admins, on pages and by API."""

import pytest

from apps.accounts.models import Team
from apps.accounts.roles import Role
from apps.events.bus import deliver_outbox
from apps.events.models import Event
from apps.inbox.candidates import may_take
from tests.api.conftest import program_of
from tests.factories import make_person
from tests.inbox.handing import again, make_clerk, make_team
from tests.inbox.steps import open_step

pytestmark = pytest.mark.django_db
URL = "/settings/teams/"


def test_an_admin_makes_a_team_and_its_page_tells_its_history(admin_client, folder, business_user):
    sent = {"key": "finance", "title": "Finance", "manager": business_user.pk}

    admin_client.post(f"{URL}new/", {**sent, "members": [business_user.pk]})

    team = Team.objects.get(folder=folder)
    assert (list(team.members.all()), team.manager) == ([business_user], business_user)
    page = admin_client.get(f"{URL}{team.pk}/").content.decode()
    assert "made the team “Finance”" in page
    assert "Finance" in admin_client.get(URL).content.decode()
    admin_client.post(f"{URL}{team.pk}/", {"title": "Money", "manager": "", "members": []})
    team.refresh_from_db()
    assert (team.title, team.key, team.manager, team.members.count()) == (
        "Money", "finance", None, 0
    )  # fmt: skip


def test_strangers_and_taken_keys_are_refused(admin_client, folder):
    stranger = make_person()
    sent = {"key": "finance", "title": "Finance", "members": [stranger.pk]}

    assert admin_client.post(f"{URL}new/", sent).status_code == 422
    make_team(folder)
    again_sent = admin_client.post(f"{URL}new/", {"key": "finance", "title": "Finance"})
    assert again_sent.status_code == 422
    assert "has this key" in again_sent.content.decode()


def test_teams_are_for_admins_and_auditors_look(client_of, supervisor, auditor, folder):
    team = make_team(folder)

    assert client_of(supervisor).get(URL).status_code == 403
    assert client_of(auditor).get(f"{URL}{team.pk}/").status_code == 200
    assert client_of(auditor).post(f"{URL}{team.pk}/", {"title": "x"}).status_code == 403
    assert client_of(supervisor).post(f"{URL}{team.pk}/remove/").status_code == 403


def test_what_was_offered_to_a_team_that_is_gone_is_offered_to_everybody(
    admin_client, folder, business_user
):
    team = make_team(folder)
    task = open_step(folder, candidate_groups=["finance"])
    assert not may_take(task, business_user)

    admin_client.post(f"{URL}{team.pk}/remove/")
    deliver_outbox()

    assert again(task).offered_to == []
    assert again(task).team is None
    assert may_take(again(task), business_user)


def test_who_leaves_the_folder_leaves_its_teams(admin_client, folder):
    clerk = make_clerk(folder, "ada")
    team = make_team(folder, clerk, manager=clerk)

    admin_client.post(f"/settings/people/{clerk.pk}/remove/")

    team.refresh_from_db()
    assert (team.members.count(), team.manager) == (0, None)


def test_programs_put_teams(admin, business_user, folder):
    program = program_of(admin, folder)

    made = program.put("/teams/finance", {"members": ["business_user"], "manager": "admin"})
    changed = program.put("/teams/finance", {"title": "Money", "manager": None})
    same = program.put("/teams/finance", {})
    wrong = program.put("/teams/finance", {"members": ["nobody"]})

    assert (made.status_code, changed.status_code, same.status_code) == (201, 200, 200)
    assert changed.json() == {
        "key": "finance", "title": "Money", "manager": None, "members": ["business_user"]
    }  # fmt: skip
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "members")
    assert Event.objects.filter(kind="team.changed").count() == 1
    assert program_of(business_user, folder).get("/teams").json()["items"][0]["key"] == "finance"
    assert program_of(business_user, folder).put("/teams/x", {}).status_code == 403
    assert program.call("DELETE", "/teams/finance").status_code == 204
    assert program.get("/teams/finance").status_code == 404


def test_a_member_of_another_folder_is_nobody_here(admin, folder):
    make_person("elsewhere", role=Role.BUSINESS_USER)

    answer = program_of(admin, folder).put("/teams/t", {"manager": "elsewhere"})

    assert answer.status_code == 422
