"""The pages of operations: what can be asked for on them, and who may."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts.models import Folder
from apps.accounts.roles import Role
from apps.operations import lifecycle
from apps.operations.models import Operation, OperationEntry
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder() -> Folder:
    return make_folder()


def signed_in(folder: Folder, role: Role = Role.SUPERVISOR) -> Client:
    client = Client()
    client.force_login(make_person(role=role, folder=folder))
    return client


def text_of(response: Any) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()


def hold(folder: Folder, n: int = 3) -> tuple[Any, list[int], Operation]:
    queue = make_queue(folder=folder)
    ids = make_items(queue, n)
    operation = lifecycle.start(
        "items.hold", folder, {"queue": queue.pk}, {}, ANNA, n, reason="stock-taking"
    )
    return queue, ids, operation


def test_the_list_says_what_was_done_by_whom_and_how_far_it_is(folder: Folder) -> None:
    queue, _ids, operation = hold(folder)
    client = signed_in(folder)
    page = text_of(client.get("/operations/"))
    assert "Hold items" in page
    assert queue.title in page
    assert "Anna" in page
    assert "Being prepared" in page
    lifecycle.work()
    assert "3 / 3" in text_of(client.get("/operations/?state=done"))
    assert "No operation fits" in text_of(client.get("/operations/?state=active"))
    assert f'href="/operations/{operation.pk}/"' in page


def test_an_empty_list_says_where_operations_come_from(folder: Folder) -> None:
    assert "No operations yet" in text_of(signed_in(folder).get("/operations/"))


def test_operations_of_other_folders_are_not_shown(folder: Folder) -> None:
    _queue, _ids, operation = hold(make_folder())
    client = signed_in(folder)
    assert f"/operations/{operation.pk}/" not in text_of(client.get("/operations/"))
    for address in ("", "results.csv"):
        assert client.get(f"/operations/{operation.pk}/{address}").status_code == 404
    for verb in ("cancel", "retry", "undo"):
        assert client.post(f"/operations/{operation.pk}/{verb}/").status_code == 404


def test_one_operation_shows_what_became_of_each(folder: Folder) -> None:
    _queue, ids, operation = hold(folder)
    lifecycle.work()
    OperationEntry.objects.filter(target_id=ids[0]).update(status="failed", reason="It slipped.")
    Operation.objects.filter(pk=operation.pk).update(done=2, failed=1)
    client = signed_in(folder)
    page = text_of(client.get(f"/operations/{operation.pk}/"))
    assert "stock-taking" in page
    assert all(f"#{pk}" in page for pk in ids)
    failed = text_of(client.get(f"/operations/{operation.pk}/?status=failed"))
    assert "It slipped." in failed
    assert f"entry-{ids[1]}" not in failed


def test_the_results_come_as_a_table(folder: Folder) -> None:
    _queue, ids, operation = hold(folder)
    lifecycle.work()
    OperationEntry.objects.filter(target_id=ids[0]).update(reason="=1+1")
    response = signed_in(folder).get(f"/operations/{operation.pk}/results.csv")
    assert "attachment" in response["Content-Disposition"]
    lines = text_of(response).splitlines()
    assert len(lines) == 4
    assert "'=1+1" in lines[1]


def test_results_go_on_over_pages(folder: Folder) -> None:
    queue = make_queue(folder=folder)
    ids = make_items(queue, 60)
    operation = lifecycle.start("items.hold", folder, {"queue": queue.pk}, {}, ANNA, 60, reason="x")
    lifecycle.work()
    client = signed_in(folder)
    page = text_of(client.get(f"/operations/{operation.pk}/"))
    assert f"entry-{ids[0]}" in page
    assert f"entry-{ids[59]}" not in page
    after = page.split("after=")[1].split('"')[0]
    assert f"entry-{ids[59]}" in text_of(client.get(f"/operations/{operation.pk}/?after={after}"))


def test_a_few_are_retried_at_once_and_the_list_stays_as_it_was(folder: Folder) -> None:
    queue = make_queue(folder=folder)
    ids = make_items(queue, 3)
    run = lifecycle.start("items.hold", folder, {"queue": queue.pk}, {}, ANNA, reason="x")
    lifecycle.work()
    assert run.pk
    back = f"/queues/{queue.pk}/?status=on_hold"
    client = signed_in(folder)
    data = {"kind": "items.release", "queue": queue.pk, "ids": ids[:2], "next": back}
    response = client.post("/operations/ask/", data)
    assert (response.status_code, response["Location"]) == (302, back)
    lifecycle.work()
    assert [status_of(pk) for pk in ids] == ["new", "new", "on_hold"]


def test_it_returns_to_no_other_site(folder: Folder) -> None:
    queue = make_queue(folder=folder)
    ids = make_items(queue, 1)
    data = {"kind": "items.retry", "queue": queue.pk, "ids": ids, "next": "//evil.example/"}
    response = signed_in(folder).post("/operations/ask/", data)
    assert response["Location"] == f"/queues/{queue.pk}/"


def test_many_are_asked_about_with_their_number_and_a_sample(folder: Folder) -> None:
    queue = make_queue(folder=folder)
    ids = make_items(queue, 51)
    client = signed_in(folder)
    data = {"kind": "items.hold", "queue": queue.pk, "all": "1", "ids": ids[:3], "status": "ready"}
    response = client.post("/operations/ask/", data)
    address = response["Location"]
    assert "ids=" not in address
    page = text_of(client.get(address))
    assert "Type 51 to confirm" in page
    assert page.count('href="/items/') == 5
    assert "They can" not in page

    key = page.split('name="request_key" value="')[1].split('"')[0]
    wrong = client.post(address, {"request_key": key, "reason": "x", "typed_number": "50"})
    assert wrong.status_code == 422
    assert "There are 51 now" in text_of(wrong)
    assert client.post(address, {"request_key": key, "typed_number": "51"}).status_code == 422
    assert not Operation.objects.exists()

    for _twice in range(2):
        sent = client.post(address, {"request_key": key, "reason": "x", "typed_number": "51"})
        assert sent.status_code == 302
    operation = Operation.objects.get()
    assert sent["Location"] == f"/operations/{operation.pk}/"
    assert operation.filter == {"queue": queue.pk, "status": "ready"}


def test_arguments_are_asked_for_and_checked(folder: Folder) -> None:
    queue = make_queue(folder=folder)
    make_items(queue, 2)
    client = signed_in(folder)
    query = urlencode({"kind": "items.priority", "queue": queue.pk, "all": 1})
    key = "9f8b7a1e-0000-4000-8000-000000000001"
    for value in ("", "101", "high", "-1"):
        answer = client.post(f"/operations/new/?{query}", {"request_key": key, "priority": value})
        assert answer.status_code == 422, value
    client.post(f"/operations/new/?{query}", {"request_key": key, "priority": "80"})
    assert Operation.objects.get().arguments == {"priority": 80}

    query = urlencode({"kind": "items.postpone", "queue": queue.pk, "all": 1})
    key = "9f8b7a1e-0000-4000-8000-000000000002"
    for value in ("", "2001-01-01T00:00", "soon"):
        answer = client.post(
            f"/operations/new/?{query}", {"request_key": key, "available_at": value}
        )
        assert answer.status_code == 422, value
    client.post(
        f"/operations/new/?{query}", {"request_key": key, "available_at": "2999-01-01T00:00"}
    )
    assert Operation.objects.count() == 2


def test_it_is_cancelled_taken_back_and_told(folder: Folder) -> None:
    _queue, ids, operation = hold(folder)
    client = signed_in(folder)
    base = f"/operations/{operation.pk}"
    page = text_of(client.get(f"{base}/"))
    assert "Cancel the rest" in page
    # live pieces know no request: their buttons send the page's form, which has the token
    form = page.split('<form id="act-form"')[1].split("</form>")[0]
    assert "csrfmiddlewaretoken" in form
    assert page.count(f'form="act-form" formaction="{base}/') == 1
    lifecycle.work()
    page = text_of(client.get(f"{base}/"))
    assert "Cancel the rest" not in page
    assert "Take it back" in page
    answer = client.post(f"{base}/undo/")
    lifecycle.work()
    assert [status_of(pk) for pk in ids] == ["new"] * 3
    assert f"Operation {operation.pk}" in text_of(client.get(answer["Location"]))
    assert "Take it back" not in text_of(client.get(f"{base}/"))
    for verb in ("undo", "cancel", "retry"):
        told = client.post(f"{base}/{verb}/", follow=True)
        assert told.status_code == 200
        assert "toast" in text_of(told)


@pytest.mark.parametrize("role", [Role.BUSINESS_USER, Role.AUDITOR])
def test_who_may_only_look_starts_nothing(folder: Folder, role: Role) -> None:
    queue, ids, operation = hold(folder)
    client = signed_in(folder, role)
    assert "Cancel the rest" not in text_of(client.get(f"/operations/{operation.pk}/"))
    query = f"kind=items.retry&queue={queue.pk}&all=1"
    assert client.get(f"/operations/new/?{query}").status_code == 403
    for verb in ("cancel", "retry", "undo"):
        assert client.post(f"/operations/{operation.pk}/{verb}/").status_code == 403
    client.post("/operations/ask/", {"kind": "items.release", "queue": queue.pk, "ids": ids})
    assert Operation.objects.count() == 1
    assert "items-form" not in text_of(client.get(f"/queues/{queue.pk}/"))


def test_nonsense_is_answered_plainly(folder: Folder) -> None:
    queue, _ids, operation = hold(folder)
    client = signed_in(folder)
    fine = [
        "/operations/?state=asleep&kind=nothing&after=forged",
        "/operations/?after=" + "A" * 10_000,
        f"/operations/{operation.pk}/?status=asleep&after=%00",
        f"/operations/{operation.pk}/?id=999&after=" + "%F0%9F%98%80" * 500,
        f"/operations/{operation.pk}/results.csv?status=%00",
        f"/operations/new/?kind=items.retry&queue={queue.pk}&status=asleep&q=" + "x" * 10_000,
        f"/queues/{queue.pk}/?q=" + "%F0%9F%98%80" * 500,
        f"/queues/{queue.pk}/?q=" + "x" * 10_000,
    ]
    for address in fine:
        answer = client.get(address)
        assert answer.status_code == 200, address[:80]
        assert text_of(answer)
    refused = {
        "/operations/new/": 404,
        "/operations/new/?kind=items.cancel_back": 404,
        "/operations/new/?kind=%00": 404,
        "/operations/new/?kind=items.retry": 422,
        "/operations/new/?kind=items.retry&queue=99999999": 422,
        "/operations/new/?kind=items.retry&queue=99999999999999999999999": 422,
        "/operations/new/?kind=items.retry&ids=99999999": 404,
        "/operations/99999999/": 404,
    }
    for address, status in refused.items():
        assert client.get(address).status_code == status, address
    assert client.post("/operations/ask/", {"kind": "nothing"}).status_code == 404
