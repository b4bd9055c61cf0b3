"""Rules of handling: plain fields on pages, JSON by API, and what can't be is said."""

import pytest

from apps.calendars.models import Calendar
from apps.events.models import Event
from apps.inbox.models import HandlingRule
from tests.api.conftest import program_of
from tests.factories import make_folder
from tests.inbox.handing import HOUR, make_rule, make_team
from tests.inbox.rows import make_queue
from tests.inbox.steps import open_step

pytestmark = pytest.mark.django_db
URL = "/settings/handling/"
LADDER = [
    {"do": "remind", "at_share": 0.5, "after_seconds": None, "team": "", "decision": ""},
    {"do": "reassign", "at_share": None, "after_seconds": 7200, "team": "finance", "decision": ""},
    {"do": "decide", "at_share": 2.0, "after_seconds": None, "team": "", "decision": "reject"},
]


def posted(**changes):
    rows = [
        {"do": "remind", "amount": 50, "unit": "share"},
        {"do": "", "unit": "share"},
        {"do": "reassign", "amount": 2, "unit": "hours", "team": "finance"},
        {"do": "decide", "amount": 200, "unit": "share", "decision": "reject"},
    ]
    rungs = {f"rung_{n}_{key}": value for n, row in enumerate(rows) for key, value in row.items()}
    plain = {"title": "Invoices", "position": 10, "is_on": "on", "kind": "data_problem",
        "assignment": "round_robin", "votes_needed": 1, "due_amount": 8, "due_unit": "hours",
        "at_risk_percent": 75}  # fmt: skip
    return {**plain, **rungs, **changes}


def test_a_rule_is_made_from_plain_fields_and_shown_in_them(designer_client, folder):
    queue, team = make_queue(folder), make_team(folder)
    calendar = Calendar.objects.create(folder=folder, key="c", title="Office", week={})
    rows = {"queue": queue.pk, "team": team.pk, "calendar": calendar.pk}

    answer = designer_client.post(f"{URL}new/", posted(**rows), follow=True)

    rule = HandlingRule.objects.get(folder=folder)
    assert (rule.queue, rule.team, rule.calendar) == (queue, team, calendar)
    assert (rule.due_seconds, rule.at_risk_share, rule.ladder) == (8 * HOUR, 0.75, LADDER)
    assert "made the rule “Invoices”" in answer.content.decode()
    assert 'value="reject"' in answer.content.decode()
    designer_client.post(f"{URL}{rule.pk}/", posted(**rows))
    assert not Event.objects.filter(kind="handling_rule.changed").exists()
    rule.refresh_from_db()
    assert rule.ladder == LADDER
    listed = designer_client.get(URL).content.decode()
    for words in (
        "Data problem of the queue",
        "8 hours by the calendar “Office”",
        "at 50 % of the time: Remind whoever has it",
        "after 2 hours: Hand it to the team",
    ):
        assert words in listed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rung_0_amount": ""}, "Say when."),
        ({"rung_3_decision": ""}, "needs a decision to take"),
        ({"rung_3_decision": "maybe"}, "they offer: correct"),
        ({"votes_needed": 2}, "must be 1 where"),
        ({"title": ""}, "required"),
        ({"at_risk_percent": 0}, "greater than or equal"),
        ({"rung_2_team": "ghosts"}, "not one of the available choices"),
    ],
)
def test_what_can_not_be_is_said_where_it_was_typed(designer_client, folder, wrong, said):
    make_team(folder)

    answer = designer_client.post(f"{URL}new/", posted(**wrong))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not HandlingRule.objects.exists()


def test_rules_are_for_designers_and_auditors_look(client_of, supervisor, auditor, folder):
    rule = make_rule(folder)

    assert client_of(supervisor).get(URL).status_code == 403
    assert client_of(auditor).get(f"{URL}{rule.pk}/").status_code == 200
    assert client_of(auditor).post(f"{URL}{rule.pk}/", posted()).status_code == 403


def test_open_tasks_keep_what_a_removed_rule_gave_them(designer_client, folder):
    rule = make_rule(folder, votes_needed=2)
    task = open_step(folder)

    designer_client.post(f"{URL}{rule.pk}/remove/")

    task.refresh_from_db()
    assert task.votes_needed == 2
    assert Event.objects.filter(kind="handling_rule.removed").count() == 1
    assert not HandlingRule.objects.exists()


def test_programs_put_rules(designer, business_user, folder):
    make_team(folder)
    program = program_of(designer, folder)

    made = program.post("/handling-rules", {"title": "Late", "team": "finance", "ladder": LADDER})
    number = made.json()["id"]
    changed = program.put(f"/handling-rules/{number}", {"due_seconds": 60, "team": None})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert made.json()["ladder"] == LADDER
    assert (changed.json()["team"], changed.json()["due_seconds"]) == (None, 60)
    assert changed.json()["ladder"] == LADDER
    assert program.get("/handling-rules").json()["items"] == [changed.json()]
    reader = program_of(business_user, folder)
    assert reader.get(f"/handling-rules/{number}").json() == changed.json()
    assert reader.call("DELETE", f"/handling-rules/{number}").status_code == 403
    assert program.call("DELETE", f"/handling-rules/{number}").status_code == 204
    assert program.get(f"/handling-rules/{number}").status_code == 404


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"title": "x", "ladder": [{"do": "remind"}]}, "ladder.0"),
        ({"title": "x", "ladder": [{"do": "remind", "at_share": 1, "team": "t"}]}, "ladder.0"),
        ({"title": "x", "ladder": [{"do": "reassign", "at_share": 1, "team": "t"}]}, "ladder.0"),
        ({"title": "x", "kind": "nothing"}, "kind"),
        ({"title": "x", "team": "nobody"}, "team"),
        ({"title": "x", "votes_needed": 2, "assignment": "round_robin"}, "votes_needed"),
        ({}, "title"),
        ({"title": "x", "ladder": [{"do": "explode", "at_share": 1}]}, "ladder.0.do"),
    ],
)
def test_programs_are_told_what_does_not_fit(designer, folder, body, path):
    answer = program_of(designer, folder).post("/handling-rules", body)

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_a_rule_of_another_folder_is_not_there(designer, folder):
    rule = make_rule(make_folder())

    assert program_of(designer, folder).get(f"/handling-rules/{rule.pk}").status_code == 404
