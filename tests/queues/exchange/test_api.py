"""Tables of items by API."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Folder
from apps.accounts.roles import Role
from apps.accounts.tokens import create_token
from apps.events.models import Event
from apps.operations import lifecycle as operations
from apps.queues.models import Upload, WorkItem, WorkQueue
from tests.factories import make_person
from tests.factories_queues import make_items, make_queue
from tests.queues.exchange.books import book
from tests.queues.exchange.uploads import SCHEMA

pytestmark = pytest.mark.django_db

BASE = "/api/v1"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GOOD = b"reference,invoice,total\nR-1,I-1,10\nR-2,I-2,20\n"
BAD = GOOD + b"R-3,I-3,x\n"


@pytest.fixture
def queue(folder: Folder, settings: Any, tmp_path: Any) -> WorkQueue:
    settings.MEDIA_ROOT = tmp_path
    return make_queue("invoices", folder=folder, payload_schema=SCHEMA)


@pytest.fixture
def headers(folder: Folder) -> dict[str, str]:
    person = make_person(role=Role.SUPERVISOR, folder=folder)
    _token, plain = create_token(person, folder, name="t", by=person.actor)
    return {"authorization": f"Bearer {plain}"}


def post(headers: Any, path: str, body: Any = b"", kind: str = "text/csv", **more: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return Client().post(BASE + path, body, content_type=kind, headers={**headers, **named})


def get(headers: Any, path: str) -> Any:
    return Client().get(BASE + path, headers=headers)


def test_a_file_is_looked_at_then_confirmed(queue: WorkQueue, headers: Any) -> None:
    made = post(headers, "/queues/invoices/uploads?name=a.csv", BAD)

    assert made.status_code == 201
    found = made.json()
    assert (found["status"], found["rows"], found["new"], found["faulty"]) == ("ready", 3, 2, 1)
    assert found["faults"] == [
        {"row": 4, "column": "total", "message": "must be a number, as in 1234.50"}
    ]
    assert found["columns"]["total"] == "payload.total"
    faulty = get(headers, f"/uploads/{found['id']}/faulty.csv")
    assert b"R-3,I-3,x" in b"".join(faulty.streaming_content)

    path = f"/uploads/{found['id']}/confirm"
    done = post(headers, path, "{}", "application/json")
    assert (done.status_code, done.json()["status"]) == (200, "confirmed")
    operations.work()
    assert WorkItem.objects.count() == 2
    assert post(headers, path, "{}", "application/json").status_code == 409


def test_with_a_mode_it_is_added_at_once_or_refused_with_each_fault(queue, headers, tmp_path):
    rows = [["reference", "invoice", "total"], ["R-1", "I-1", 1]]
    added = post(headers, "/queues/invoices/uploads?mode=all", book(rows), XLSX)
    assert (added.status_code, added.json()["status"]) == (201, "confirmed")
    assert Event.objects.get(kind="queue.upload_confirmed").actor_kind == "token"

    refused = post(headers, "/queues/invoices/uploads?mode=all", BAD)

    assert refused.status_code == 422
    assert [each["path"] for each in refused.json()["errors"]] == ["rows.4.total"]
    assert Upload.objects.count() == 1
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_call_that_is_sent_twice_is_one_upload(queue, headers) -> None:
    first, again = (
        post(headers, "/queues/invoices/uploads?mode=good", GOOD, idempotency_key="k-1")
        for _time in range(2)
    )
    assert first.json() == again.json()
    operations.work()
    assert (Upload.objects.count(), WorkItem.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("query", "body", "kind", "status"),
    [
        ("", b"\n", "text/csv", 422),
        ("", b"\x00\x01", "text/csv", 422),
        ("", b"a,a\n1,2\n", "text/csv", 422),
        ("", GOOD, "text/html", 415),
        ("", GOOD, "multipart/form-data; boundary=x", 415),
        ("?mode=some", GOOD, "text/csv", 422),
        ("?decimal=x", GOOD, "text/csv", 422),
        ("?days=never", GOOD, "text/csv", 422),
        ("?name=" + "x" * 300, GOOD, "text/csv", 422),
        ("?zone=Nowhere", GOOD, "text/csv", 201),
        ("?name=%00", GOOD, "text/csv", 201),
        ("?sheet=%00", GOOD, "text/csv", 422),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(
    queue, headers, tmp_path, query, body, kind, status
):
    answer = post(headers, f"/queues/invoices/uploads{query}", body, kind)

    assert answer.status_code == status, answer.content
    if status != 201:
        assert not Upload.objects.exists()
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_lists_and_templates_come_as_files(queue, headers) -> None:
    make_items(queue, 3, payload={"invoice": "I-1", "total": 1})
    answer = get(headers, "/queues/invoices/items.csv?status=ready")
    assert b"".join(answer.streaming_content).count(b"\r\n") == 4
    assert get(headers, "/queues/invoices/items.xlsx")["Content-Type"] == XLSX
    template = get(headers, "/queues/invoices/upload-template.csv")
    assert b"EXAMPLE-1" in b"".join(template.streaming_content)
    for path, status in (
        ("items.pdf", 404), ("items.csv?status=new", 422), ("items.csv?ended=x", 422),
        ("items.csv?q=" + "x" * 10_000, 422), ("items.csv?q=%00", 200),
    ):  # fmt: skip
        assert get(headers, f"/queues/invoices/{path}").status_code == status, path
    assert get(headers, "/queues/nowhere/items.csv").status_code == 404
    assert get(headers, f"/uploads/{2**63}").status_code == 422
    assert get(headers, "/uploads/1").status_code == 404
