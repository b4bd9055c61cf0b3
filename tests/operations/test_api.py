"""Operations through the API."""

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.operations import lifecycle
from apps.operations.models import Operation
from controlroom.api import api as ninja_api
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db

OURS = ("/operations", "/operation-kinds")


@pytest.fixture
def program(admin, folder):
    return program_of(admin, folder)


@pytest.fixture
def queue(folder):
    return make_queue("invoices", folder=folder)


def test_one_is_looked_at_first_then_started_and_followed(program, queue):
    ids = make_items(queue, 60)
    asked = {"kind": "items.hold", "filter": {"queue": "invoices"}}

    preview = program.post("/operations/preview", asked).json()
    refused = program.post("/operations", {**asked, "reason": "x"})
    started = program.post(
        "/operations", {**asked, "reason": "x", "typed_number": preview["total"]}
    )

    assert preview["by_status"] == {"ready": 60}
    assert (preview["total"], preview["needs_number"]) == (60, True)
    assert len(preview["sample"]) == 5
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "typed_number")
    assert started.status_code == 201
    found = started.json()
    assert (found["status"], found["total"], found["by"]) == ("preparing", None, "Admin · test")
    assert found["filter"] == {"queue": queue.pk}

    lifecycle.work()

    over = program.get(f"/operations/{found['id']}").json()
    assert (over["status"], over["done"], over["left"]) == ("done", 60, 0)
    assert program.get("/operations?state=done").json()["items"] == [over]
    first = program.get(f"/operations/{found['id']}/entries?limit=50&status=done").json()
    rest = program.get(
        f"/operations/{found['id']}/entries?limit=50&cursor={first['next_cursor']}"
    ).json()
    assert [each["id"] for each in [*first["items"], *rest["items"]]] == ids
    assert rest["next_cursor"] is None


def test_sent_twice_with_one_key_it_is_started_once(program, queue):
    make_items(queue, 2)
    body = {"kind": "items.hold", "filter": {"queue": "invoices"}, "reason": "x"}
    first = program.post("/operations", body, idempotency_key="a")
    again = program.post("/operations", body, idempotency_key="a")
    assert first.json() == again.json()
    assert Operation.objects.count() == 1


def test_it_is_cancelled_retried_and_taken_back(program, queue):
    ids = make_items(queue, 2)
    body = {"kind": "items.hold", "filter": {"ids": ids}, "reason": "x"}
    number = program.post("/operations", body).json()["id"]
    assert program.post(f"/operations/{number}/undo").status_code == 409
    assert program.post(f"/operations/{number}/cancel").json()["status"] == "cancelled"
    assert program.post(f"/operations/{number}/cancel").status_code == 409
    number = program.post("/operations", body).json()["id"]
    lifecycle.work()
    assert program.post(f"/operations/{number}/retry").status_code == 409
    back = program.post(f"/operations/{number}/undo")
    assert (back.status_code, back.json()["undo_of_id"]) == (201, number)
    lifecycle.work()
    assert [status_of(pk) for pk in ids] == ["new", "new"]


def test_kinds_say_what_they_need(program):
    found = {each["key"]: each for each in program.get("/operation-kinds").json()["items"]}
    assert found["items.cancel"]["needs_reason"] is True
    assert found["items.retry"]["can_be_undone"] is False
    assert "items.cancel_back" not in found


