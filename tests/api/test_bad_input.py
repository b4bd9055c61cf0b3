"""Whatever is sent: a clear 4xx, nothing stored, nothing down."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Folder, IdempotentCall
from apps.queues.models import WorkItem, WorkQueue
from tests.api.conftest import BASE, Program

pytestmark = pytest.mark.django_db

ITEMS = "/queues/invoices/items"
BATCH = "/queues/invoices/items/batch"

MALFORMED = {
    "no JSON": b"{",
    "empty": b"",
    "a list": b"[1]",
    "text": b'"x"',
    "null": b"null",
    "NaN": b'{"payload": {"n": NaN}}',
    "Infinity": b'{"payload": {"n": Infinity}}',
    "a number beyond all bounds": b'{"payload": {"n": 1e999}}',
    "a name twice": b'{"payload": {"n": 1, "n": 2}}',
    "NUL": b'{"payload": {"n": "a\\u0000b"}}',
    "NUL in a name": b'{"payload": {"a\\u0000b": 1}}',
    "NUL in the reference": b'{"payload": {}, "reference": "a\\u0000b"}',
    "half a surrogate pair": b'{"payload": {"n": "\\ud800"}}',
    "half a pair in the reference": b'{"payload": {}, "reference": "\\udfff"}',
    "invalid UTF-8": b'{"payload": {"n": "\xff\xfe"}}',
    "UTF-16": '{"payload": {}}'.encode("utf-16"),
    "5000 digits": b'{"payload": {"n": ' + b"9" * 5000 + b"}}",
    "65 bits": b'{"payload": {"n": 18446744073709551616}}',
    "nested 100000 deep": b'{"payload": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "lists 100000 deep": b'{"payload": {"n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
}
WRONG = {
    "no payload": ({}, "payload"),
    "payload is text": ({"payload": "x"}, "payload"),
    "payload is a list": ({"payload": []}, "payload"),
    "payload is null": ({"payload": None}, "payload"),
    "an unknown field": ({"payload": {}, "prio": 1}, "prio"),
    "reference is a number": ({"payload": {}, "reference": 5}, "reference"),
    "reference is null": ({"payload": {}, "reference": None}, "reference"),
    "a reference of 10 000 characters": ({"payload": {}, "reference": "x" * 10_000}, "reference"),
    "priority is text": ({"payload": {}, "priority": "50"}, "priority"),
    "priority is true": ({"payload": {}, "priority": True}, "priority"),
    "priority is 101": ({"payload": {}, "priority": 101}, "priority"),
    "priority is -1": ({"payload": {}, "priority": -1}, "priority"),
    "priority is half": ({"payload": {}, "priority": 1.5}, "priority"),
    "a date without a zone": ({"payload": {}, "due_at": "2031-01-01T12:00:00"}, "due_at"),
    "only a date": ({"payload": {}, "due_at": "2031-01-01"}, "due_at"),
    "no date": ({"payload": {}, "due_at": "tomorrow"}, "due_at"),
    "the 30th of February": ({"payload": {}, "due_at": "2031-02-30T12:00:00Z"}, "due_at"),
    "a number as a date": ({"payload": {}, "available_at": 1_900_000_000}, "available_at"),
    "the year 10000": ({"payload": {}, "expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"),
    "the year 1": ({"payload": {}, "expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
    "expires before it is available": (
        {
            "payload": {},
            "available_at": "2031-01-02T00:00:00Z",
            "expires_at": "2031-01-01T00:00:00Z",
        },
        "expires_at",
    ),
}


@pytest.fixture(autouse=True)
def queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")


def assert_refused(answer: Any, statuses: set[int]) -> dict[str, Any]:
    assert answer.status_code in statuses, answer.content
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["detail"]
    assert not WorkItem.objects.exists()
    return document


@pytest.mark.parametrize("path", [ITEMS, BATCH])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_can_not_be_read_is_refused(api: Program, path: str, body: bytes):
    answer = api.post(path, body)

    assert_refused(answer, {400, 422})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/queues/invoices/lease", "/items/finish", "/items/renew"])
def test_bots_are_told_what_can_not_be_read(api: Program, path: str):
    """On the event loop, too; one test for all of them, since it has to commit."""
    for body in (*MALFORMED.values(), b'{"max_items": 1, "leases": 7, "results": 7}'):
        if body:
            assert_refused(api.post(path, body), {400, 422})


@pytest.mark.parametrize(("body", "path"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused_by_its_name(api: Program, body: dict, path: str):
    document = assert_refused(api.post(ITEMS, body), {422})

    assert path in [error["path"] for error in document["errors"]]


@pytest.mark.parametrize(("body", "path"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_in_a_batch_is_refused_by_its_place(api: Program, body: dict, path: str):
    good = {"payload": {}}

    document = assert_refused(api.post(BATCH, {"items": [good, body]}), {422})

    assert f"items.1.{path}" in [error["path"] for error in document["errors"]]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
def test_a_body_that_is_not_announced_as_json_is_refused(api: Program, content_type: str):
    answer = Client().generic(
        "POST",
        BASE + ITEMS,
        '{"payload": {}}',
        content_type=content_type,
        headers={"authorization": f"Bearer {api.token}"},
    )

    assert_refused(answer, {415})


def test_json_may_say_its_charset(api: Program):
    answer = Client().generic(
        "POST",
        BASE + ITEMS,
        '{"payload": {}}',
        content_type="application/json; charset=utf-8",
        headers={"authorization": f"Bearer {api.token}"},
    )

    assert answer.status_code == 201


def test_a_payload_of_more_than_a_megabyte_is_refused(api: Program):
    body = {"payload": {"text": "x" * 1_100_000}}

    assert_refused(api.post(ITEMS, body), {422})


def test_a_call_larger_than_its_limit_is_refused(api: Program):
    assert_refused(api.post(ITEMS, b" " * (4 * 1024 * 1024 + 1)), {413})
    assert_refused(api.post(BATCH, b" " * (32 * 1024 * 1024 + 1)), {413, 400})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/", 404),
        ("POST", "/queues", 405),
        ("DELETE", "/queues/invoices", 405),
        ("PUT", "/items/1", 405),
        ("GET", "/items/finish", 405),
        ("GET", "/queues/invoices/lease", 405),
        ("GET", "/queues/nowhere", 404),
        ("GET", "/queues/nowhere/items", 404),
        ("GET", "/items/abc", 404),
        ("GET", "/items/1.5", 404),
        ("GET", "/items/-1", 404),
        ("POST", "/items/1/explode", 404),
        ("GET", "/queues/%00", 404),
        ("POST", "/automations/%00/runs", 404),
        ("GET", "/queues/a%0Ab", 404),
        ("GET", "/queues/" + "x" * 5000, 404),
        ("GET", "/queues/%F0%9F%92%A9", 404),
    ],
)
def test_an_unknown_address_or_method_is_a_problem_document(
    api: Program, method: str, path: str, status: int
):
    assert_refused(api.call(method, path, {}), {status})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer "),
        ("authorization", "Basic YTpi"),
        ("authorization", "Bearer cr_x_y"),
        ("authorization", "Bearer " + "x" * 5000),
        ("authorization", "Bearer \x7f"),
    ],
)
def test_who_has_no_good_token_is_not_let_in(api: Program, name: str, value: str):
    answer = api.get("/queues", **{name: value})

    assert_refused(answer, {400, 401})
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Idempotency-Key", "X-Folder"])
@pytest.mark.parametrize("value", ["x" * 201, "é", "\x7f"])
def test_a_header_that_makes_no_sense_is_refused(api: Program, header: str, value: str):
    answer = api.post(ITEMS, {"payload": {}}, **{header: value})

    assert_refused(answer, {400})
    assert not IdempotentCall.objects.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = ["payload", "reference", "priority", "due_at", "available_at", "expires_at", "x"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5))
def test_any_json_is_taken_or_refused_but_never_an_error_of_ours(api: Program, body: dict):
    answer = api.post(ITEMS, json.dumps(body).encode())

    assert answer.status_code in {201, 400, 422}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_but_never_an_error_of_ours(api: Program, body: bytes):
    answer = api.post(BATCH, body or b" ")

    assert answer.status_code in {400, 422}
