"""Approvals that programs ask for, and links that decide without signing in."""

import re

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership, Team, TeamMember
from apps.events.models import Event
from apps.inbox import lifecycle
from apps.inbox.models import DecisionLink, UserTask
from apps.inbox.views import links
from apps.notices.models import Notice
from tests.api.conftest import program_of
from tests.factories import make_person
from tests.inbox.pages import text_of

pytestmark = pytest.mark.django_db

LIMIT = {
    "type": "object",
    "required": ["limit"],
    "properties": {"limit": {"type": "integer", "title": "Limit", "minimum": 0}},
}
ASK = {"title": "Raise the limit of Stark", "text": "They ask for 5000.", "reference": "CRM-7"}


@pytest.fixture
def asker(supervisor, folder):
    return program_of(supervisor, folder)


@pytest.fixture
def ada(folder):
    return make_person("ada", role="business_user", folder=folder)


def asked(asker, **more):
    answer = asker.post("/user-tasks", {**ASK, **more})
    assert answer.status_code == 201, answer.json()
    return UserTask.objects.get(pk=answer.json()["id"])


def link_for(task, person):
    return lifecycle.make_link(task, person)


# ---- asking


def test_a_program_asks_people_decide_and_it_reads_what_they_said(asker, program, business_user):
    task = asked(asker, form=LIMIT, values={"limit": 3000}, due_at="2026-12-01T12:00:00Z")
    assert (task.kind, task.reason, task.item_id) == ("approval", "They ask for 5000.", None)
    assert [each["key"] for each in task.decisions] == ["approve", "reject"]

    body = {"version": 1, "decision": "approve", "values": {"limit": 4000}}
    assert program.post(f"/user-tasks/{task.pk}/decide", body).status_code == 200

    (found,) = asker.get("/user-tasks?reference=CRM-7").json()["items"]
    assert (found["status"], found["decision"]) == ("completed", "approve")
    assert found["decided_values"] == {"limit": 4000}
    assert found["decided_by"].startswith(business_user.name)
    assert Event.objects.filter(kind="user_task.completed", subject_id=task.pk).exists()


def test_one_is_found_by_its_reference_without_reading_all_tasks(asker):
    wanted = asked(asker)
    others = [asked(asker, reference=f"CRM-{number}") for number in range(100, 130)]

    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        # what the planner knows must not depend on the tests before
        cursor.execute("analyze inbox_usertask")
        (found,) = asker.get("/user-tasks?reference=CRM-7").json()["items"]
        (sql,) = [each["sql"] for each in queries if "'CRM-7'" in each["sql"]]
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain {sql}")
        plan = str(cursor.fetchall())

    assert found["id"] == wanted.pk
    assert len(others) == 30
    assert "user_task_reference" in plan


def test_the_same_call_sent_twice_asks_once(asker):
    answers = [asker.post("/user-tasks", ASK, Idempotency_Key="k1") for _n in range(2)]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert UserTask.objects.count() == 1


def test_it_may_say_whom_and_how_many_and_not_whom(asker, folder, ada, business_user, program):
    team = Team.objects.create(folder=folder, key="credit", title="Credit")
    TeamMember.objects.create(team=team, user=ada)

    task = asked(asker, offered_to=["credit", "ada"], votes_needed=2, not_by=["business_user"])

    assert task.offered_to == [f"team:{team.pk}", f"user:{ada.pk}"]
    assert (task.votes_needed, task.excluded) == (2, [business_user.pk])
    refused = program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "approve"})
    assert refused.status_code == 403
    assert "four eyes" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"title": " "}, "title"),
        ({"title": "a\x00b"}, ""),
        ({"text": "x" * 30_000}, "text"),
        ({"votes_needed": 0}, "votes_needed"),
        ({"offered_to": ["nobody"]}, "offered_to"),
        ({"not_by": ["nobody"]}, "not_by"),
        ({"team": "nowhere"}, "team"),
        ({"form": {"type": "nonsense"}}, "form"),
        ({"decisions": [{"key": "a b"}]}, "decisions.0.key"),
        ({"decisions": [{"key": "a"}, {"key": "a"}]}, "decisions.1.key"),
        ({"decisions": [{"key": "a", "style": "blinking"}]}, "decisions.0.style"),
    ],
)
def test_what_will_not_do_is_refused_by_name(asker, said, path):
    answer = asker.post("/user-tasks", {**ASK, **said})

    assert answer.status_code in (400, 422)
    assert not path or answer.json()["errors"][0]["path"].startswith(path)
    assert not UserTask.objects.exists()


def test_only_who_may_operate_asks_and_withdraws(asker, program):
    task = asked(asker)

    assert program.post("/user-tasks", ASK).status_code == 403
    assert program.post(f"/user-tasks/{task.pk}/withdraw").status_code == 403
    for _twice in range(2):
        assert asker.post(f"/user-tasks/{task.pk}/withdraw").json()["status"] == "cancelled"
    assert Event.objects.filter(kind="user_task.withdrawn", subject_id=task.pk).count() == 1
    late = program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "approve"})
    assert late.status_code == 409


