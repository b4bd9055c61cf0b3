"""Programs bind queues, and bots are told why they get nothing."""

import asyncio
from typing import Any

import pytest

from apps.accounts.models import Folder
from apps.bots.models import Bot
from apps.bots.releases import default_pool
from apps.events.models import Event
from apps.limits.models import Application, FolderStop
from apps.queues import batcher
from apps.queues.batcher import Exchange, Want
from apps.queues.models import Lease, WorkQueue
from tests.api.conftest import Program, calling
from tests.api.loops import run_apart
from tests.factories import make_folder
from tests.factories_limits import (
    held,
    make_application,
    make_freeze,
    make_limit,
    make_stop,
    opened,
)
from tests.factories_queues import make_items

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

LEASE = "/queues/invoices/lease"


@pytest.fixture
def erp(folder: Folder) -> Application:
    return make_application(folder, "erp", title="ERP")


@pytest.fixture
def queue(folder: Folder, erp: Application) -> WorkQueue:
    queue = WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")
    queue.applications.add(erp)
    make_items(queue, 8)
    return queue


def test_what_binds_a_queue_is_set_by_key_and_said_before_and_after(
    api: Program, folder: Folder, erp: Application
):
    make_limit(folder, "seats")
    bound = {
        "applications": ["erp", "erp"],
        "limits": ["seats"],
        "required_capabilities": ["sap", " sap", "excel"],
        "share": 5,
    }
    api.put("/queues/invoices", bound)

    made = api.put("/queues/invoices", {"title": "Invoices"}).json()
    assert (made["applications"], made["limits"]) == (["erp"], ["seats"])
    assert (made["required_capabilities"], made["share"]) == (["excel", "sap"], 5)

    assert api.put("/queues/invoices", {"applications": []}).json()["applications"] == []
    change = Event.objects.filter(kind="work_queue.changed").latest("id").data["changes"]
    assert change == [{"field": "applications", "before": ["erp"], "after": []}]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"applications": ["crm"]}, "applications.0"),
        ({"applications": ["erp", "theirs"]}, "applications.1"),
        ({"limits": ["erp"]}, "limits.0"),
        ({"limits": "seats"}, "limits"),
        ({"required_capabilities": [""]}, "required_capabilities.0"),
        ({"required_capabilities": ["sap,excel"]}, "required_capabilities"),
        ({"required_capabilities": ["x" * 61]}, "required_capabilities.0"),
        ({"required_capabilities": [str(n) for n in range(21)]}, "required_capabilities"),
        ({"share": 0}, "share"),
        ({"share": 101}, "share"),
    ],
)
def test_what_binds_nothing_is_refused_by_its_name(
    api: Program, erp: Application, body: dict[str, Any], path: str
):
    make_application(make_folder(), "theirs")

    answer = api.put("/queues/invoices", body)

    assert answer.status_code == 422
    assert path in [error["path"] for error in answer.json()["errors"]]
    assert not WorkQueue.objects.exists()


def test_bots_are_told_what_holds_the_queue_in_a_sentence_a_code_and_a_time(
    api: Program, queue: WorkQueue, erp: Application, folder: Folder
):
    def told() -> tuple[str, str, bool]:
        found = api.post(LEASE, {"max_items": 3}).json()
        assert found["items"] == []
        return found["paused"], found["paused_code"], found["paused_until"] is not None

    seats = make_limit(application=erp, size=2, title="Sessions")
    assert len(api.post(LEASE, {"max_items": 3}).json()["items"]) == 2
    assert told() == ("All 2 seats of “Sessions” are taken.", "limit", False)
    type(seats).objects.filter(pk=seats.pk).update(size=1)
    assert told() == ("“Sessions” is in use: only one at a time.", "limit", False)
    opened(erp, probe_in=-1)
    assert told() == ("“ERP” failed and is being tried, one item at a time.", "breaker", False)
    opened(erp)
    assert told() == ("“ERP” fails and rests: 9 of 10 tries failed.", "breaker", True)
    held(erp, seconds=60, reason="Upgrade")
    assert told() == ("“ERP” is held by a person: Upgrade", "application_held", True)
    make_freeze(folder, title="Year end", reason="")
    assert told() == ("Nothing new starts during “Year end”.", "freeze", True)
    make_stop(folder, reason="Wrong payments")
    assert told() == ("All work of the folder is stopped: Wrong payments", "stopped", False)


def test_a_rate_is_told_with_the_time_of_the_next_start(
    api: Program, queue: WorkQueue, folder: Folder
):
    queue.limits.add(make_limit(folder, size=1, per_seconds=60, title="Calls"))
    assert len(api.post(LEASE, {"max_items": 3}).json()["items"]) == 1

    found = api.post(LEASE, {}).json()

    assert found["paused"] == "“Calls” allows no more starts for now."
    assert found["paused_until"] is not None


def test_bots_that_ask_together_get_what_they_can_do_and_as_much_as_there_is(
    queue: WorkQueue, folder: Folder
):
    WorkQueue.objects.filter(pk=queue.pk).update(required_capabilities=["sap"])
    queue.limits.add(make_limit(folder, size=3))
    pool = default_pool(folder)
    Bot.objects.create(folder=folder, pool=pool, name="known", capabilities=["sap", "excel"])
    wants = [
        Want("invoices", n=2, bot="stranger"),
        Want("invoices", n=2, bot="known"),
        Want("invoices", n=2, bot="other", capabilities=("sap",)),
    ]

    async def lease() -> list[batcher.Answer]:
        calls = [Exchange(folder.pk, want=want) for want in wants]
        found = await asyncio.gather(*(batcher.exchange(call) for call in calls))
        await batcher.batcher.stop()
        return found

    stranger, *able = run_apart(lease())

    assert stranger.leased == []
    assert stranger.hold is not None
    assert (stranger.hold.code, stranger.hold.what) == ("capability", "sap")
    assert sorted(len(each.leased) for each in able) == [1, 2]
    assert Lease.objects.count() == 3


def test_who_lacks_a_capability_is_told_so_at_once_however_long_it_would_wait(
    api: Program, queue: WorkQueue
):
    api.put("/queues/invoices", {"required_capabilities": ["sap"]})
    again = {"Idempotency-Key": "once"}

    found = api.post(LEASE, {"wait_seconds": 30}).json()

    assert found["paused"] == "The queue needs a bot that can: sap."
    assert api.post(LEASE, {"capabilities": ["sap"]}, **again).json()["items"]
    assert api.post(LEASE, {"capabilities": [""]}).status_code == 422


def test_a_call_with_a_key_is_told_the_same(api: Program, queue: WorkQueue, folder: Folder):
    make_stop(folder)

    answer = api.post(LEASE, {}, **{"Idempotency-Key": "once"}).json()

    assert (answer["items"], answer["paused_code"]) == ([], "stopped")


def test_who_waits_is_served_when_what_held_the_queue_is_over(
    api: Program, queue: WorkQueue, folder: Folder
):
    make_stop(folder)

    async def wait() -> Any:
        async with calling(api, timeout=60) as client:
            call = asyncio.create_task(client.post(LEASE, json={"wait_seconds": 20}))
            await asyncio.sleep(0.2)
            assert not call.done()
            await FolderStop.objects.all().adelete()
            return (await call).json()

    assert len(run_apart(wait())["items"]) == 1
