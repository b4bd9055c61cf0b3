"""Every call × role × folder, against one table; and no call that is not in the table."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile

from apps.accounts.models import Folder, User
from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.bots.lifecycle import create_run
from apps.bots.models import Automation, AutomationVersion, Bot, BotPool
from apps.bots.releases import default_pool
from apps.queues.files import attach
from apps.queues.lifecycle import NewItem, add_item
from apps.queues.models import Gate, WorkItem, WorkQueue
from controlroom.api import api as ninja_api
from tests.api.conftest import Program
from tests.factories import make_folder, make_person
from tests.queues.exchange.uploads import make_upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

LEASE = str(uuid.UUID(int=1))
VIEW, OPERATE, DESIGN = Action.VIEW, Action.OPERATE, Action.DESIGN
ADMINISTER = Action.ADMINISTER
WITH_REASON = {"reason": "because"}
SERVICE = {"until": "2026-01-01T00:00:00Z"}  # in the past: refused, after the right was asked for

# method and address as in the description → the right it needs, and a body (bytes: a file)
CALLS: dict[tuple[str, str], tuple[Action, Any]] = {
    ("GET", "/queues"): (VIEW, None),
    ("GET", "/queues/{queue}"): (VIEW, None),
    ("GET", "/queues/{queue}/forecast"): (VIEW, None),
    ("PUT", "/queues/{queue}"): (DESIGN, {}),
    ("POST", "/queues/{queue}/pause"): (OPERATE, WITH_REASON),
    ("POST", "/queues/{queue}/resume"): (OPERATE, {}),
    ("GET", "/gates"): (VIEW, None),
    ("GET", "/gates/{key}"): (VIEW, None),
    ("PUT", "/gates/{key}"): (DESIGN, {}),
    ("POST", "/queues/{queue}/items"): (OPERATE, {"payload": {}}),
    ("POST", "/queues/{queue}/items/batch"): (OPERATE, {"items": [{"payload": {}}]}),
    ("GET", "/queues/{queue}/items"): (VIEW, None),
    ("GET", "/queues/{queue}/items.{kind}"): (VIEW, None),
    ("GET", "/queues/{queue}/upload-template.{kind}"): (VIEW, None),
    ("POST", "/queues/{queue}/uploads"): (OPERATE, b"a file"),
    ("GET", "/uploads/{number}"): (OPERATE, None),
    ("GET", "/uploads/{number}/faulty.csv"): (OPERATE, None),
    ("POST", "/uploads/{number}/confirm"): (OPERATE, {}),
    ("POST", "/uploads/{number}/discard"): (OPERATE, None),
    ("POST", "/queues/{queue}/lease"): (OPERATE, {}),
    ("POST", "/evidence"): (Action.AUDIT, {"reference": "none", **WITH_REASON}),
    ("GET", "/evidence/key"): (VIEW, None),
    ("GET", "/items/{item_id}"): (VIEW, None),
    ("PATCH", "/items/{item_id}"): (OPERATE, {"version": 1}),
    ("POST", "/items/{item_id}/hold"): (OPERATE, WITH_REASON),
    ("POST", "/items/{item_id}/resume"): (OPERATE, WITH_REASON),
    ("POST", "/items/{item_id}/skip"): (OPERATE, WITH_REASON),
    ("POST", "/items/{item_id}/cancel"): (OPERATE, WITH_REASON),
    ("POST", "/items/{item_id}/retry"): (OPERATE, WITH_REASON),
    ("POST", "/items/{item_id}/reopen"): (OPERATE, WITH_REASON),
    ("POST", "/items/{item_id}/files"): (OPERATE, b"a file"),
    ("GET", "/items/{item_id}/files/{file_id}"): (VIEW, None),
    ("POST", "/items/renew"): (OPERATE, {"leases": []}),
    ("POST", "/items/finish"): (OPERATE, {"results": []}),
    ("POST", "/items/finish-and-lease"): (OPERATE, {"results": [], "queue": "invoices"}),
    ("POST", "/items/progress"): (OPERATE, {"id": 1, "lease": LEASE}),
    ("POST", "/items/effects"): (OPERATE, {"id": 1, "lease": LEASE, "key": "k", "state": "begin"}),
    ("GET", "/bots"): (VIEW, None),
    ("GET", "/bots/{name}"): (VIEW, None),
    ("PUT", "/bots/{name}"): (ADMINISTER, {"capabilities": ["sap"]}),
    ("POST", "/bots/{name}/drain"): (OPERATE, {}),
    ("POST", "/bots/{name}/enable"): (OPERATE, {}),
    ("POST", "/bots/{name}/disable"): (OPERATE, {}),
    ("POST", "/bots/{name}/maintenance"): (OPERATE, SERVICE),
    ("GET", "/maintenance"): (VIEW, None),
    ("DELETE", "/maintenance/{number}"): (OPERATE, None),
    ("GET", "/pools"): (VIEW, None),
    ("GET", "/pools/{key}"): (VIEW, None),
    ("PUT", "/pools/{key}"): (ADMINISTER, {}),
    ("POST", "/pools/{key}/maintenance"): (OPERATE, SERVICE),
    ("GET", "/automations"): (VIEW, None),
    ("GET", "/automations/{key}"): (VIEW, None),
    ("PUT", "/automations/{key}"): (DESIGN, {}),
    ("GET", "/automations/{key}/canary"): (VIEW, None),
    ("POST", "/automations/{key}/canary"): (DESIGN, {"function": "x"}),
    ("POST", "/automations/{key}/canary/promote"): (DESIGN, None),
    ("POST", "/automations/{key}/canary/stop"): (DESIGN, {}),
    ("POST", "/automations/{key}/runs"): (OPERATE, {}),
    ("GET", "/runs/{run_id}"): (VIEW, None),
    ("POST", "/runs/{run_id}/stop"): (OPERATE, {}),
    ("GET", "/runs/{run_id}/log"): (VIEW, None),
    ("GET", "/runs/{run_id}/why"): (VIEW, None),
    ("GET", "/items/{item_id}/why"): (VIEW, None),
}

# tests/assets, tests/inbox/test_api.py, tests/workflows/api, tests/accounts, tests/calendars,
# tests/ai, tests/learning, tests/triggers, tests/limits
TESTED_ELSEWHERE = (
    *("/ai/", "/assets", "/gates/{key}/calibration", "/gates/{key}/adopt"),
    *("/teams", "/absences", "/calendars", "/handling-rules", "/triggers", "/trigger-pause"),
    *("/applications", "/limits", "/freezes", "/stop", "/operations", "/operation-kinds"),
    *("/alerts", "/alert-", "/check-ins", "/failures", "/search", "/timeline", "/log", "/reports"),
    *("/audit", "/webhook"),
    *("/user-tasks", "/workflows", "/instances", "/messages", "/signals", "/decisions"),
)


MAKING = {("PUT", "/queues/{queue}"), ("PUT", "/gates/{key}"), ("PUT", "/pools/{key}")}


def declared() -> Iterator[tuple[str, str]]:
    """Yield every call that the API has, but for those of apps that have their own tests."""
    for path, methods in ninja_api.get_openapi_schema()["paths"].items():
        address = path.removeprefix("/api/v1")
        if not address.startswith(TESTED_ELSEWHERE):
            yield from ((method.upper(), address) for method in methods)


def test_every_call_is_in_the_table():
    assert sorted(declared()) == sorted(CALLS)


def furnish(folder: Folder) -> dict[str, Any]:
    """Put one of everything into the folder; return what the addresses name."""
    by = make_person(role=None).actor
    queue = WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")
    item = add_item(queue, NewItem({}), origin="api", by=by)
    kept = attach(item, ContentFile(b"x", "x.txt"), by=by, content_type="text/plain")
    automation = Automation.objects.create(
        folder=folder, key="tidy", title="Tidy", kind="run", function="x", pool=default_pool(folder)
    )
    version = AutomationVersion.objects.create(
        automation=automation, number=1, function="x", fingerprint="x"
    )
    Gate.objects.create(folder=folder, key="tidy", title="Tidy")
    Bot.objects.create(folder=folder, pool=default_pool(folder), name="robbie")
    BotPool.objects.create(folder=folder, key="tidy", title="Tidy")
    return {
        "queue": "invoices",
        "item_id": item.pk,
        "file_id": kept.pk,
        "key": "tidy",
        "run_id": create_run(version).pk,
        "name": "robbie",
        "number": make_upload(queue).pk,
        "kind": "csv",
    }


def call(program: Program, method: str, path: str, body: Any) -> Any:
    if isinstance(body, bytes):
        answer = program.upload(path, body)
    else:
        answer = program.call(method, path, *(() if body is None else (body,)))
    answer.close()
    return answer


@pytest.fixture
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.usefixtures("media")
def test_a_role_may_call_what_its_rights_allow_and_nothing_else(
    role: str, folder: Folder, program_with: Callable[..., Program]
):
    names = furnish(folder)
    program = program_with(role)
    wrong = {}
    for (method, address), (action, body) in CALLS.items():
        answer = call(program, method, address.format(**names), body)
        is_allowed = answer.status_code != 403
        if is_allowed != (action in GRANTS[role]) or answer.status_code >= 500:
            wrong[method, address] = answer.status_code

    assert wrong == {}


@pytest.mark.usefixtures("media")
def test_nothing_of_another_folder_is_there(folder: Folder, program_with: Callable[..., Program]):
    names = furnish(folder)
    stranger = program_with(Role.ADMIN, make_folder())
    wrong = {}
    for (method, address), (_action, body) in CALLS.items():
        # what is not there is made, in the caller's own folder
        if "{" not in address or (method, address) in MAKING:
            continue
        answer = call(stranger, method, address.format(**names), body)
        if answer.status_code != 404:
            wrong[method, address] = answer.status_code

    assert wrong == {}
    assert WorkItem.objects.with_status().get().status == "new"
    assert not WorkQueue.objects.get().is_paused


def test_without_a_token_nobody_is_let_in():
    names = {"queue": "q", "item_id": 1, "file_id": 1, "key": "k", "run_id": 1}
    names |= {"name": "b", "number": 1, "kind": "csv"}
    stranger = Program("")

    statuses = {
        stranger.call(method, address.format(**names), {}, authorization="").status_code
        for method, address in CALLS
    }

    assert statuses == {401}


def test_a_cookie_is_no_token(client_of: Callable[..., Any], admin: User):
    answer = client_of(admin).get("/api/v1/queues")

    assert answer.status_code == 401


@pytest.mark.parametrize("undo", ["revoke", "expire", "disable", "dismiss", "demote"])
def test_a_token_is_of_no_use_from_that_moment_on(
    folder: Folder, program_with: Callable[..., Program], undo: str
):
    furnish(folder)
    program = program_with(Role.SUPERVISOR)
    token = folder.tokens.select_related("user").get()
    calls = [("/queues/invoices/items", {"payload": {}}), ("/queues/invoices/lease", {})]
    assert [program.post(*call).status_code for call in calls] == [201, 200]

    if undo == "revoke":
        folder.tokens.update(revoked_at=token.created_at)
    elif undo == "expire":
        folder.tokens.update(expires_at=token.created_at)
    elif undo == "disable":
        User.objects.filter(pk=token.user_id).update(is_active=False)
    elif undo == "dismiss":
        token.user.memberships.all().delete()
    else:
        token.user.memberships.update(role=Role.AUDITOR)

    expected = 403 if undo in {"dismiss", "demote"} else 401
    assert [program.post(*call).status_code for call in calls] == [expected, expected]


def test_the_last_use_of_a_token_is_noted_once_a_minute(
    folder: Folder, program_with: Callable[..., Program]
):
    furnish(folder)
    program = program_with(Role.SUPERVISOR)

    for path in ("/queues", "/queues/invoices/lease"):
        folder.tokens.update(last_used_at=None)
        program.post(path, {}) if path.endswith("lease") else program.get(path)
        first = folder.tokens.get().last_used_at
        program.post(path, {}) if path.endswith("lease") else program.get(path)

        assert first is not None
        assert folder.tokens.get().last_used_at == first


def test_a_call_may_name_another_folder_of_the_same_person(
    folder: Folder, program_with: Callable[..., Program]
):
    second, third = make_folder("second"), make_folder("third")
    program = program_with(Role.SUPERVISOR)
    person = folder.tokens.get().user
    person.memberships.create(folder=second, role=Role.AUDITOR)
    WorkQueue.objects.create(folder=second, key="bills", title="Bills")
    there = {"x_folder": "second"}

    assert program.get("/queues").json()["items"] == []
    assert [queue["key"] for queue in program.get("/queues", **there).json()["items"]] == ["bills"]
    # what counts is the role there
    assert program.post("/queues/bills/items", {"payload": {}}, **there).status_code == 403
    assert program.post("/queues/bills/lease", {}, **there).status_code == 403
    for stranger in (third.key, "nowhere"):
        assert program.get("/queues", x_folder=stranger).status_code == 404


def test_a_superuser_s_token_may_name_any_folder(folder: Folder):
    from apps.accounts.tokens import create_token

    root = User.objects.create_superuser("root")
    make_folder("second")
    program = Program(create_token(root, folder, name="root", by=root.actor)[1])

    assert program.put("/queues/bills", {}, x_folder="second").status_code == 201
    assert WorkQueue.objects.get().folder.key == "second"


def test_a_disabled_person_s_token_stays_useless_after_enabling(
    folder: Folder, program_with: Callable[..., Program], admin: User
):
    from apps.accounts.lifecycle import disable_person, enable_person

    program = program_with(Role.SUPERVISOR)
    person = folder.tokens.get().user

    disable_person(person, folder, by=admin.actor)
    enable_person(person, folder, by=admin.actor)

    assert program.get("/queues").status_code == 401
