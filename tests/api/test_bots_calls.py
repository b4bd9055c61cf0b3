"""The calls of bots: lease, renew, finish, progress, effects. Their results are committed."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Folder
from apps.bots.models import LogLine
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import Attempt, Lease, WorkItem, WorkQueue
from tests.api.conftest import Program
from tests.factories import make_folder, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


LEASE = str(uuid.UUID(int=1))


@pytest.fixture
def queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")


@pytest.fixture
def ids(queue: WorkQueue) -> list[int]:
    return fill(queue, 3)


def fill(queue: WorkQueue, n: int) -> list[int]:
    new = [NewItem({"n": number}, reference=f"R-{number}") for number in range(n)]
    by = make_person(role=None).actor
    return add_items(queue, new, origin="api", by=by, all_or_nothing=True).ids


def lease(api: Program, n: int = 1, **more: Any) -> list[dict[str, Any]]:
    answer = api.post("/queues/invoices/lease", {"max_items": n, **more})
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def result(item: dict[str, Any], outcome: str = "successful", **more: Any) -> dict[str, Any]:
    return {"id": item["id"], "lease": item["lease"], "outcome": outcome, **more}


def finish(api: Program, *results: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/items/finish", {"results": list(results)})
    assert answer.status_code == 200, answer.content
    return answer.json()


def run_out(item: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update queues_lease set expires_at = now() - interval '1 second' where item_id = %s",
            [item["id"]],
        )


def test_leased_items_come_with_all_that_a_bot_needs(api: Program, ids: list[int]):
    first, second = lease(api, 2, lease_seconds=5, bot="B7")

    assert [first["id"], second["id"]] == ids[:2]
    assert first["payload"] == {"n": 0}
    assert (first["reference"], first["attempt"]) == ("R-0", 1)
    held = Lease.objects.get(item_id=first["id"])
    assert held.bot == "B7"
    assert str(held.token) == first["lease"]
    assert 4.9 < (held.expires_at - held.leased_at).total_seconds() < 5.1
    assert [each["id"] for each in lease(api, 5)] == ids[2:]
    assert lease(api) == []


def test_without_a_name_the_token_s_is_shown(api: Program, ids: list[int]):
    [item] = lease(api)

    assert "test" in Lease.objects.get(item_id=item["id"]).bot


def test_a_paused_queue_says_why_and_gives_nothing(api: Program, ids: list[int]):
    api.post("/queues/invoices/pause", {"reason": "ERP away"})

    answer = api.post("/queues/invoices/lease", {"max_items": 1})

    assert answer.json() == {
        "items": [],
        "paused": "ERP away",
        "paused_code": "queue_paused",
        "paused_until": None,
    }
    api.post("/queues/invoices/resume")
    assert len(lease(api)) == 1


def test_what_is_in_hand_of_a_paused_queue_may_be_finished(api: Program, ids: list[int]):
    [item] = lease(api)
    api.post("/queues/invoices/pause", {"reason": "ERP away"})

    assert finish(api, result(item))["finished"] == [item["id"]]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("successful", "successful"),
        ("business_exception", "needs_decision"),
        ("application_exception", "new"),
        ("released", "new"),
    ],
)
def test_each_outcome_leads_where_it_should(
    api: Program, ids: list[int], outcome: str, status: str
):
    [item] = lease(api)

    found = finish(api, result(item, outcome, output={"x": 1}, code="C", message="M"))

    assert found == {"finished": [item["id"]], "refused": []}
    assert api.get(f"/items/{item['id']}").json()["status"] == status
    assert Attempt.objects.get(item_id=item["id"]).outcome == outcome


def test_a_result_sent_twice_counts_once_and_is_answered_twice(api: Program, ids: list[int]):
    items = lease(api, 3)
    results = [
        result(items[0], output={"ledger": 1}),
        result(items[1], "business_exception", message="wrong"),
        result(items[2], "released"),
    ]

    answers = [finish(api, *results), finish(api, *results), finish(api, *results, *results)]

    assert all(answer == {"finished": ids, "refused": []} for answer in answers)
    assert Attempt.objects.count() == 3


def test_a_result_is_refused_for_its_reason(api: Program, ids: list[int]):
    done, lost, mine = lease(api, 3)
    finish(api, result(done))
    run_out(lost)

    found = finish(
        api,
        result(done, "business_exception"),
        result(lost),
        result({"id": 999_999, "lease": mine["lease"]}),
        result({"id": mine["id"], "lease": str(uuid.uuid4())}),
        result(mine),
        result(mine, "released"),
    )

    assert found["finished"] == [mine["id"]]
    assert [(each["id"], each["reason"]) for each in found["refused"]] == [
        (done["id"], "already_finished"),
        (lost["id"], "lease_lost"),
        (999_999, "unknown"),
        (mine["id"], "lease_lost"),
        (mine["id"], "already_finished"),
    ]


def test_renewing_keeps_what_is_held_and_names_what_is_lost(api: Program, ids: list[int]):
    kept, lost = lease(api, 2, lease_seconds=2)
    run_out(lost)
    leases = [{"id": each["id"], "lease": each["lease"]} for each in (kept, lost)]

    answer = api.post("/items/renew", {"leases": leases, "lease_seconds": 300})

    assert answer.json() == {"renewed": [kept["id"]], "lost": [lost["id"]]}
    held = Lease.objects.get(item_id=kept["id"])
    assert (held.expires_at - held.leased_at).total_seconds() > 290
    assert api.post("/items/renew", {"leases": []}).json() == {"renewed": [], "lost": []}


def test_finishing_and_leasing_is_one_step(api: Program, ids: list[int]):
    [first] = lease(api)
    body = {"results": [result(first)], "queue": "invoices", "max_items": 5, "bot": "B7"}

    found = api.post("/items/finish-and-lease", body).json()

    assert found["finished"] == [first["id"]]
    assert [item["id"] for item in found["items"]] == ids[1:]
    failed = [result(item, "business_exception") for item in found["items"]]
    found = api.post("/items/finish-and-lease", {"results": failed, "queue": "invoices"}).json()
    assert (found["finished"], found["items"]) == (ids[1:], [])


@pytest.mark.parametrize("outcome", ["successful", "business_exception"])
def test_an_unknown_queue_finishes_nothing(api: Program, ids: list[int], outcome: str):
    [item] = lease(api)
    body = {"results": [result(item, outcome)], "queue": "nowhere"}

    assert api.post("/items/finish-and-lease", body).status_code == 404
    assert api.post("/queues/nowhere/lease", {}).status_code == 404
    assert Lease.objects.filter(item_id=item["id"]).exists()


def test_leases_of_another_folder_are_none_of_ours(
    api: Program, program_with: Callable[..., Program], ids: list[int]
):
    items = lease(api, 2)
    stranger = program_with("admin", make_folder())
    leases = [{"id": each["id"], "lease": each["lease"]} for each in items]

    found = finish(stranger, result(items[0]), result(items[1], "business_exception"))

    assert found["finished"] == []
    assert {each["reason"] for each in found["refused"]} == {"unknown"}
    assert stranger.post("/items/renew", {"leases": leases}).json()["renewed"] == []
    progress = {**leases[0], "progress": 1}
    assert stranger.post("/items/progress", progress).status_code == 404
    effect = {**leases[0], "key": "post", "state": "begin"}
    assert stranger.post("/items/effects", effect).status_code == 404
    assert Lease.objects.count() == 2


def test_a_limit_of_items_in_progress_holds(api: Program, ids: list[int]):
    api.put("/queues/invoices", {"max_in_progress": 2})

    items = lease(api, 3)

    assert len(items) == 2
    assert lease(api) == []
    body = {"results": [result(items[0])], "queue": "invoices", "max_items": 3}
    assert len(api.post("/items/finish-and-lease", body).json()["items"]) == 1


def test_progress_and_log_lines_of_the_holder_are_kept(api: Program, ids: list[int]):
    [item] = lease(api)
    held = {"id": item["id"], "lease": item["lease"]}
    log = [
        {"at": "2026-01-01T00:00:00Z", "level": "warning", "message": "slow"},
        {"message": "read it"},
    ]

    assert (
        api.post("/items/progress", {**held, "progress": {"page": 2}, "log": log}).status_code
        == 200
    )

    assert api.get(f"/items/{item['id']}").json()["in_hand"]["progress"] == {"page": 2}
    lines = LogLine.objects.filter(item_id=item["id"]).order_by("id")
    assert [(line.level, line.message) for line in lines] == [
        ("warning", "slow"),
        ("info", "read it"),
    ]
    stranger = {"id": item["id"], "lease": str(uuid.uuid4())}
    assert api.post("/items/progress", {**stranger, "progress": 1}).status_code == 409


def test_effects_are_begun_once_and_ended_with_their_reference(api: Program, ids: list[int]):
    [item] = lease(api)
    held = {"id": item["id"], "lease": item["lease"], "key": "post"}

    def say(state: str, **more: str) -> Any:
        return api.post("/items/effects", {**held, "state": state, **more}).json()

    assert say("begin") == {"state": "new", "reference": ""}
    assert say("begin") == {"state": "unknown", "reference": ""}
    assert say("end", reference="L-7") == {"state": "finished", "reference": "L-7"}
    assert say("begin") == {"state": "finished", "reference": "L-7"}
    other = {**held, "key": "mail", "state": "end"}
    assert api.post("/items/effects", other).status_code == 409


def test_an_item_with_an_open_effect_goes_to_a_person_when_it_is_released(
    api: Program, ids: list[int]
):
    [item] = lease(api)
    held = {"id": item["id"], "lease": item["lease"], "key": "post", "state": "begin"}
    api.post("/items/effects", held)

    assert finish(api, result(item, "released"))["finished"] == [item["id"]]

    assert api.get(f"/items/{item['id']}").json()["parked"]["cause"] == "effect_unknown"


WRONG = [
    ("/queues/invoices/lease", {"max_items": 0}, "max_items"),
    ("/queues/invoices/lease", {"max_items": 1001}, "max_items"),
    ("/queues/invoices/lease", {"max_items": "1"}, "max_items"),
    ("/queues/invoices/lease", {"max_items": True}, "max_items"),
    ("/queues/invoices/lease", {"lease_seconds": 0}, "lease_seconds"),
    ("/queues/invoices/lease", {"lease_seconds": 1.5}, "lease_seconds"),
    ("/queues/invoices/lease", {"lease_seconds": 10**10}, "lease_seconds"),
    ("/queues/invoices/lease", {"wait_seconds": 31}, "wait_seconds"),
    ("/queues/invoices/lease", {"wait_seconds": -1}, "wait_seconds"),
    ("/queues/invoices/lease", {"bot": ""}, "bot"),
    ("/queues/invoices/lease", {"bot": "x" * 151}, "bot"),
    ("/queues/invoices/lease", {"n": 1}, "n"),
    ("/items/renew", {}, "leases"),
    ("/items/renew", {"leases": [{"id": 1}]}, "leases.0.lease"),
    ("/items/renew", {"leases": [{"id": 1, "lease": "x"}]}, "leases.0.lease"),
    ("/items/renew", {"leases": [{"id": "1", "lease": LEASE}]}, "leases.0.id"),
    ("/items/renew", {"leases": [{"id": 0, "lease": LEASE}]}, "leases.0.id"),
    ("/items/renew", {"leases": [{"id": 2**63 - 1, "lease": 5}]}, "leases.0.lease"),
    ("/items/finish", {"results": {}}, "results"),
    ("/items/finish", {"results": [7]}, "results.0"),
    (
        "/items/finish",
        {"results": [{"id": 1, "lease": LEASE, "outcome": "lost"}]},
        "results.0.outcome",
    ),
    (
        "/items/finish",
        {"results": [{"id": 1, "lease": LEASE, "outcome": "released",
                      "available_at": "tomorrow"}]},
        "results.0.available_at",
    ),
    ("/items/finish-and-lease", {"results": []}, "queue"),
    ("/items/progress", {"id": 1, "lease": LEASE, "log": [{}]}, "log.0.message"),
    (
        "/items/effects",
        {"id": 1, "lease": LEASE, "key": "", "state": "begin"},
        "key",
    ),
    (
        "/items/effects",
        {"id": 1, "lease": LEASE, "key": "k", "state": "done"},
        "state",
    ),
]  # fmt: skip


def test_what_is_wrong_is_refused_by_its_name(api: Program, queue: WorkQueue):
    """One test for all of them, since it has to commit."""
    missed = []
    for path, body, field in WRONG:
        answer = api.post(path, body)
        named = [error["path"] for error in answer.json().get("errors", [])]
        if answer.status_code != 422 or field not in named:
            missed.append((path, body, answer.status_code, named))

    assert missed == []


def test_numbers_that_no_item_has_are_told_apart_from_mistakes(api: Program, queue: WorkQueue):
    lease = str(uuid.uuid4())

    found = finish(api, result({"id": 2**63 - 1, "lease": lease}))

    assert found["refused"] == [{"id": 2**63 - 1, "reason": "unknown"}]
    body = {"leases": [{"id": 2**63 - 1, "lease": lease}]}
    assert api.post("/items/renew", body).json()["lost"] == [2**63 - 1]


def test_every_item_has_one_place_after_all_this(api: Program, ids: list[int]):
    items = lease(api, 3)
    finish(api, *(result(item, "released") for item in items))

    [status] = set(WorkItem.objects.with_status().values_list("status", flat=True))
    assert status == "new"
    assert api.get("/queues/invoices").json()["counts"]["new"] == 3
