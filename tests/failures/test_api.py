"""Failures through the API."""

from datetime import timedelta

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.failures.models import FailureGroup
from apps.lib.clock import database_now
from controlroom.api import api as ninja_api
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.factories_queues import make_queue

from .failing import DOWN, WELL, WRONG, end, fail, group, the_group

pytestmark = pytest.mark.django_db

VIEW, OPERATE, DESIGN = Action.VIEW, Action.OPERATE, Action.DESIGN


@pytest.fixture
def queue(folder):
    return make_queue("invoices", folder=folder, max_attempts=1)


@pytest.fixture
def program(admin, folder):
    return program_of(admin, folder)


def soon():
    return (database_now() + timedelta(hours=1)).isoformat()


def test_groups_are_listed_and_looked_at(program, queue):
    fail(queue, {**DOWN, "error_class": "erp.Timeout"}, DOWN)
    fail(queue, WRONG, bot="RB-07")

    listed = program.get("/failures").json()["items"]
    assert [each["kind"] for each in listed][0] == "business_exception"
    assert listed[0]["title"] == "The total is wrong"
    assert (listed[0]["queue"], listed[0]["count"], listed[0]["status"]) == ("invoices", 1, "new")
    assert len(program.get("/failures?kind=application_exception").json()["items"]) == 2
    assert len(program.get("/failures?q=Timeout&since=1h&state=all").json()["items"]) == 1

    found = program.get(f"/failures/{listed[0]['id']}").json()
    assert found["bots"] == [{"bot": "RB-07", "count": 1}]
    assert (found["open_items"], found["retry"], found["is_data_problem"]) == (1, None, False)


def test_pages_go_on_where_the_one_before_ended(program, queue):
    for word in ("one", "two", "three"):
        fail(queue, {**DOWN, "message": f"Nothing but {word}"})
    first = program.get("/failures?limit=2").json()
    second = program.get(f"/failures?limit=2&cursor={first['next_cursor']}").json()
    assert [len(first["items"]), len(second["items"])] == [2, 1]
    assert second["next_cursor"] is None


def test_each_time_it_happened_is_listed(program, queue):
    ids = fail(queue, DOWN, DOWN, DOWN)
    base = f"/failures/{the_group().pk}/happened"
    first = program.get(f"{base}?limit=2").json()
    second = program.get(f"{base}?limit=2&cursor={first['next_cursor']}").json()
    found = first["items"] + second["items"]
    assert sorted(each["id"] for each in found) == sorted(ids)
    assert {(each["source"], each["try"], each["bot"]) for each in found} == {("try", 1, "Robbie")}


def test_what_people_do_programs_do(program, queue, admin):
    fail(queue, DOWN)
    base = f"/failures/{the_group().pk}"

    assert program.post(f"{base}/assign", {"owner": admin.username}).json()["owner"] == "admin"
    assert program.post(f"{base}/mute", {"until": soon(), "note": "x"}).json()["status"] == "muted"
    assert program.post(f"{base}/unmute").json()["status"] == "assigned"
    assert program.post(f"{base}/resolve").json()["status"] == "resolved"
    assert program.post(f"{base}/reopen").json()["status"] == "assigned"
    assert program.post(f"{base}/assign", {"owner": None}).json()["status"] == "new"
    url = "https://wiki.example.com"
    assert program.put(f"{base}/runbook", {"url": url}).json()["runbook_url"] == url
    assert program.put(f"{base}/data-problem").json()["is_data_problem"] is True
    assert program.put(f"{base}/data-problem").status_code == 409
    assert program.call("DELETE", f"{base}/data-problem").status_code == 204


