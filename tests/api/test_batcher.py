"""Many bots on one event loop: nobody gets what another has, and nobody's leaving costs an item."""

import asyncio
import threading
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connection

from apps.accounts.models import Folder
from apps.lib.gathering import Gatherer
from apps.lib.lifespan import begin_to_close
from apps.queues import batcher, waiting
from apps.queues.batcher import Exchange, Want
from apps.queues.lifecycle import NewItem, add_item, add_items, lease_items
from apps.queues.models import Attempt, Lease, WorkItem, WorkQueue
from tests.api.conftest import Program, calling
from tests.api.loops import run_apart
from tests.factories import make_folder, make_person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis"),
    pytest.mark.concurrency,
]
LEASE = "/queues/invoices/lease"


@pytest.fixture
def queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")


def fill(queue: WorkQueue, n: int) -> list[int]:
    new = [NewItem({"n": number}) for number in range(n)]
    by = make_person(role=None).actor
    return add_items(queue, new, origin="api", by=by, all_or_nothing=True).ids


def statuses() -> Counter[str]:
    return Counter(WorkItem.objects.with_status().values_list("status", flat=True))


async def work(client: httpx.AsyncClient, bot: str, seen: Counter[int]) -> None:
    """Lease and finish one item after the other until the queue is empty."""
    results: list[dict[str, Any]] = []
    while True:
        body = {"results": results, "queue": "invoices", "bot": bot}
        answer = await client.post("/items/finish-and-lease", json=body)
        assert answer.status_code == 200, answer.content
        found = answer.json()
        assert found["refused"] == []
        if not found["items"]:
            return
        [item] = found["items"]
        seen[item["id"]] += 1
        results = [{"id": item["id"], "lease": item["lease"], "outcome": "successful"}]


def test_a_hundred_bots_get_each_item_once(api: Program, queue: WorkQueue):
    ids = fill(queue, 500)
    seen: Counter[int] = Counter()

    async def all_at_once() -> None:
        async with calling(api, timeout=60) as client:
            await asyncio.gather(*(work(client, f"B{n}", seen) for n in range(100)))

    run_apart(all_at_once())

    assert seen == Counter(ids)
    assert statuses() == {"successful": 500}


def test_calls_that_wait_share_statements(api: Program, queue: WorkQueue):
    fill(queue, 200)
    sizes = []
    original = batcher.batcher.step

    async def counted(connection: Any, calls: Any) -> Any:
        sizes.append(len(calls))
        return await original(connection, calls)

    async def lease() -> list[int]:
        async with calling(api, timeout=60) as client:
            answers = await asyncio.gather(*(client.post(LEASE, json={}) for _ in range(100)))
            return [answer.json()["items"][0]["id"] for answer in answers]

    batcher.batcher.step = counted
    try:
        ids = run_apart(lease())
    finally:
        batcher.batcher.step = original

    assert len(set(ids)) == 100
    assert sum(sizes) == 100
    assert len(sizes) < 50


def test_bots_of_several_queues_and_folders_share_a_round(folder: Folder):
    places = [(folder, "a"), (folder, "b"), (make_folder(), "a")]
    for place, key in places:
        fill(WorkQueue.objects.create(folder=place, key=key, title=key), 5)

    async def lease() -> list[batcher.Answer]:
        wants = [Exchange(place.pk, want=Want(key, n=2, bot="b")) for place, key in places * 2]
        found = await asyncio.gather(*(batcher.exchange(want) for want in wants))
        await batcher.batcher.stop()
        return found

    found = run_apart(lease())

    assert [len(each.leased) for each in found] == [2] * 6
    ids = [item.id for each in found for item in each.leased]
    assert len(set(ids)) == 12
    items = {item.pk: item.queue for item in WorkItem.objects.select_related("queue")}
    for (place, key), each in zip(places * 2, found, strict=True):
        assert {(items[i.id].folder_id, items[i.id].key) for i in each.leased} == {(place.pk, key)}


