"""What people do beside deciding: say something, put a task off, hand it on by right."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.inbox import lifecycle, upkeep
from apps.inbox.markdown import html_of
from apps.inbox.models import Comment, UserTask
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError, NotAllowedError
from apps.notices.models import Notice
from tests.factories import make_person
from tests.inbox.pages import text_of, url
from tests.inbox.rows import make_queue, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(folder):
    return make_person("ada", role="business_user", folder=folder)


def told(kind):
    return {notice.user.username for notice in Notice.objects.filter(kind=kind)}


# ---- comments


def test_people_who_are_mentioned_are_told_if_they_can_see_the_folder(
    task, ada, business_user, folder
):
    make_person("bo.c", role="auditor", folder=folder)
    make_person("stranger", role="supervisor", folder=Folder.objects.create(key="x", title="X"))

    said = "@ada and @bo.c, ask @stranger or @nobody; not mail@ada.com. Thanks @ada!"
    comment = lifecycle.add_comment(task, said, by=business_user.actor)

    assert told("task_mentioned") == {"ada", "bo.c"}
    assert len(comment.mentions) == 2


def test_the_assignee_and_earlier_commenters_hear_of_a_comment_once(
    task, ada, business_user, folder
):
    cy = make_person("cy", role="business_user", folder=folder)
    lifecycle.claim_task(task, by=cy.actor)
    task.refresh_from_db()
    lifecycle.add_comment(task, "first", by=ada.actor)
    Notice.objects.all().delete()

    lifecycle.add_comment(task, "second, @cy", by=business_user.actor)

    assert told("task_commented") == {"ada"}
    assert told("task_mentioned") == {"cy"}


@pytest.mark.parametrize(
    ("text", "shown", "never"),
    [
        ("**now** or `never`", "<strong>now</strong>", ""),
        ("a\nb", "a<br>", ""),
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script"),
        ("<img src=x onerror=alert(1)>", "&lt;img", "<img"),
        ("[x](javascript:alert(1))", "javascript", "href"),
        ("![x](https://example.com/a.png)", "example.com", "<img"),
        ("[x](https://example.com)", 'rel="noopener noreferrer nofollow"', ""),
        ("[x](data:text/html,a)", "data:", "href"),
        ("a & b < c", "a &amp; b &lt; c", ""),
    ],
)
def test_markdown_is_drawn_and_nothing_else_gets_through(text, shown, never):
    drawn = html_of(text)

    assert shown in drawn
    assert not never or never not in drawn


def test_a_comment_stands_in_the_page_as_markdown(business_client, task, ada):
    lifecycle.add_comment(task, "**hello** <b onclick=x>", by=ada.actor)

    page = text_of(business_client.get(url(task)))

    assert "<strong>hello</strong>" in page
    assert "<b onclick" not in page


@pytest.mark.parametrize(("text", "status"), [("x" * 10_001, 413), ("a\x00b", 422), (" ", 422)])
def test_a_comment_that_cannot_be_kept_is_refused(business_client, program, task, text, status):
    page = business_client.post(url(task, "comment"), {"text": text})
    assert page.status_code == status
    if "\x00" not in text:
        answer = program.post(f"/user-tasks/{task.pk}/comments", {"text": text})
        assert answer.status_code == status
    assert not Comment.objects.exists()


# ---- putting off


def test_a_task_that_is_put_off_comes_back_by_itself(task, ada):
    lifecycle.claim_task(task, by=ada.actor)
    until = database_now() + timedelta(hours=1)

    lifecycle.snooze_task(task, until, by=ada.actor)
    assert upkeep.wake_snoozed() == 0
    task.refresh_from_db()
    assert (task.snoozed_until, task.snoozed_by_name) == (until, ada.name)

    UserTask.objects.update(snoozed_until=Now())
    assert upkeep.wake_snoozed() == 1
    assert upkeep.wake_snoozed() == 0
    task.refresh_from_db()
    assert task.snoozed_until is None
    assert told("task_reminder") == {"ada"}
    kinds = list(Event.objects.filter(subject_type="task").values_list("kind", flat=True))
    assert {"user_task.snoozed", "user_task.woken"} <= set(kinds)


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_time_that_makes_no_sense_is_refused(task, ada, days):
    with pytest.raises(InvalidError):
        lifecycle.snooze_task(task, database_now() + timedelta(days=days), by=ada.actor)


def test_programs_put_off_and_bring_back(program, task):
    later = (database_now() + timedelta(hours=1)).isoformat()

    off = program.post(f"/user-tasks/{task.pk}/snooze", {"until": later})
    assert off.json()["snoozed_until"]
    back = program.post(f"/user-tasks/{task.pk}/snooze", {"until": None})
    assert back.json()["snoozed_until"] is None
    bad = program.post(f"/user-tasks/{task.pk}/snooze", {"until": "2020-01-01T00:00:00Z"})
    assert bad.status_code == 422


# ---- whose hands


def test_what_is_offered_to_others_is_taken_and_decided_by_them(task, ada, business_user):
    UserTask.objects.filter(pk=task.pk).update(offered_to=[f"user:{ada.pk}"])
    said = lifecycle.Answer(decision="reject", version=1, reason="no")

    for refused in (
        lambda: lifecycle.claim_task(task, by=business_user.actor),
        lambda: lifecycle.decide(task, said, by=business_user.actor),
        lambda: lifecycle.decide_soon(task, said, by=business_user.actor),
    ):
        with pytest.raises(NotAllowedError, match="offered to Ada"):
            refused()
    assert not lifecycle.decide(task, said, by=ada.actor).is_open


def test_a_supervisor_hands_it_to_anybody_but_who_did_an_earlier_step(
    task, ada, business_user, supervisor, folder
):
    cy = make_person("cy", role="business_user", folder=folder)
    UserTask.objects.filter(pk=task.pk).update(offered_to=[f"user:{ada.pk}"], excluded=[cy.pk])

    with pytest.raises(InvalidError, match="A supervisor can"):
        lifecycle.reassign_task(task, to=business_user, by=ada.actor)
    with pytest.raises(InvalidError, match="earlier step"):
        lifecycle.reassign_task(task, to=cy, by=supervisor.actor)
    lifecycle.reassign_task(task, to=business_user, by=supervisor.actor)
    said = lifecycle.Answer(decision="reject", version=1, reason="no")
    assert not lifecycle.decide(task, said, by=business_user.actor).is_open


# ---- many, by API


def test_programs_decide_many_alike_and_hear_of_each(program, queue, folder):
    first, second = make_task(queue, reference="A"), make_task(queue, reference="B")
    lost = make_task(queue, reference="C")
    UserTask.objects.filter(pk=lost.pk).update(version=7)
    elsewhere = make_task(make_queue(Folder.objects.create(key="else", title="Else")))
    body = {
        "tasks": [first.pk, second.pk, lost.pk, elsewhere.pk, first.pk],
        "versions": {str(lost.pk): 1},
        "decision": "reject",
        "comment": "not ours",
    }

    preview = program.post("/user-tasks/decide-many", {**body, "preview": True}).json()
    assert [each["outcome"] for each in preview["results"][:2]] == ["would", "would"]
    done = program.post("/user-tasks/decide-many", body).json()

    outcomes = {each["task"]: each["outcome"] for each in done["results"]}
    assert outcomes == {
        first.pk: "decided",
        second.pk: "decided",
        lost.pk: "refused",
        elsewhere.pk: "refused",
    }
    elsewhere.refresh_from_db()
    assert elsewhere.is_open


@pytest.mark.parametrize(
    "body",
    [
        {"tasks": []},
        {"tasks": [1] * 201},
        {"tasks": [0]},
        {"tasks": "T", "decision": "fly"},
        {"tasks": "T", "decision": "reject"},
    ],
)
def test_many_that_cannot_be_decided_are_refused(program, task, body):
    body = {"decision": "reject", "reason": "", **body}
    if body["tasks"] == "T":
        body["tasks"] = [task.pk]

    assert program.post("/user-tasks/decide-many", body).status_code == 422
    assert UserTask.objects.open().count() == 1


def test_the_history_says_in_words_what_happened(task, ada, business_user):
    said = lifecycle.Answer(decision="reject", version=1, reason="no")
    lifecycle.decide_soon(task, said, by=ada.actor, seconds=60)
    lifecycle.undo_decision(task.pk, by=ada.actor)
    lifecycle.recall_decision(
        lifecycle.decide(task, said, by=ada.actor), by=ada.actor, reason="mixed up"
    )
    lifecycle.snooze_task(task, database_now() + timedelta(hours=1), by=ada.actor)
    lifecycle.wake_task(task, by=ada.actor)

    events = Event.objects.filter(subject_type="task", subject_id=task.pk).order_by("occurred_at")
    sentences = [sentence_of(event) for event in events]
    assert sentences[:3] == [
        "Ada took back before it took effect: Reject",
        "Ada decided: Reject",
        "Ada recalled the decision of Ada: Reject (mixed up)",
    ]
    assert sentences[3].startswith("Ada put it off until 20")
    assert sentences[4] == "Ada brought it back before its time"