def test_a_retry_is_started_followed_and_cancelled(program, queue):
    ids = fail(queue, DOWN, DOWN)
    base = f"/failures/{the_group().pk}"

    started = program.post(f"{base}/retry")
    assert (started.status_code, started.json()["status"]) == (201, "trying")
    assert started.json()["item"] in ids
    assert program.post(f"{base}/retry").status_code == 409
    cancelled = program.call("DELETE", f"{base}/retry").json()
    assert cancelled["status"] == "cancelled"
    assert cancelled["ended_at"] is not None
    end(queue, [WELL])
    group()
    assert program.get(base).json()["open_items"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *(("state=x", "state"), ("kind=x", "kind"), ("since=2h", "since")),
        *(("q=" + "x" * 10_000, "q"), ("q=%00", "q"), ("limit=x", "limit"), ("cursor=x", "cursor")),
        *(("state=" + "x" * 50, "state"), ("cursor=" + "x" * 5_000, "cursor")),
    ],
)
def test_nonsense_in_a_query_is_refused_naming_the_field(program, queue, query, field):
    answer = program.get(f"/failures?{query}")
    assert answer.status_code in (400, 422)
    assert [each["path"].rpartition(".")[2] for each in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("assign", {}, "owner"),
        ("assign", {"owner": "nobody"}, "owner"),
        ("assign", {"owner": 7}, "owner"),
        ("mute", {}, "until"),
        ("mute", {"until": "soon"}, "until"),
        ("mute", {"until": "2001-01-01T00:00:00Z"}, "until"),
        ("mute", {"until": "9999-12-31T23:59:59Z"}, "until"),
        ("mute", {"until": "2027-01-01T00:00:00Z", "note": "x" * 301}, "note"),
        ("resolve", {"note": "x" * 301}, "note"),
        ("resolve", {"notes": "x"}, "notes"),
    ],
)
def test_nonsense_in_a_body_is_refused_naming_the_field(program, queue, verb, body, field):
    fail(queue, DOWN)
    answer = program.post(f"/failures/{the_group().pk}/{verb}", body)
    assert answer.status_code == 422, answer.content
    assert [each["path"].rpartition(".")[2] for each in answer.json()["errors"]] == [field]
    assert the_group().status == "new"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "x" * 501, "https://", "//x"])
def test_a_runbook_that_is_no_page_is_refused(program, queue, url):
    fail(queue, DOWN)
    assert program.put(f"/failures/{the_group().pk}/runbook", {"url": url}).status_code == 422
    assert the_group().runbook_url == ""


@pytest.mark.parametrize("number", [0, -1, 2**63, "x", 999_999])
def test_a_failure_that_is_not_there_is_not_found(program, queue, number):
    assert program.get(f"/failures/{number}").status_code in (404, 422)


CALLS = {
    ("GET", "/failures"): (VIEW, None),
    ("GET", "/failures/{number}"): (VIEW, None),
    ("GET", "/failures/{number}/happened"): (VIEW, None),
    ("POST", "/failures/{number}/assign"): (OPERATE, {"owner": None}),
    ("POST", "/failures/{number}/mute"): (OPERATE, {"until": "2001-01-01T00:00:00Z"}),
    ("POST", "/failures/{number}/unmute"): (OPERATE, None),
    ("POST", "/failures/{number}/resolve"): (OPERATE, {}),
    ("POST", "/failures/{number}/reopen"): (OPERATE, None),
    ("PUT", "/failures/{number}/runbook"): (OPERATE, {"url": ""}),
    ("POST", "/failures/{number}/retry"): (OPERATE, None),
    ("DELETE", "/failures/{number}/retry"): (OPERATE, None),
    ("PUT", "/failures/{number}/data-problem"): (DESIGN, None),
    ("DELETE", "/failures/{number}/data-problem"): (DESIGN, None),
}


def test_every_call_is_in_the_table():
    paths = ninja_api.get_openapi_schema()["paths"]
    declared = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
        if path.removeprefix("/api/v1").startswith("/failures")
    }
    assert declared == set(CALLS)


@pytest.mark.parametrize("role", list(Role))
def test_every_call_asks_for_its_right(queue, folder, role):
    fail(queue, DOWN)
    pk = the_group().pk
    program = program_of(make_person(role=role, folder=folder), folder)
    for (method, path), (action, body) in CALLS.items():
        answer = program.call(method, path.format(number=pk), body)
        is_refused = answer.status_code == 403
        assert is_refused == (action not in GRANTS[role]), (method, path, answer.status_code)


def test_what_lies_in_another_folder_is_not_there(queue, admin):
    fail(queue, DOWN)
    other = make_folder()
    stranger = program_of(make_person(role=Role.ADMIN, folder=other), other)
    for (method, path), (_action, body) in CALLS.items():
        if "{number}" in path:
            answer = stranger.call(method, path.format(number=the_group().pk), body)
            assert answer.status_code == 404, (method, path)
    assert stranger.get("/failures").json()["items"] == []
    assert FailureGroup.objects.get().status == "new"