def test_items_leased_for_somebody_who_left_are_given_back(queue: WorkQueue, folder: Folder):
    fill(queue, 10)

    async def leave_midway() -> None:
        call = Exchange(folder.pk, want=Want("invoices", n=1, bot="b"))
        leaving = [asyncio.create_task(batcher.exchange(call)) for _ in range(5)]
        staying = [asyncio.create_task(batcher.exchange(call)) for _ in range(5)]
        original = batcher.batcher.step

        async def cancel_in_flight(connection: Any, calls: Any) -> Any:
            answers = await original(connection, calls)
            for task in leaving:
                task.cancel()
            return answers

        batcher.batcher.step = cancel_in_flight
        try:
            await asyncio.wait([*leaving, *staying])
            await batcher.batcher.stop()
        finally:
            batcher.batcher.step = original
        assert all(task.cancelled() for task in leaving)
        assert [len(task.result().leased) for task in staying] == [1] * 5

    run_apart(leave_midway())

    assert statuses() == {"new": 5, "in_progress": 5}


def test_a_bot_that_hangs_up_before_its_turn_gets_nothing(queue: WorkQueue, folder: Folder):
    fill(queue, 2)

    async def hang_up() -> None:
        call = Exchange(folder.pk, want=Want("invoices", n=1, bot="b"))
        task = asyncio.create_task(batcher.exchange(call))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await batcher.batcher.stop()

    run_apart(hang_up())

    assert statuses() == {"new": 2}


def test_a_client_that_disconnects_leaves_no_item_behind(api: Program, queue: WorkQueue):
    """Through the whole application: a waiting call whose connection goes away."""
    from controlroom.asgi import application

    async def disconnect() -> None:
        connections_end = asyncio.Event()
        body = b'{"wait_seconds": 20}'
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            await connections_end.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            raise AssertionError("nobody is there to be answered")

        headers = [
            (b"authorization", f"Bearer {api.token}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"host", b"testserver"),
        ]
        scope = {
            "type": "http", "method": "POST", "path": f"/api/v1{LEASE}", "headers": headers,
            "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
            "server": ("testserver", 80), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
        }  # fmt: skip
        call = asyncio.create_task(application(scope, receive, send))
        await asyncio.sleep(0.3)
        connections_end.set()
        await asyncio.wait_for(call, 10)

    run_apart(disconnect())
    fill(queue, 1)

    assert not Lease.objects.exists()
    assert statuses() == {"new": 1}


@pytest.mark.parametrize("has_redis", [True, False])
def test_waiting_bots_are_served_when_work_comes(
    api: Program, queue: WorkQueue, has_redis: bool, settings: Any
):
    if not has_redis:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    by = make_person(role=None).actor

    def add() -> None:
        add_item(queue, NewItem({"n": 1}), origin="api", by=by)
        connection.close()

    async def wait() -> list[int]:
        async with calling(api, timeout=60) as client:
            calls = [
                asyncio.create_task(client.post(LEASE, json={"wait_seconds": 20}))
                for _ in range(20)
            ]
            await asyncio.sleep(0.2)
            for _ in range(20):
                await asyncio.to_thread(add)
            answers = await asyncio.gather(*calls)
        return [item["id"] for answer in answers for item in answer.json()["items"]]

    ids = run_apart(wait())

    assert len(set(ids)) == len(ids) == 20


def test_waiting_ends_with_an_empty_answer(api: Program, queue: WorkQueue):
    answer = api.post(LEASE, {"wait_seconds": 0.2})

    assert answer.json() == {"items": []}


def test_a_queue_that_goes_on_serves_who_waits(api: Program, queue: WorkQueue):
    fill(queue, 1)
    api.post("/queues/invoices/pause", {"reason": "lunch"})

    async def wait() -> Any:
        async with calling(api, timeout=60) as client:
            call = asyncio.create_task(client.post(LEASE, json={"wait_seconds": 20}))
            await asyncio.sleep(0.2)
            await client.post("/queues/invoices/resume")
            return (await call).json()

    assert len(run_apart(wait())["items"]) == 1


def test_one_bad_call_does_not_fail_its_neighbours():
    async def step(_connection: Any, calls: Any) -> list[int]:
        if "bad" in calls:
            raise ValueError("no")
        return [len(call) for call in calls]

    async def ask() -> list[Any]:
        gatherer: Gatherer[str, int] = Gatherer("test", step)
        calls = [gatherer.ask(call) for call in ("a", "bad", "ccc")]
        found = await asyncio.gather(*calls, return_exceptions=True)
        await gatherer.stop()
        return found

    first, second, third = run_apart(ask())

    assert (first, third) == (1, 3)
    assert isinstance(second, ValueError)


def test_a_connection_that_was_cut_is_made_anew(queue: WorkQueue, folder: Folder):
    fill(queue, 2)

    async def lease_twice() -> list[int]:
        call = Exchange(folder.pk, want=Want("invoices", n=1, bot="b"))
        first = await batcher.exchange(call)
        await asyncio.to_thread(cut_off)
        second = await batcher.exchange(call)
        await batcher.batcher.stop()
        return [item.id for each in (first, second) for item in each.leased]

    def cut_off() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'controlroom-batcher' and datname = current_database()"
            )
        connection.close()

    assert len(set(run_apart(lease_twice()))) == 2


