"""Idempotency-Key: what is sent twice happens once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.accounts.idempotency import _be_the_only_one, prune_idempotent_calls
from apps.accounts.models import ApiToken, Folder, IdempotentCall
from apps.queues.lifecycle import NewItem, add_item
from apps.queues.models import Lease, WorkItem, WorkQueue
from tests.api.conftest import Program
from tests.factories import make_person

ITEMS = "/queues/invoices/items"
BODY = {"payload": {"n": 1}}


@pytest.fixture(autouse=True)
def queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")


@pytest.mark.django_db
def test_adding_twice_with_one_key_adds_once(api: Program):
    answers = [api.post(ITEMS, BODY, idempotency_key="k1") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [
        None,
        "true",
        "true",
    ]
    assert WorkItem.objects.count() == 1


@pytest.mark.django_db
def test_a_batch_sent_twice_is_stored_once(api: Program):
    body = {"items": [BODY] * 50}

    first, second = (api.post(f"{ITEMS}/batch", body, idempotency_key="k") for _ in range(2))

    assert first.json() == second.json()
    assert WorkItem.objects.count() == 50


@pytest.mark.django_db
def test_another_key_or_none_adds_again(api: Program):
    for headers in ({"idempotency_key": "a"}, {"idempotency_key": "b"}, {}, {}):
        assert api.post(ITEMS, BODY, **headers).status_code == 201

    assert WorkItem.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"payload": {"n": 2}}, {"payload": {"n": 1}, "priority": 1}])
def test_one_key_for_two_bodies_is_refused(api: Program, other: dict):
    api.post(ITEMS, BODY, idempotency_key="k")

    answer = api.post(ITEMS, other, idempotency_key="k")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "Idempotency-Key"
    assert WorkItem.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_different_people_are_different(api: Program, program_with):
    api.post(ITEMS, BODY, idempotency_key="k")

    assert program_with("admin").post(ITEMS, BODY, idempotency_key="k").status_code == 201
    assert WorkItem.objects.count() == 2


@pytest.mark.django_db
def test_what_was_refused_leaves_the_key_free(api: Program):
    assert api.post(ITEMS, {"payload": 7}, idempotency_key="k").status_code == 422

    assert not IdempotentCall.objects.exists()
    assert api.post(ITEMS, BODY, idempotency_key="k").status_code == 201


@pytest.mark.django_db
def test_old_keys_are_forgotten(api: Program):
    api.post(ITEMS, BODY, idempotency_key="old")
    IdempotentCall.objects.update(created_at=Now() - timedelta(days=8))
    api.post(ITEMS, BODY, idempotency_key="new")

    assert prune_idempotent_calls() == 1

    assert [call.key for call in IdempotentCall.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_still_running_answers_409_at_once(api: Program):
    user = ApiToken.objects.get().user
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            _be_the_only_one(user, "k")
            held.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    try:
        answer = api.post(ITEMS, BODY, idempotency_key="k")
    finally:
        done.set()
        thread.join()

    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotent_call_running"
    assert not WorkItem.objects.exists()
    assert api.post(ITEMS, BODY, idempotency_key="k").status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_twenty_at_once_with_one_key_add_one_item(api: Program):
    statuses = []

    def add() -> None:
        statuses.append(api.post(ITEMS, BODY, idempotency_key="k").status_code)
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert WorkItem.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_leasing_twice_with_one_key_gives_the_same_items(api: Program, queue: WorkQueue):
    by = make_person(role=None).actor
    for n in range(3):
        add_item(queue, NewItem({"n": n}), origin="api", by=by)

    first, second = (
        api.post("/queues/invoices/lease", {"max_items": 2}, idempotency_key="k") for _ in range(2)
    )

    assert first.json() == second.json()
    assert len(first.json()["items"]) == Lease.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_empty_answer_under_a_key_stays_empty(api: Program, queue: WorkQueue):
    body = {"wait_seconds": 0.1}

    first = api.post("/queues/invoices/lease", body, idempotency_key="k")
    add_item(queue, NewItem({}), origin="api", by=make_person(role=None).actor)
    second = api.post("/queues/invoices/lease", body, idempotency_key="k")

    assert first.json() == second.json() == {"items": []}


@pytest.mark.django_db(transaction=True)
def test_finishing_and_leasing_twice_with_one_key_gives_the_same(api: Program, queue: WorkQueue):
    by = make_person(role=None).actor
    for n in range(3):
        add_item(queue, NewItem({"n": n}), origin="api", by=by)
    [item] = api.post("/queues/invoices/lease", {}).json()["items"]
    result = {"id": item["id"], "lease": item["lease"], "outcome": "successful"}
    body = {"results": [result], "queue": "invoices"}

    first, second = (
        api.post("/items/finish-and-lease", body, idempotency_key="k").json() for _ in range(2)
    )

    assert first == second
    assert first["finished"] == [item["id"]]
    assert Lease.objects.count() == 1
