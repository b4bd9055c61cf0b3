"""Applications, limits, freezes and stops through the API."""

from datetime import timedelta

import pytest

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.lib.clock import database_now
from apps.limits.models import Application, FolderStop, Freeze, Limit
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.factories_limits import held, make_application, make_freeze, make_limit, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(admin, folder):
    return program_of(admin, folder)


def times(begins=1, ends=2):
    now = database_now()
    return {
        "starts_at": (now + timedelta(hours=begins)).isoformat(),
        "ends_at": (now + timedelta(hours=ends)).isoformat(),
    }


def test_an_application_is_made_changed_held_released_and_removed(program, folder):
    made = program.put("/applications/erp", {"title": "ERP", "failure_share": 0.4})
    changed = program.put("/applications/erp", {"min_calls": 5, "version": 1})
    stale = program.put("/applications/erp", {"min_calls": 6, "version": 1})
    until = (database_now() + timedelta(hours=1)).isoformat()
    hold = program.post("/applications/erp/hold", {"until": until, "reason": "Upgrade"})
    listed = program.get("/applications")
    released = program.post("/applications/erp/release")
    again = program.post("/applications/erp/release")
    gone = program.call("DELETE", "/applications/erp")

    assert (made.status_code, changed.status_code, stale.status_code) == (201, 200, 409)
    found = changed.json()
    assert (found["title"], found["failure_share"], found["min_calls"]) == ("ERP", 0.4, 5)
    assert (found["standing"], found["version"]) == ("closed", 2)
    assert (hold.json()["standing"], hold.json()["reason"]) == ("held", "Upgrade")
    assert hold.json()["held_by"] == "Admin · test"
    assert listed.json()["items"] == [hold.json()]
    assert (released.json()["standing"], released.json()["held_at"]) == ("closed", None)
    assert (again.status_code, gone.status_code) == (409, 204)
    assert not Application.objects.exists()


def test_a_hold_without_a_body_has_no_end(program, folder):
    make_application(folder, "erp")

    found = program.post("/applications/erp/hold").json()

    assert (found["standing"], found["until"], found["reason"]) == ("held", None, "")


def test_where_a_breaker_stands_is_said_and_a_reset_closes_it(program, folder):
    opened(make_application(folder, "erp"))
    rested = opened(make_application(folder, "crm"), probe_in=-1)

    found = program.get("/applications/erp").json()
    assert (found["standing"], found["times_opened"]) == ("open", 1)
    assert found["until"] is not None
    assert program.get(f"/applications/{rested.key}").json()["standing"] == "probing"
    assert program.post("/applications/erp/reset").json()["standing"] == "closed"
    assert program.post("/applications/erp/reset").status_code == 409


def test_a_limit_is_made_changed_and_removed(program, folder):
    make_application(folder, "erp")

    made = program.put("/limits/seats", {"application": "erp", "size": 3, "asset": "svc"})
    rate = program.put("/limits/seats", {"kind": "rate", "size": 60, "per_seconds": 60, "burst": 5})
    back = program.put("/limits/seats", {"kind": "seats", "application": ""})
    seats = program.get("/limits/seats/seats")
    gone = program.call("DELETE", "/limits/seats")

    assert (made.status_code, rate.status_code) == (201, 200)
    assert made.json()["held"] == 0
    assert (made.json()["application"], made.json()["asset"]) == ("erp", "svc")
    assert (rate.json()["per_seconds"], rate.json()["burst"], rate.json()["held"]) == (60, 5, None)
    assert (back.json()["per_seconds"], back.json()["burst"]) == (None, 1)
    assert (back.json()["application"], back.json()["size"]) == ("", 60)
    assert seats.json() == {"items": []}
    assert gone.status_code == 204
    assert not Limit.objects.exists()


def test_a_freeze_is_planned_changed_and_removed(program, folder):
    make_application(folder, "erp")
    body = {"title": "Closing", "applications": ["erp"], "zone": "Europe/Berlin", **times()}

    made = program.post("/freezes", body)
    number = made.json()["id"]
    changed = program.put(f"/freezes/{number}", {"applications": [], "repeats": "weekly"})
    listed = program.get("/freezes")
    gone = program.call("DELETE", f"/freezes/{number}")

    assert made.status_code == 201
    assert (made.json()["applications"], made.json()["by"]) == (["erp"], "Admin · test")
    assert (changed.json()["applications"], changed.json()["repeats"]) == ([], "weekly")
    assert listed.json()["items"] == [changed.json()]
    assert (gone.status_code, Freeze.objects.count()) == (204, 0)


def test_a_folder_is_stopped_and_started_again(program, folder):
    assert program.get("/stop").json()["is_stopped"] is False

    made = program.put("/stop", {"reason": "Wrong payments"})
    more = program.put("/stop", {"reason": "Wrong payments", "stops_runs": True})

    assert (made.status_code, more.status_code) == (201, 200)
    assert (more.json()["is_stopped"], more.json()["stops_runs"]) == (True, True)
    assert program.get("/stop").json() == more.json()
    assert program.call("DELETE", "/stop").status_code == 204
    assert program.call("DELETE", "/stop").status_code == 409
    assert not FolderStop.objects.exists()