def test_a_database_that_is_away_is_a_503_with_a_sentence(
    api: Program, queue: WorkQueue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    connection.close()

    answers = [api.post(LEASE, {}), api.get("/queues")]

    for answer in answers:
        assert answer.status_code == 503
        assert "database does not answer" in answer.json()["detail"]
        assert answer.headers["Retry-After"]


def test_a_stale_lease_beside_the_real_one_is_refused(api: Program, queue: WorkQueue):
    """A bot that was away and the one that took over hand in at the same moment."""
    fill(queue, 1)
    [stale] = api.post(LEASE, {"bot": "away"}).json()["items"]
    Lease.objects.filter(item_id=stale["id"]).update(token="00000000-0000-4000-8000-000000000001")
    real = {**stale, "lease": "00000000-0000-4000-8000-000000000001"}
    results = [
        {"id": each["id"], "lease": each["lease"], "outcome": "successful", "output": name}
        for each, name in ((stale, "stale"), (real, "real"))
    ]

    async def both() -> list[Any]:
        async with calling(api, timeout=60) as client:
            calls = [client.post("/items/finish", json={"results": [each]}) for each in results]
            return [answer.json() for answer in await asyncio.gather(*calls)]

    of_stale, of_real = run_apart(both())

    assert of_stale["refused"] == [{"id": stale["id"], "reason": "lease_lost"}]
    assert of_real["finished"] == [stale["id"]]
    assert Attempt.objects.get().output == "real"


def test_a_stale_lease_is_not_renewed_with_the_real_one(queue: WorkQueue, folder: Folder):
    fill(queue, 1)
    [held] = lease_items(queue.pk, n=1, bot="Robbie")
    real, stale = (held.id, held.token), (held.id, UUID(int=7))

    async def together() -> list[batcher.Answer]:
        calls = (batcher.Renewal(folder.pk, (key,)) for key in (stale, real))
        return list(await asyncio.gather(*map(batcher.renew, calls)))

    zombie, holder = run_apart(together())

    assert (zombie.done, holder.done) == (set(), {real})


def test_a_bot_s_call_uses_no_thread(api: Program, queue: WorkQueue):
    """Threads of their own cost such calls more than all the rest, and they may wait for long."""
    fill(queue, 3)
    before = threading.active_count()
    started: list[str] = []

    def note(_frame: Any, _event: str, _argument: Any) -> None:
        started.append(threading.current_thread().name)

    async def lease_and_finish() -> None:
        async with calling(api, timeout=60) as client:
            await client.post(LEASE, json={})  # connections are made
            threading.setprofile(note)
            [item] = (await client.post(LEASE, json={})).json()["items"]
            result = {"id": item["id"], "lease": item["lease"], "outcome": "successful"}
            answer = await client.post("/items/finish", json={"results": [result]})
            threading.setprofile(None)
            assert answer.json()["finished"] == [item["id"]]

    run_apart(lease_and_finish())

    assert [name for name in started if not name.startswith("live-nudges")] == []
    assert threading.active_count() <= before + 2


def test_who_waits_is_answered_when_the_process_is_about_to_end(api: Program, queue: WorkQueue):
    async def close_while_waiting() -> Any:
        async with calling(api, timeout=60) as client:
            calls = [
                client.post(LEASE, json={"wait_seconds": 25}),
                client.post(LEASE, json={"wait_seconds": 25}, headers={"idempotency-key": "k"}),
            ]
            tasks = [asyncio.create_task(call) for call in calls]
            while len(waiting._waiters_of_loop().by_queue.get(queue.pk, ())) < 2:
                await asyncio.sleep(0.02)
            begin_to_close()
            async with asyncio.timeout(10):
                return [answer.json() for answer in await asyncio.gather(*tasks)]

    assert run_apart(close_while_waiting()) == [{"items": []}, {"items": []}]
