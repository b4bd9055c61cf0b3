"""The calls about items: added, listed, looked at, changed by people."""

from typing import Any

import pytest

from apps.accounts.models import Folder
from apps.events.models import Event
from apps.queues.lifecycle import NewItem, add_item, finish_items, lease_items
from apps.queues.lifecycle.values import Result
from apps.queues.models import Attempt, WorkItem, WorkQueue
from tests.api.conftest import Program
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "required": ["total"],
    "properties": {"total": {"type": "number"}, "name": {"type": "string", "x-personal": True}},
}


@pytest.fixture
def queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.create(
        folder=folder, key="invoices", title="Invoices", payload_schema=SCHEMA
    )


@pytest.fixture
def item(queue: WorkQueue) -> WorkItem:
    return add(queue, total=1, name="Ada")


def add(queue: WorkQueue, *, reference: str = "", **payload: Any) -> WorkItem:
    by = make_person(role=None).actor
    return add_item(queue, NewItem(payload, reference=reference), origin="api", by=by)


def fail(item: WorkItem, outcome: str) -> None:
    [leased] = lease_items(item.queue_id, n=1, bot="b")
    finish_items(
        [Result(leased.id, leased.token, Attempt.Outcome(outcome), code="X", message="No order")]
    )


def test_an_item_is_added_with_all_that_belongs_to_it(api: Program, queue: WorkQueue):
    body = {
        "payload": {"total": 12.5},
        "reference": "R-1",
        "priority": 80,
        "due_at": "2031-01-01T12:00:00+02:00",
        "available_at": "2030-01-01T12:00:00Z",
        "expires_at": "2032-01-01T12:00:00.123456789Z",
    }

    answer = api.post("/queues/invoices/items", body)

    assert answer.status_code == 201
    made = answer.json()
    assert (made["queue"], made["reference"], made["priority"]) == ("invoices", "R-1", 80)
    assert made["status"] == "new"
    assert made["payload"] == {"total": 12.5}
    assert made["due_at"] == "2031-01-01T10:00:00Z"
    assert made["available_at"] == "2030-01-01T12:00:00Z"
    assert made["expires_at"] == "2032-01-01T12:00:00.123456Z"
    assert (made["version"], made["origin"]) == (1, "api")
    assert api.get(f"/items/{made['id']}").json()["reference"] == "R-1"


def test_a_known_reference_is_refused_or_answered_as_the_queue_says(api: Program, queue: WorkQueue):
    body = {"payload": {"total": 1}, "reference": "R-1"}
    api.put("/queues/invoices", {"unique_reference": "reject"})
    first = api.post("/queues/invoices/items", body).json()

    refused = api.post("/queues/invoices/items", body)

    assert refused.status_code == 409
    assert refused.json()["code"] == "duplicate_reference"
    assert str(first["id"]) in refused.json()["detail"]

    api.put("/queues/invoices", {"unique_reference": "ignore"})
    again = api.post("/queues/invoices/items", body)

    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert WorkItem.objects.count() == 1


def test_a_batch_that_is_all_or_nothing_stores_nothing_on_any_fault(api: Program, queue: WorkQueue):
    items = [{"payload": {"total": 1}}, {"payload": {"total": "x"}}, {"payload": {}}, 7]

    answer = api.post("/queues/invoices/items/batch", {"mode": "all_or_nothing", "items": items})

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == ["items.3"]
    assert not WorkItem.objects.exists()

    answer = api.post("/queues/invoices/items/batch", {"items": items[:3]})

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [
        "items.1.payload.total",
        "items.2.payload.total",
    ]
    assert not WorkItem.objects.exists()


def test_an_independent_batch_takes_what_is_good_and_says_what_is_not(
    api: Program, queue: WorkQueue
):
    items = [
        {"payload": {"total": 1}, "reference": "a"},
        {"payload": {"total": "x"}},
        {"payload": {"total": 2}, "colour": "red"},
        {"payload": {"total": 3}, "reference": "b", "priority": 101},
        {"payload": {"total": 4}, "reference": "c", "due_at": "2031-01-01"},
        {"payload": {"total": 5}, "reference": "d"},
    ]

    answer = api.post("/queues/invoices/items/batch", {"mode": "independent", "items": items})

    assert answer.status_code == 200
    found = answer.json()
    stored = {item.pk: item.reference for item in WorkItem.objects.all()}
    assert [stored[pk] for pk in found["ids"]] == ["a", "d"]
    assert {each["index"]: each["fields"][0]["path"] for each in found["rejected"]} == {
        1: "payload.total",
        2: "colour",
        3: "priority",
        4: "due_at",
    }
    assert all(each["error"] for each in found["rejected"])


