"""Settings of AI gates: rows that people can read, one event for each save."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Folder
from apps.accounts.roles import Role
from apps.events.models import Event
from apps.queues.gate_forms import rows_of, thresholds_of
from apps.queues.models import Gate
from tests.factories import make_person
from tests.factories_queues import make_queue

pytestmark = pytest.mark.django_db

THRESHOLDS: dict[str, Any] = {
    "default": 0.5,
    "fields": {"total": 0.925, "vendor": 0.8},
    "classes": {"invoice": {"total": 0.99}},
    "required": ["total"],
}


@pytest.fixture
def designer(client: Client, folder: Folder) -> Client:
    client.force_login(make_person(role=Role.DESIGNER, folder=folder))
    return client


@pytest.fixture
def gate(folder: Folder) -> Gate:
    return Gate.objects.create(
        folder=folder, key="invoices", title="Invoices", thresholds=THRESHOLDS
    )


def posted(rows: list[tuple[str, str, str, bool]], **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "key": "invoices",
        "title": "Invoices",
        "is_on": "on",
        "default": "80",
        "sample": "5",
        "row-TOTAL_FORMS": len(rows),
        "row-INITIAL_FORMS": 0,
    }
    for at, (field, document_class, percent, is_required) in enumerate(rows):
        values |= {
            f"row-{at}-field": field,
            f"row-{at}-document_class": document_class,
            f"row-{at}-percent": percent,
            **({f"row-{at}-is_required": "on"} if is_required else {}),
        }
    return {**values, **more}


def test_rows_and_thresholds_are_the_same_said_twice():
    rows = rows_of(THRESHOLDS)

    assert [(row["field"], row["document_class"], row["percent"]) for row in rows] == [
        ("total", "", 92.5),
        ("vendor", "", 80),
        ("total", "invoice", 99),
    ]
    assert thresholds_of(50, rows) == THRESHOLDS


def test_a_list_of_gates_asks_as_often_for_five_as_for_one(designer, folder, gate):
    def n_statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = designer.get("/settings/gates/").content.decode()
        assert page.count("data-row") == Gate.objects.count()
        return len(asked)

    make_queue("first", folder=folder, gate=gate)
    n_statements()  # what is read once a process is not counted
    for_one = n_statements()
    for number in range(4):
        other = Gate.objects.create(folder=folder, key=f"g{number}", title=f"Gate {number}")
        make_queue(f"q{number}", folder=folder, gate=other)

    assert n_statements() == for_one


def test_a_gate_is_made_in_the_browser(designer, folder):
    rows = [("vendor", "", "90", True), ("lines.*.net", "", "75.5", False), ("", "", "", False)]

    answer = designer.post("/settings/gates/new/", posted(rows))

    gate = Gate.objects.get()
    assert answer.url == f"/settings/gates/{gate.pk}/"
    assert gate.thresholds == {
        "default": 0.8,
        "fields": {"vendor": 0.9, "lines.*.net": 0.755},
        "required": ["vendor"],
    }
    assert (gate.sample_share, gate.is_on, gate.folder) == (0.05, True, folder)
    assert b"AI gates" in designer.get("/settings/").content


def test_a_change_says_what_was_and_what_is_and_wins_over_older_pages(designer, gate):
    page = designer.get(f"/settings/gates/{gate.pk}/").content.decode()
    assert 'value="92.5"' in page
    rows = [("total", "", "95", True), ("vendor", "", "80", False)]
    changed = posted(rows, default="50", version="1", reason="Too many wrong totals.")

    answer = designer.post(f"/settings/gates/{gate.pk}/", changed)
    late = designer.post(f"/settings/gates/{gate.pk}/", posted([], version="1"))

    assert (answer.status_code, late.status_code) == (302, 422)
    assert "changed this gate meanwhile" in late.content.decode()
    gate.refresh_from_db()
    assert (gate.version, gate.thresholds["fields"]["total"]) == (2, 0.95)
    event = Event.objects.get(kind="gate.changed")
    assert {each["field"]: (each["before"], each["after"]) for each in event.data["changes"]} == {
        "thresholds.fields.total": (0.925, 0.95),
        "thresholds.classes.invoice.total": (0.99, None),
    }
    page = designer.get(f"/settings/gates/{gate.pk}/").content.decode()
    assert "Too many wrong totals." in page
    assert "92.5 %" in page
    assert "total (invoice)" in page


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("total", "", "101", True)], "less than or equal to 100"),
        ([("total", "", "", True)], "How sure must it be?"),
        ([("", "", "50", True)], "Which field?"),
        ([("total", "", "50", True), ("total", "", "60", True)], "stands here twice"),
    ],
)
def test_wrong_rows_come_back_with_what_is_wrong(designer, rows, said):
    answer = designer.post("/settings/gates/new/", posted(rows))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Gate.objects.exists()


def test_a_form_that_is_no_schema_and_a_key_that_is_taken_are_said(designer, gate):
    odd = designer.post(
        "/settings/gates/new/", posted([], key="other", form='{"type": "elephant"}')
    )
    taken = designer.post("/settings/gates/new/", posted([]))

    assert (odd.status_code, taken.status_code) == (422, 422)
    assert "There is a gate with this key" in taken.content.decode()


def test_supervisors_see_no_settings_auditors_read_and_strangers_find_nothing(client, folder, gate):
    url = f"/settings/gates/{gate.pk}/"
    expected = {
        Role.AUDITOR: (200, 403),
        Role.SUPERVISOR: (404, 403),
        Role.BUSINESS_USER: (404, 403),
    }
    for role, codes in expected.items():
        client.force_login(make_person(role=role, folder=folder))
        assert client.get(url).status_code == codes[0], role
        assert client.post(url, posted([], version="1")).status_code in (codes[1], 404), role
    client.force_login(make_person(role=Role.DESIGNER))
    assert client.get(url).status_code == 404
    gate.refresh_from_db()
    assert gate.version == 1


def test_a_queue_names_its_gate(designer, gate):
    queue = make_queue("orders", folder=gate.folder)
    page = designer.get(f"/settings/queues/{queue.pk}/").content.decode()
    assert f'<option value="{gate.pk}">Invoices</option>' in page

    queue.gate = gate
    queue.save()

    assert "Orders" in designer.get(f"/settings/gates/{gate.pk}/").content.decode()
    assert "Orders" in designer.get("/settings/gates/").content.decode()
