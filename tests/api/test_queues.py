"""The calls about queues: made, changed, paused, counted."""

import pytest

from apps.accounts.models import Folder
from apps.bots.models import Automation
from apps.bots.releases import default_pool
from apps.events.models import Event
from apps.queues.models import WorkQueue
from tests.api.conftest import Program
from tests.factories import make_folder

pytestmark = pytest.mark.django_db


def test_a_queue_is_made_with_defaults(api: Program):
    answer = api.put("/queues/invoices")

    assert answer.status_code == 201
    made = answer.json()
    assert {
        name: made[name]
        for name in ("key", "title", "max_attempts", "retry_delay_seconds", "lease_seconds")
    } == {
        "key": "invoices",
        "title": "invoices",
        "max_attempts": 3,
        "retry_delay_seconds": 30,
        "lease_seconds": 60,
    }
    assert made["on_business_exception"] == made["on_exhausted"] == "inbox"
    assert set(made["counts"].values()) == {0}
    assert made["oldest_seconds"] is None
    assert made["paused"] is None


def test_references_from_before_are_known_once_they_have_to_be_unique(api: Program):
    api.put("/queues/invoices")
    new = {"payload": {}, "reference": "R1"}
    first = api.post("/queues/invoices/items", new).json()

    api.put("/queues/invoices", {"unique_reference": "ignore"})

    assert api.post("/queues/invoices/items", new).json()["id"] == first["id"]


def test_what_is_left_out_keeps_its_value(api: Program):
    api.put("/queues/invoices", {"title": "Invoices", "max_attempts": 5, "sla_seconds": 60})

    answer = api.put("/queues/invoices", {"max_runs": 2, "sla_seconds": None})

    assert answer.status_code == 200
    now = answer.json()
    assert (now["title"], now["max_attempts"], now["max_runs"]) == ("Invoices", 5, 2)
    assert now["sla_seconds"] is None


def test_each_change_leaves_one_event_with_before_and_after(api: Program):
    api.put("/queues/invoices", {"title": "Invoices"})
    api.put("/queues/invoices", {"title": "Bills", "max_runs": 1})
    api.put("/queues/invoices", {"title": "Bills"})

    kinds = Event.objects.order_by("occurred_at").values_list("kind", "data")

    found = [(kind, data["changes"]) for kind, data in kinds if kind.startswith("work_queue")]
    assert found[1:] == [
        ("work_queue.changed", [{"field": "title", "before": "Invoices", "after": "Bills"}])
    ]
    assert found[0][0] == "work_queue.created"


def test_a_queue_may_have_an_automation_of_its_folder(api: Program, folder: Folder):
    pool = default_pool(folder)
    Automation.objects.create(
        folder=folder, key="read", title="Read", function="x", pool=pool, kind="item"
    )

    assert api.put("/queues/invoices", {"automation": "read"}).json()["automation"] == "read"
    assert api.put("/queues/invoices", {"automation": None}).json()["automation"] is None
    assert api.put("/queues/invoices", {"automation": "write"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": "3"}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"max_attempts": 3.5}, "max_attempts"),
        ({"lease_seconds": 0}, "lease_seconds"),
        ({"lease_seconds": 10**12}, "lease_seconds"),
        ({"sla_seconds": -1}, "sla_seconds"),
        ({"max_in_progress": 0}, "max_in_progress"),
        ({"title": ""}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"unique_reference": "sometimes"}, "unique_reference"),
        ({"retry_backoff": 1}, "retry_backoff"),
        ({"on_exhausted": "panic"}, "on_exhausted"),
        ({"payload_schema": []}, "payload_schema"),
        ({"payload_schema": {"type": "numbr"}}, "payload_schema.type"),
        ({"payload_schema": {"$ref": "https://example.com"}}, "payload_schema.$ref"),
        ({"payload_schema": {"pattern": "(a+)+$"}}, "payload_schema.pattern"),
        ({"error_rules": {}}, "error_rules"),
        ({"error_rules": [{"when": {}, "then": "explode"}]}, "error_rules.0.then"),
        ({"cut_off": {"time": "25:00", "zone": "UTC"}}, "cut_off.time"),
        ({"cut_off": {"time": "17:00", "zone": "UTC"}, "sla_seconds": 5}, "sla_seconds"),
        ({"automation": "nothing"}, "automation"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(api: Program, body: dict, path: str):
    answer = api.put("/queues/invoices", body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert path in [error["path"] for error in answer.json()["errors"]]
    assert not WorkQueue.objects.exists()


@pytest.mark.parametrize("key", ["a b", "ä", "x" * 101, "a.b"])
def test_a_key_is_letters_digits_and_dashes(api: Program, key: str):
    answer = api.put(f"/queues/{key}", {})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "queue"
    assert not WorkQueue.objects.exists()


def test_queues_are_listed_page_by_page(api: Program):
    for key in ("c", "a", "b"):
        api.put(f"/queues/{key}", {})

    first = api.get("/queues?limit=2").json()
    second = api.get(f"/queues?limit=2&cursor={first['next_cursor']}").json()

    assert [queue["key"] for queue in first["items"]] == ["a", "b"]
    assert [queue["key"] for queue in second["items"]] == ["c"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "WyJrZXksaWQiLDFd", "%00", "WyItaWQiLDJd", "é"])
def test_a_cursor_that_is_not_of_this_list_is_refused(api: Program, cursor: str):
    answer = api.get(f"/queues?cursor={cursor}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "201", "x", "1e3", "99999999999999999999"])
def test_a_limit_is_from_1_to_200(api: Program, limit: str):
    answer = api.get(f"/queues?limit={limit}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "limit"


def test_listing_takes_as_many_queries_for_many_as_for_one(api: Program, django_assert_num_queries):
    for n in range(5):
        api.put(f"/queues/q{n}", {})

    with django_assert_num_queries(6):
        assert len(api.get("/queues").json()["items"]) == 5


def test_a_queue_is_paused_with_a_reason_and_goes_on(api: Program):
    api.put("/queues/invoices", {})

    assert api.post("/queues/invoices/pause", {}).status_code == 422
    assert api.post("/queues/invoices/pause", {"reason": ""}).status_code == 422
    assert api.post("/queues/invoices/pause", {"reason": "ERP away"}).json()["paused"] == "ERP away"
    assert api.post("/queues/invoices/pause", {"reason": "again"}).status_code == 409
    assert api.post("/queues/invoices/resume").json()["paused"] is None
    assert api.post("/queues/invoices/resume").status_code == 409


def test_queues_of_other_folders_are_not_there(api: Program):
    WorkQueue.objects.create(folder=make_folder(), key="secret", title="Secret")

    assert api.get("/queues").json()["items"] == []
    for method, path, body in [
        ("GET", "/queues/secret", None),
        ("POST", "/queues/secret/pause", {"reason": "x"}),
        ("POST", "/queues/secret/resume", {}),
        ("POST", "/queues/secret/items", {"payload": {}}),
        ("POST", "/queues/secret/items/batch", {"items": [{"payload": {}}]}),
        ("GET", "/queues/secret/items", None),
    ]:
        assert api.call(method, path, body).status_code == 404


def test_the_same_key_may_be_used_in_two_folders(api: Program):
    WorkQueue.objects.create(folder=make_folder(), key="invoices", title="Theirs")

    assert api.put("/queues/invoices", {"title": "Ours"}).status_code == 201
    assert WorkQueue.objects.filter(key="invoices").count() == 2
