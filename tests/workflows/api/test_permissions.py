"""Every call of workflows × role, against one table; and no call that is not in the table."""

import pytest
from django.test import Client

from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS, Role
from apps.workflows import patterns
from controlroom.api import api as ninja_api
from tests.factories import make_folder
from tests.workflows.decisions import DISCOUNT
from tests.workflows.patterns import REQUEST, start_approval

pytestmark = pytest.mark.django_db

VIEW, OPERATE, DESIGN = Action.VIEW, Action.OPERATE, Action.DESIGN
OURS = ("/workflows", "/instances", "/messages", "/signals", "/decisions")
REASON = {"reason": "because"}

# method and address as in the description → the right it needs, and a body (bytes: a model)
CALLS = {
    ("GET", "/workflows"): (VIEW, None),
    ("POST", "/workflows"): (DESIGN, patterns.BY_NAME["approval"].xml),
    ("GET", "/workflows/{key}"): (VIEW, None),
    ("GET", "/workflows/{key}/versions/{number}/xml"): (VIEW, None),
    ("POST", "/workflows/{key}/instances"): (OPERATE, {"variables": REQUEST}),
    ("GET", "/instances"): (VIEW, None),
    ("GET", "/instances/{instance_id}"): (VIEW, None),
    ("GET", "/instances/{instance_id}/why"): (VIEW, None),
    ("POST", "/instances/{instance_id}/pause"): (OPERATE, REASON),
    ("POST", "/instances/{instance_id}/resume"): (OPERATE, REASON),
    ("POST", "/instances/{instance_id}/modify"): (OPERATE, {"variables": {"a": 1}, **REASON}),
    ("POST", "/instances/{instance_id}/retry"): (OPERATE, {}),
    ("POST", "/instances/{instance_id}/cancel"): (OPERATE, REASON),
    ("POST", "/messages"): (OPERATE, {"name": "paid", "ttl_seconds": 5}),
    ("POST", "/signals"): (OPERATE, {"name": "over"}),
    ("GET", "/decisions"): (VIEW, None),
    ("POST", "/decisions"): (DESIGN, DISCOUNT),
    ("GET", "/decisions/{key}"): (VIEW, None),
    ("POST", "/decisions/{key}/evaluate"): (VIEW, {"context": {"amount": 1, "kind": "x"}}),
}


def test_every_call_is_in_the_table() -> None:
    paths = ninja_api.get_openapi_schema()["paths"]
    declared = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
        if path.removeprefix("/api/v1").startswith(OURS)
    }

    assert declared == set(CALLS)


def call(program, method: str, path: str, body):
    if isinstance(body, bytes):
        headers = {"authorization": f"Bearer {program.token}"}
        return Client().post(
            f"/api/v1{path}", body, content_type="application/xml", headers=headers
        )
    return program.call(method, path, *(() if body is None else (body,)))


def names_of(folder, admin, program) -> dict[str, object]:
    instance = start_approval(folder, admin)
    call(program, "POST", "/decisions", DISCOUNT)
    return {"instance_id": instance.pk, "number": 1}


@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_call_what_its_rights_allow(folder, admin, api, program_with, role) -> None:
    names, program, wrong = names_of(folder, admin, api), program_with(role), {}

    for (method, address), (action, body) in CALLS.items():
        key = "discount" if address.startswith("/decisions") else "approval"
        answer = call(program, method, address.format(**names, key=key), body)
        is_allowed = answer.status_code != 403
        if is_allowed != (action in GRANTS[role]) or answer.status_code >= 500:
            wrong[method, address] = answer.status_code

    assert wrong == {}


def test_nothing_of_another_folder_is_there(folder, admin, api, program_with) -> None:
    names, stranger = names_of(folder, admin, api), program_with("admin", make_folder())
    named = [(where, body) for where, (_action, body) in CALLS.items() if "{" in where[1]]

    found = {}
    for (method, address), body in named:
        key = "discount" if address.startswith("/decisions") else "approval"
        answer = call(stranger, method, address.format(**names, key=key), body)
        if answer.status_code != 404:
            found[method, address] = answer.status_code

    assert found == {}