def test_ten_thousand_items_are_one_call_and_no_more(api: Program, queue: WorkQueue):
    items = [{"payload": {"total": n}, "reference": f"R-{n}"} for n in range(10_001)]

    assert api.post("/queues/invoices/items/batch", {"items": items}).status_code == 422
    assert not WorkItem.objects.exists()

    found = api.post("/queues/invoices/items/batch", {"items": items[:-1]}).json()

    assert len(found["ids"]) == len(set(found["ids"])) == WorkItem.objects.count() == 10_000
    assert api.get("/queues/invoices").json()["counts"]["new"] == 10_000
    last = WorkItem.objects.get(pk=found["ids"][-1])
    assert last.reference == "R-9999"


@pytest.mark.parametrize("body", [{"items": []}, {"items": {}}, {}, {"items": [1], "mode": "both"}])
def test_a_batch_has_items_and_a_known_mode(api: Program, queue: WorkQueue, body: dict):
    assert api.post("/queues/invoices/items/batch", body).status_code == 422


def test_items_are_listed_newest_first_by_status_and_reference(api: Program, queue: WorkQueue):
    first = add(queue, total=1, reference="a")
    second = add(queue, total=2, reference="b")
    third = add(queue, total=3, reference="a")
    fail(first, "business_exception")

    def ids(query: str) -> list[int]:
        return [item["id"] for item in api.get(f"/queues/invoices/items?{query}").json()["items"]]

    assert ids("") == [third.pk, second.pk, first.pk]
    assert ids("status=new") == [third.pk, second.pk]
    assert ids("status=needs_decision") == [first.pk]
    assert ids("reference=a") == [third.pk, first.pk]
    assert ids("reference=a&status=needs_decision") == [first.pk]
    assert ids("reference=zzz") == []
    page = api.get("/queues/invoices/items?limit=2").json()
    rest = api.get(f"/queues/invoices/items?limit=2&cursor={page['next_cursor']}").json()
    assert [item["id"] for item in rest["items"]] == [first.pk]


@pytest.mark.parametrize(
    "query", ["status=lost", "status=", "reference=%00", "reference=" + "x" * 201]
)
def test_a_filter_that_makes_no_sense_is_refused(api: Program, queue: WorkQueue, query: str):
    answer = api.get(f"/queues/invoices/items?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] in ("status", "reference")


def test_deferred_items_and_retries_are_new_with_the_time(api: Program, queue: WorkQueue):
    add(queue, total=1)
    fail(WorkItem.objects.get(), "application_exception")

    [found] = api.get("/queues/invoices/items?status=new").json()["items"]

    assert found["available_at"] is not None


def test_an_item_shows_its_attempts_and_why_it_waits_for_a_person(api: Program, item: WorkItem):
    fail(item, "business_exception")

    found = api.get(f"/items/{item.pk}").json()

    assert found["status"] == "needs_decision"
    [attempt] = found["attempts"]
    assert (attempt["number"], attempt["outcome"]) == (1, "business_exception")
    assert (attempt["bot"], attempt["code"], attempt["message"]) == ("b", "X", "No order")
    assert found["parked"]["cause"] == "business_exception"
    assert found["parked"]["message"] == "No order"
    assert found["in_hand"] is found["ended"] is None


def test_who_looks_at_an_item_in_hand_does_not_see_its_lease(api: Program, item: WorkItem):
    [leased] = lease_items(item.queue_id, n=1, bot="b")

    answer = api.get(f"/items/{item.pk}")

    assert answer.json()["in_hand"]["bot"] == "b"
    assert str(leased.token) not in answer.content.decode()


def test_personal_values_are_masked_until_somebody_reveals_them(
    api: Program, program_with, item: WorkItem
):
    assert api.get(f"/items/{item.pk}").json()["payload"] == {"total": 1, "name": "•••"}
    [listed] = api.get("/queues/invoices/items").json()["items"]
    assert listed["payload"]["name"] == "•••"

    found = api.get(f"/items/{item.pk}?reveal=true").json()

    assert found["payload"]["name"] == "Ada"
    assert Event.objects.get(kind="work_item.revealed").data == {"fields": ["name"]}
    assert program_with("auditor").get(f"/items/{item.pk}?reveal=true").status_code == 403


def test_an_item_is_changed_on_the_version_that_was_seen(api: Program, item: WorkItem):
    body = {"version": 1, "payload": {"total": 2, "name": "•••"}, "reason": "typo"}

    changed = api.patch(f"/items/{item.pk}", body)

    assert changed.status_code == 200
    assert changed.json()["version"] == 2
    item.refresh_from_db()
    assert item.payload == {"total": 2, "name": "Ada"}
    assert api.patch(f"/items/{item.pk}", body).status_code == 409
    event = Event.objects.get(kind="work_item.edited")
    assert event.data["changes"] == {"payload.total": {"before": 1, "after": 2}}
    assert event.actor_kind == "token"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"priority": 7}, "version"),
        ({"version": 1, "payload": {"total": "x"}}, "payload.total"),
        ({"version": 1, "priority": 101}, "priority"),
        ({"version": 1, "due_at": "2031-01-01T00:00:00"}, "due_at"),
        ({"version": 1, "reference": "other"}, "reference"),
        ({"version": "1"}, "version"),
    ],
)
def test_a_wrong_change_is_refused_by_its_name(api: Program, item: WorkItem, body: dict, path: str):
    answer = api.patch(f"/items/{item.pk}", body)

    assert answer.status_code == 422
    assert path in [error["path"] for error in answer.json()["errors"]]
    item.refresh_from_db()
    assert (item.version, item.priority) == (1, 50)


