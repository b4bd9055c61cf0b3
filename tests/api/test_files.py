"""Files of an item: up and down, as attachments, within the limit."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Folder
from apps.events.models import Event
from apps.queues.lifecycle import NewItem, add_item
from apps.queues.models import ItemFile, WorkItem, WorkQueue
from tests.api.conftest import BASE, Program, calling
from tests.api.loops import run_apart
from tests.factories import make_folder, make_person


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def item(folder: Folder) -> WorkItem:
    return make_item(folder)


def make_item(folder: Folder) -> WorkItem:
    queue = WorkQueue.objects.create(folder=folder, key="invoices", title="Invoices")
    return add_item(queue, NewItem({}), origin="api", by=make_person(role=None).actor)


def upload(program: Program, item: WorkItem, content: bytes, name: str = "a.xml") -> Any:
    return program.upload(f"/items/{item.pk}/files", content, name)


@pytest.mark.django_db
def test_a_file_comes_back_as_it_went_in_and_harmless(api: Program, item: WorkItem):
    made = upload(api, item, b"<invoice/>")

    assert made.status_code == 201
    assert (made.json()["name"], made.json()["size"]) == ("a.xml", 10)
    answer = api.get(f"/items/{item.pk}/files/{made.json()['id']}")
    assert answer.getvalue() == b"<invoice/>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.xml"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [each["id"] for each in api.get(f"/items/{item.pk}").json()["files"]] == [
        made.json()["id"]
    ]
    assert Event.objects.filter(kind="work_item.file_added").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_large_file_streams_on_the_event_loop(api: Program, item: WorkItem):
    content = bytes(range(256)) * 4_000
    file_id = upload(api, item, content, "größe.bin").json()["id"]

    async def fetch() -> Any:
        async with calling(api) as client:
            return await client.get(f"/items/{item.pk}/files/{file_id}")

    answer = run_apart(fetch())

    assert answer.content == content
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "gr%C3%B6%C3%9Fe.bin" in answer.headers["Content-Disposition"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\a.xml", "a\x00b.xml", "x" * 300])
def test_a_name_is_only_a_name(api: Program, item: WorkItem, name: str):
    answer = upload(api, item, b"x", name)

    assert answer.status_code in {201, 400, 422}
    for kept in ItemFile.objects.all():
        assert "/" not in kept.name
        assert "\\" not in kept.name
        assert len(kept.name) <= 255
        assert ".." not in kept.file.name


@pytest.mark.django_db
def test_a_file_beyond_the_limit_is_refused(api: Program, item: WorkItem, settings: Any):
    settings.MAX_FILE_BYTES = 10

    answer = upload(api, item, b"x" * 11)

    assert answer.status_code == 413
    assert not ItemFile.objects.exists()


@pytest.mark.django_db
def test_an_upload_without_a_file_names_the_field(api: Program, item: WorkItem):
    answer = Client().post(
        f"{BASE}/items/{item.pk}/files",
        {"document": "x"},
        headers={"authorization": f"Bearer {api.token}"},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "file"
    assert upload(api, item, b"").status_code == 422


@pytest.mark.django_db
def test_files_are_found_under_their_own_item_only(api: Program, item: WorkItem, folder: Folder):
    file_id = upload(api, item, b"x").json()["id"]
    other = add_item(item.queue, NewItem({}), origin="api", by=make_person(role=None).actor)
    theirs = make_item(make_folder())

    assert api.get(f"/items/{other.pk}/files/{file_id}").status_code == 404
    assert api.get(f"/items/{theirs.pk}/files/{file_id}").status_code == 404
    assert upload(api, theirs, b"x").status_code == 404
