"""OpenAPI: complete, valid, open to tools, and true."""

import re
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from apps.accounts.models import Folder
from apps.queues.models import WorkQueue
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    from controlroom.api import api

    return dict(api.get_openapi_schema())


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(references(inner) for inner in value))
    return set()


def test_the_description_is_open_to_tools():
    answer = Client().get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


def test_the_docs_page_brings_everything_itself():
    page = Client().get("/api/v1/docs")

    assert page.status_code == 200
    text = page.content.decode()
    assert re.search(r"/static/ninja/swagger-ui-bundle\.\w+\.js", text)
    assert "https://" not in text.replace("https://www.w3.org", "")


def test_every_reference_leads_somewhere(description: dict[str, Any]):
    known = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}

    assert references(description) <= known


def test_every_call_says_what_it_is_for(description: dict[str, Any]):
    for path, methods in description["paths"].items():
        for method, call in methods.items():
            assert call["summary"], (method, path)
            assert call["security"], (method, path)
            if method in {"post", "put", "patch"} and path.endswith(
                ("/lease", "-lease", "/finish", "/batch")
            ):
                assert call["requestBody"], (method, path)


def test_answers_are_as_described(api: Program, folder: Folder, description: dict[str, Any]):
    WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")
    item_id = api.post("/queues/invoices/items", {"payload": {"a": 1}}).json()["id"]
    body = {"items": [{"payload": {}}]}
    answers = {
        ("get", "/queues", "200"): api.get("/queues"),
        ("get", "/queues/{queue}", "200"): api.get("/queues/invoices"),
        ("put", "/queues/{queue}", "201"): api.put("/queues/bills", {}),
        ("post", "/queues/{queue}/items/batch", "200"): api.post(
            "/queues/invoices/items/batch", body
        ),
        ("get", "/queues/{queue}/items", "200"): api.get("/queues/invoices/items"),
        ("get", "/items/{item_id}", "200"): api.get(f"/items/{item_id}"),
        ("post", "/items/{item_id}/hold", "200"): api.post(f"/items/{item_id}/hold"),
        ("get", "/bots", "200"): api.get("/bots"),
    }

    for (method, path, status), answer in answers.items():
        call = description["paths"][f"/api/v1{path}"][method]
        schema = call["responses"].get(status) or call["responses"][int(status)]
        schema = schema["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": description["components"]})
        assert str(answer.status_code) == status
        assert [error.message for error in validator.iter_errors(answer.json())] == [], path