def test_nonsense_is_refused_by_field(program, queue):
    make_items(queue, 1)
    fine = {"kind": "items.retry", "filter": {"queue": "invoices"}}
    cases = [
        ({}, 422, "kind"),
        ({**fine, "kind": "items.dance"}, 422, "kind"),
        ({**fine, "kind": "items.cancel_back"}, 422, "kind"),
        ({**fine, "filter": []}, 422, "filter"),
        ({**fine, "filter": {}}, 422, "filter.queue"),
        ({**fine, "filter": {"queue": "invoices", "q": "x" * 10_000}}, 422, "filter.q"),
        ({**fine, "filter": {"queue": "invoices", "status": {}}}, 422, "filter.status"),
        ({**fine, "arguments": [1]}, 422, "arguments"),
        ({**fine, "arguments": {"x": 1}}, 422, "arguments.x"),
        ({**fine, "typed_number": -1}, 422, "typed_number"),
        ({**fine, "reason": "x" * 301}, 422, "reason"),
        ({**fine, "colour": "red"}, 422, "colour"),
    ]
    for body, status, path in cases:
        answer = program.post("/operations", body)
        assert answer.status_code == status, body
        assert answer.json()["errors"][0]["path"] == path, body
    for address in (
        "/operations?state=asleep",
        "/operations?kind=nothing",
        "/operations?limit=0",
        "/operations?limit=9999",
    ):
        assert program.get(address).status_code == 422, address
    assert program.get("/operations?cursor=forged").status_code == 400
    assert program.get("/operations/0").status_code == 422
    assert program.get(f"/operations/{2**70}").status_code == 422
    nothing = program.post("/operations", fine)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_do")


def test_entries_of_no_status_are_refused(program, queue):
    ids = make_items(queue, 1)
    body = {"kind": "items.hold", "filter": {"ids": ids}, "reason": "x"}
    number = program.post("/operations", body).json()["id"]
    assert program.get(f"/operations/{number}/entries?status=asleep").status_code == 422
    assert program.get(f"/operations/{number}/entries?cursor=AAAA").status_code == 400


HOLD = {"kind": "items.hold", "filter": {"queue": "invoices"}, "reason": "x"}
LOOK = {"kind": "items.hold", "filter": {"queue": "invoices"}}
CALLS = {
    ("GET", "/operation-kinds"): (Action.VIEW, None),
    ("GET", "/operations"): (Action.VIEW, None),
    ("POST", "/operations"): (Action.OPERATE, HOLD),
    ("POST", "/operations/preview"): (Action.OPERATE, LOOK),
    ("GET", "/operations/{number}"): (Action.VIEW, None),
    ("GET", "/operations/{number}/entries"): (Action.VIEW, None),
    ("POST", "/operations/{number}/cancel"): (Action.OPERATE, None),
    ("POST", "/operations/{number}/retry"): (Action.OPERATE, None),
    ("POST", "/operations/{number}/undo"): (Action.OPERATE, None),
}


def test_every_call_is_in_the_table():
    paths = ninja_api.get_openapi_schema()["paths"]
    declared = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
        if path.removeprefix("/api/v1").startswith(OURS)
    }
    assert declared == set(CALLS)


@pytest.mark.parametrize("role", Role.values)
def test_each_call_needs_its_right(folder, queue, role):
    ids = make_items(queue, 3)
    operation = lifecycle.start("items.hold", folder, {"ids": ids}, {}, ANNA, reason="x")
    program = program_of(make_person(role=role, folder=folder), folder)

    for (method, path), (action, body) in CALLS.items():
        where = path.format(number=operation.pk)
        answer = program.call(method, where, *([body] if body is not None else []))
        is_refused = answer.status_code == 403
        assert is_refused is (action not in GRANTS[role]), (role, method, path, answer.content)


def test_other_folders_are_not_seen(program):
    elsewhere = make_queue(folder=make_folder())
    ids = make_items(elsewhere, 1)
    theirs = lifecycle.start("items.hold", elsewhere.folder, {"ids": ids}, {}, ANNA, reason="x").pk
    for method, path in CALLS:
        if "{number}" in path:
            assert program.call(method, path.format(number=theirs)).status_code == 404
    assert program.get("/operations").json()["items"] == []
    body = {"kind": "items.hold", "filter": {"ids": ids}, "reason": "x"}
    assert program.post("/operations", body).status_code == 409
    assert (
        program.post("/operations", {**body, "filter": {"queue": elsewhere.key}}).status_code == 422
    )
