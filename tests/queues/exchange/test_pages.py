"""The pages of uploads, as people and strangers ask for them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Folder
from apps.operations import lifecycle as operations
from apps.queues.models import Upload, WorkItem, WorkQueue
from tests.factories_queues import make_queue
from tests.queues.exchange.uploads import SCHEMA, make_upload

pytestmark = pytest.mark.django_db

CONTENT = "reference,invoice,amount,iban\nR-1,I-1,10,DE02\nR-2,,x,DE03\n"


@pytest.fixture
def queue(folder: Folder, settings: Any, tmp_path: Any) -> WorkQueue:
    settings.MEDIA_ROOT = tmp_path
    return make_queue("invoices", folder=folder, payload_schema=SCHEMA)


def send(client: Client, queue: WorkQueue, content: str | bytes = CONTENT) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("../März.csv", raw, "text/csv")
    return client.post(reverse("queues:upload_new", args=[queue.pk]), {"file": file}, follow=True)


def do(client: Client, upload: Upload, verb: str, **data: Any) -> Any:
    address = reverse(f"queues:upload_{verb}", args=[upload.queue_id, upload.pk])
    return client.post(address, data, follow=True)


def test_from_the_file_to_the_items(queue: WorkQueue, supervisor_client: Client) -> None:
    page = send(supervisor_client, queue).content.decode()

    upload = Upload.objects.get()
    assert (upload.name, upload.n_rows, upload.n_faulty) == ("März.csv", 2, 2)
    assert "Some columns are left out" in page
    assert "Choose a column for: Total" in page
    assert "DE02" not in page
    assert "None of the rows can be added" in page

    choice = {"column-0": "reference", "column-1": "payload.invoice", "column-2": "payload.total"}
    page = do(supervisor_client, upload, "columns", **choice, **{"column-3": "payload.iban"})
    text = page.content.decode()
    assert "1 row can be added" in text
    assert "must be a number" in text
    assert text.count('class="cell-act"') == 2

    page = do(supervisor_client, upload, "confirm", mode="good")
    assert "The rows are being added" in page.content.decode()
    operations.work()
    page = supervisor_client.get(reverse("queues:upload", args=[queue.pk, upload.pk]))
    assert "Added, but for the faulty rows" in page.content.decode()
    assert WorkItem.objects.get().payload == {"invoice": "I-1", "total": 10, "iban": "DE02"}

    again = do(supervisor_client, upload, "confirm", mode="good")
    assert "This upload is “Confirmed” now." in again.content.decode()


def test_faulty_rows_go_out_with_the_reason_and_come_back_mended(
    queue, supervisor_client, designer_client
) -> None:
    send(supervisor_client, queue, CONTENT.replace("amount", "total"))
    upload = Upload.objects.get()
    address = reverse("queues:upload_faulty", args=[queue.pk, upload.pk])

    own = b"".join(supervisor_client.get(address).streaming_content).decode("utf-8-sig")
    others = b"".join(designer_client.get(address).streaming_content).decode("utf-8-sig")

    head, row = own.splitlines()
    assert head == "upload_row,upload_problem,reference,invoice,total,iban"
    assert row.startswith('3,"total: must be a number, as in 1234.50; invoice: is missing",R-2,')
    assert (own.count("DE03"), others.count("DE03"), others.count("•••")) == (1, 0, 1)
    mended = own.replace(",R-2,,x,", ",R-2,I-2,5,")
    send(supervisor_client, queue, mended)
    assert Upload.objects.latest("pk").n_new == 1


def test_a_file_that_can_not_be_used_says_so_where_it_was_chosen_or_on_its_page(
    queue, supervisor_client
) -> None:
    empty = send(supervisor_client, queue, b"")
    assert (empty.status_code, b"The file is empty" in empty.content) == (422, True)
    nothing = supervisor_client.post(reverse("queues:upload_new", args=[queue.pk]), {})
    assert nothing.status_code == 422
    page = send(supervisor_client, queue, b"\x89PNG\x00")
    assert b"no table that can be read" in page.content
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {}, {"mode": "x" * 10_000}, {"mode": "all"}, {"decimal": "x"}, {"sheet": "other"},
        {"column-0": "payload.nothing"}, {"column-0": "\x00"}, {"column-7": "reference"},
        {"column-0": "reference", "column-1": "reference"},
    ],
)  # fmt: skip
def test_nonsense_is_answered_in_words(queue, supervisor_client, data: dict[str, str]) -> None:
    send(supervisor_client, queue)
    upload = Upload.objects.get()
    for verb in ("columns", "confirm"):
        assert do(supervisor_client, upload, verb, **data).status_code == 200
    assert not WorkItem.objects.exists()


def test_discarding_goes_back_to_the_queue(queue, supervisor_client) -> None:
    send(supervisor_client, queue)
    upload = Upload.objects.get()
    page = do(supervisor_client, upload, "discard")
    assert page.redirect_chain[-1][0] == reverse("queues:queue_detail", args=[queue.pk])
    page = supervisor_client.get(reverse("queues:upload", args=[queue.pk, upload.pk]))
    assert b"Discarded: nothing was added" in page.content
    assert (
        b"is \xe2\x80\x9cDiscarded\xe2\x80\x9d now"
        in do(supervisor_client, upload, "discard").content
    )


def test_only_who_may_operate_the_queue_sees_uploads(queue, client_of, auditor, business_user):
    upload = make_upload(queue)
    addresses = [
        reverse("queues:upload_new", args=[queue.pk]),
        reverse("queues:upload", args=[queue.pk, upload.pk]),
        reverse("queues:upload_faulty", args=[queue.pk, upload.pk]),
    ]
    for person in (auditor, business_user):
        assert [client_of(person).get(each).status_code for each in addresses] == [403] * 3
        page = client_of(person).get(reverse("queues:queue_detail", args=[queue.pk]))
        assert b"Upload items" not in page.content.split(b"<main")[1].split(b"No items yet")[0]
    stranger = make_queue()
    elsewhere = reverse("queues:upload", args=[stranger.pk, upload.pk])
    assert client_of(business_user).get(elsewhere).status_code == 404


def test_the_queue_page_offers_upload_and_download_of_what_it_shows(queue, supervisor_client):
    from tests.factories_queues import make_items

    make_items(queue, 2, payload={"invoice": "I-1", "total": 1})
    address = reverse("queues:queue_detail", args=[queue.pk])
    page = supervisor_client.get(f"{address}?status=ready&q=").content.decode()
    assert reverse("queues:upload_new", args=[queue.pk]) in page
    assert reverse("queues:items_download", args=[queue.pk, "xlsx"]) + "?status=ready" in page