def test_times_can_be_taken_away_again(api: Program, item: WorkItem):
    due = {"version": 1, "due_at": "2031-01-01T00:00:00Z"}

    assert api.patch(f"/items/{item.pk}", due).json()["due_at"] == "2031-01-01T00:00:00Z"
    assert api.patch(f"/items/{item.pk}", {"version": 2}).json()["due_at"] is not None
    assert api.patch(f"/items/{item.pk}", {"version": 2, "due_at": None}).json()["due_at"] is None


def test_people_s_verbs_move_an_item(api: Program, item: WorkItem):
    def do(verb: str, body: dict | None = None) -> Any:
        answer = api.post(f"/items/{item.pk}/{verb}", {} if body is None else body)
        return answer.json().get("status"), answer.status_code

    assert do("hold", {"reason": "wait"}) == ("on_hold", 200)
    assert do("resume") == ("new", 200)
    assert do("skip")[1] == 422
    assert do("skip", {"reason": "not ours"}) == ("skipped", 200)
    assert do("cancel", {"reason": "x"})[1] == 409
    assert do("reopen", {"reason": "ours after all"}) == ("new", 200)
    assert do("cancel", {"reason": "withdrawn"}) == ("cancelled", 200)
    assert do("reopen", {"reason": "again"}) == ("new", 200)
    fail(item, "business_exception")
    assert do("retry", {"payload": {"total": 9, "name": "•••"}}) == ("new", 200)
    item.refresh_from_db()
    assert item.payload == {"total": 9, "name": "Ada"}


def test_a_verb_needs_no_body(api: Program, item: WorkItem):
    assert api.post(f"/items/{item.pk}/hold").json()["status"] == "on_hold"


def test_items_of_other_folders_are_not_there(api: Program):
    theirs = WorkQueue.objects.create(folder=make_folder(), key="invoices", title="Theirs")
    item = add(theirs, total=1)

    assert api.get(f"/items/{item.pk}").status_code == 404
    assert api.patch(f"/items/{item.pk}", {"version": 1}).status_code == 404
    for verb in ("hold", "resume", "skip", "cancel", "retry", "reopen"):
        assert api.post(f"/items/{item.pk}/{verb}", {"reason": "x"}).status_code == 404
    assert WorkItem.objects.with_status().get().status == "new"


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "9" * 40])
def test_a_number_that_no_item_can_have_is_refused(api: Program, number: str):
    assert api.get(f"/items/{number}").status_code == 422


@pytest.mark.parametrize("number", ["1", "9223372036854775807"])
def test_an_unknown_item_is_not_found(api: Program, number: str):
    assert api.get(f"/items/{number}").status_code == 404