# ---- links


def test_everybody_who_is_asked_gets_a_link_of_their_own(asker, ada, folder):
    bo = make_person("bo", role="business_user", folder=folder)

    asked(asker, offered_to=["ada", "bo"], send_links=True)

    told = Notice.objects.filter(kind="approval_link")
    assert {notice.user_id for notice in told} == {ada.pk, bo.pk}
    assert len({notice.sealed_url for notice in told}) == 2
    assert not any("/link/" in notice.url + notice.body for notice in told)
    assert DecisionLink.objects.count() == 2


def test_a_link_shows_and_asks_and_only_a_post_decides_once(asker, ada):
    task = asked(asker, form=LIMIT, values={"limit": 3000})
    path, stranger = link_for(task, ada), Client()

    shown = stranger.get(path)
    assert stranger.head(path).status_code == 200
    assert "Raise the limit of Stark" in text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    # nothing leaks elsewhere; "no-referrer" would take the Origin from the form, too
    assert shown["Referrer-Policy"] == "same-origin"
    assert UserTask.objects.open().count() == 1

    wrong = stranger.post(path, {"version": "1", "decision": "approve", "v/limit": "lots"})
    assert wrong.status_code == 422
    unsaid = stranger.post(path, {"version": "1", "decision": "reject"})
    assert unsaid.status_code == 422
    assert UserTask.objects.open().count() == 1

    done = stranger.post(path, {"version": "1", "decision": "approve", "v/limit": "4000"})
    assert done.status_code == 200
    task.refresh_from_db()
    assert (task.decided_by, task.decision_values) == (ada, {"limit": 4000})
    assert stranger.get(path).status_code == 410
    assert stranger.post(path, {"version": "1", "decision": "approve"}).status_code == 410
    assert "_auth_user_id" not in stranger.session


def test_a_link_asks_for_the_token_of_its_own_page(asker, ada):
    path = link_for(asked(asker), ada)

    said = {"version": "1", "decision": "approve"}
    stranger = Client(enforce_csrf_checks=True)

    forged = stranger.post(path, said)
    assert forged.status_code == 403
    assert UserTask.objects.open().count() == 1

    page = text_of(stranger.get(path))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert stranger.post(path, {**said, "csrfmiddlewaretoken": token}).status_code == 200


def test_a_link_that_ran_out_or_is_none_says_so(asker, ada):
    path = link_for(asked(asker), ada)
    DecisionLink.objects.update(expires_at=Now())

    assert Client().get(path).status_code == 410
    assert Client().get("/inbox/link/nonsense/").status_code == 410
    assert Client().get("/inbox/link/%00/").status_code in (404, 410)


def test_rights_are_asked_again_when_a_link_is_used(asker, ada):
    task = asked(asker)
    path = link_for(task, ada)
    Membership.objects.filter(user=ada).update(role="auditor")

    page = text_of(Client().get(path))
    refused = Client().post(path, {"version": "1", "decision": "approve"})

    assert 'name="decision"' not in page
    assert refused.status_code == 403
    assert UserTask.objects.open().count() == 1
    assert DecisionLink.objects.get().used_at is None

    Membership.objects.filter(user=ada).delete()
    gone = Client().get(path)
    assert gone.status_code == Client().post(path, {"decision": "approve"}).status_code == 410
    assert task.title not in text_of(gone)


def test_a_link_to_what_somebody_decided_says_who(asker, ada, program, business_user):
    task = asked(asker)
    path = link_for(task, ada)
    program.post(f"/user-tasks/{task.pk}/decide", {"version": 1, "decision": "approve"})

    assert business_user.name in text_of(Client().get(path))
    late = Client().post(path, {"version": "1", "decision": "approve"})
    assert late.status_code == 409
    assert business_user.name in text_of(late)


def test_an_address_that_guesses_is_shut_out_for_a_while(asker, ada, monkeypatch):
    monkeypatch.setattr(links, "MAX_MISSES", 3)
    path = link_for(asked(asker), ada)
    guesser = Client(REMOTE_ADDR="203.0.113.9")

    codes = [guesser.get(f"/inbox/link/guess{n}/").status_code for n in range(5)]

    assert codes == [410, 410, 410, 429, 429]
    assert guesser.get(path).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.10").get(path).status_code == 200


def test_html_in_what_programs_say_stays_text(asker, ada):
    evil = "<script>alert(1)</script>"
    task = asked(asker, title=evil, text=evil, decisions=[{"key": "ok", "title": evil}])

    page = text_of(Client().get(link_for(task, ada)))

    assert evil not in page
    assert re.search(r"&lt;script&gt;alert", page)