WRONG = [
    ("PUT", "/applications/erp", {"failure_share": 0}, "failure_share"),
    ("PUT", "/applications/erp", {"failure_share": "half"}, "failure_share"),
    ("PUT", "/applications/erp", {"window_seconds": 5}, "window_seconds"),
    ("PUT", "/applications/erp", {"open_seconds": 4_000}, "open_seconds"),
    ("PUT", "/applications/erp", {"probes": 0}, "probes"),
    ("PUT", "/applications/erp", {"title": " "}, "title"),
    ("PUT", "/applications/erp", {"state": "closed"}, "state"),
    ("PUT", "/applications/erp", {"runbook_url": "file:///etc/passwd"}, "runbook_url"),
    ("PUT", "/applications/no%20key", {}, "key"),
    ("POST", "/applications/crm/hold", {"until": "2020-01-01T00:00:00Z"}, "until"),
    ("POST", "/applications/crm/hold", {"until": "2030-01-01T00:00:00"}, "until"),
    ("POST", "/applications/crm/hold", {"reason": "x" * 301}, "reason"),
    ("PUT", "/limits/seats", {"size": 0}, "size"),
    ("PUT", "/limits/seats", {"kind": "rate"}, "per_seconds"),
    ("PUT", "/limits/seats", {"per_seconds": 60}, "per_seconds"),
    ("PUT", "/limits/seats", {"kind": "rate", "size": 2, "per_seconds": 9, "burst": 3}, "burst"),
    ("PUT", "/limits/seats", {"application": "nobody"}, "application"),
    ("PUT", "/limits/seats", {"application": "a\u0000b"}, None),
    ("POST", "/freezes", {"title": "x"}, "starts_at"),
    ("POST", "/freezes", {"title": "x", "applications": ["nobody"]}, "applications"),
    ("POST", "/freezes", {"title": "x", "zone": "Mars"}, "zone"),
    ("PUT", "/stop", {}, "reason"),
    ("PUT", "/stop", {"reason": " "}, "reason"),
    ("PUT", "/stop", {"reason": "x", "stops_runs": "yes"}, "stops_runs"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), WRONG)
def test_what_is_wrong_is_refused_at_its_field_and_nothing_stored(
    program, folder, method, path, body, field
):
    make_application(folder, "crm")

    answer = program.call(method, path, body)

    assert answer.status_code == (422 if field else 400)
    if field:
        assert field in [problem["path"] for problem in answer.json()["errors"]]
    assert Application.objects.count() == 1
    assert Application.objects.get().held_at is None
    assert not Limit.objects.exists()
    assert not Freeze.objects.exists()
    assert not FolderStop.objects.exists()


def test_what_ends_before_it_begins_is_refused(program):
    answer = program.post("/freezes", {"title": "x", **times(2, 1)})

    assert answer.status_code == 422
    assert [problem["path"] for problem in answer.json()["errors"]] == ["ends_at"]


CALLS = {
    ("GET", "/applications"): (Action.VIEW, None),
    ("GET", "/applications/erp"): (Action.VIEW, None),
    ("GET", "/limits"): (Action.VIEW, None),
    ("GET", "/limits/seats"): (Action.VIEW, None),
    ("GET", "/limits/seats/seats"): (Action.VIEW, None),
    ("GET", "/freezes"): (Action.VIEW, None),
    ("GET", "/freezes/7"): (Action.VIEW, None),
    ("GET", "/stop"): (Action.VIEW, None),
    ("POST", "/applications/erp/hold"): (Action.OPERATE, None),
    ("POST", "/applications/erp/release"): (Action.OPERATE, None),
    ("POST", "/applications/erp/reset"): (Action.OPERATE, None),
    ("PUT", "/stop"): (Action.OPERATE, {"reason": "x"}),
    ("DELETE", "/stop"): (Action.OPERATE, None),
    ("PUT", "/applications/new"): (Action.DESIGN, {}),
    ("PUT", "/limits/new"): (Action.DESIGN, {}),
    ("POST", "/freezes"): (Action.DESIGN, {"title": "x"}),
    ("PUT", "/freezes/7"): (Action.DESIGN, {"title": "x"}),
    ("DELETE", "/freezes/7"): (Action.DESIGN, None),
    ("DELETE", "/limits/seats"): (Action.DESIGN, None),
    ("DELETE", "/applications/erp"): (Action.DESIGN, None),
}


@pytest.mark.parametrize("role", Role.values)
def test_each_call_needs_its_right(folder, role):
    program = program_of(make_person(role=role, folder=folder), folder)
    held(opened(make_application(folder, "erp")))
    make_limit(folder, "seats")
    make_freeze(folder, pk=7)

    for (method, path), (action, body) in CALLS.items():
        answer = program.call(method, path, *([body] if body is not None else []))
        is_refused = answer.status_code == 403
        assert is_refused is (action not in GRANTS[role]), (role, method, path, answer.content)


def test_other_folders_are_not_seen(program):
    elsewhere = make_folder()
    make_application(elsewhere, "erp")
    make_limit(elsewhere, "seats")
    freeze = make_freeze(elsewhere)

    for path in ("/applications/erp", "/limits/seats", f"/freezes/{freeze.pk}"):
        assert program.get(path).status_code == 404
    for path in ("/applications", "/limits", "/freezes"):
        assert program.get(path).json()["items"] == []
    assert program.get("/applications/%00").status_code == 404
    assert program.get("/freezes/99999999999999999999").status_code == 422
