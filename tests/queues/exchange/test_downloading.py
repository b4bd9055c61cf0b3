"""Lists as tables: all that fits, safe to open, and back in again as they went out."""

import asyncio
import csv
from datetime import datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse
from openpyxl import load_workbook

from apps.accounts.models import Folder, User
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.tables import Sheet, csv_pieces, table_pieces, xlsx_files, xlsx_pieces
from apps.queues.exchange import exporting
from apps.queues.lifecycle import NewItem, Result, add_items, finish_items, lease_items
from apps.queues.models import WorkItem, WorkQueue
from tests.factories_queues import ANNA, make_items, make_queue
from tests.queues.exchange.uploads import SCHEMA, confirmed, make_upload

pytestmark = pytest.mark.django_db

ANY_TOTAL = {
    **SCHEMA,
    "properties": {**SCHEMA["properties"], "total": {"type": "number", "x-order": 2}},
}
WHOLE = {"invoice": "I-1", "total": 1}
NASTY = ["=1+1", "+1", "-1", "@x", "\tx", "plain", 'quo"te', "a;b\nc"]


@pytest.fixture
def queue(folder: Folder, settings: Any, tmp_path: Any) -> WorkQueue:
    settings.MEDIA_ROOT = tmp_path
    return make_queue("invoices", folder=folder, payload_schema=ANY_TOTAL)


def table(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline="")))


def take(client: Client, queue: WorkQueue, kind: str = "csv", query: str = "") -> Any:
    return client.get(reverse("queues:items_download", args=[queue.pk, kind]) + query)


def fill(queue: WorkQueue, **more: Any) -> list[int]:
    payload = {"invoice": "I-1", "total": 12.5, "iban": "DE02", "to": {"city": "Ulm"}, **more}
    return make_items(queue, 1, reference="R-1", payload=payload)


def test_the_list_goes_out_with_a_column_for_each_value_and_dots_for_what_is_personal(
    queue: WorkQueue, supervisor_client: Client
) -> None:
    (pk,) = fill(queue, tags=["a", "b"], due="2026-12-31")

    answer = take(supervisor_client, queue)

    assert answer["Content-Disposition"].startswith('attachment; filename="invoices-')
    head, row = table(answer)
    found = dict(zip(head, row, strict=True))
    assert (found["item_number"], found["item_status"], found["reference"]) == (
        str(pk),
        "new",
        "R-1",
    )
    assert (found["total"], found["iban"], found["to.city"], found["tags"]) == (
        "12.5", "•••", "Ulm", "a; b",
    )  # fmt: skip
    assert found["item_other_data"] == '{"n": 0}'
    assert datetime.fromisoformat(found["item_entered_at"]).utcoffset() is not None


def test_that_somebody_took_a_list_is_written_down(queue, supervisor_client, supervisor) -> None:
    fill(queue)
    take(supervisor_client, queue, "xlsx", "?status=ready&q=R")

    event = Event.objects.get(kind="queue.items_downloaded")

    assert (event.subject_id, event.actor_id) == (queue.pk, supervisor.pk)
    assert event.data == {"format": "xlsx", "about": "Invoices · Waiting · “R”"}
    assert "xlsx" in sentence_of(event)


def test_the_filter_counts_and_all_pages_come(queue, supervisor_client, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 2)
    ids = make_items(queue, 7, payload=WHOLE)
    (leased,) = lease_items(queue.pk, n=1, bot="b")
    finish_items([Result(leased.id, leased.token, "business_exception", message="=No such")])

    everything = table(take(supervisor_client, queue, query="?before=3&status=nonsense"))
    parked = table(take(supervisor_client, queue, query="?status=needs_decision"))

    assert [int(row[0]) for row in everything[1:]] == sorted(ids, reverse=True)
    assert [row[0] for row in parked[1:]] == [str(leased.id)]
    assert parked[1][parked[0].index("item_last_problem")] == "'=No such"


def test_nothing_that_people_typed_is_a_formula(queue: WorkQueue, supervisor_client) -> None:
    news = [NewItem({"invoice": text, "total": -5}, text) for text in NASTY]
    add_items(queue, news, origin="api", by=ANNA, all_or_nothing=True)

    rows = table(take(supervisor_client, queue))
    raw = b"".join(take(supervisor_client, queue, "xlsx").streaming_content)
    cells = list(load_workbook(BytesIO(raw)).active.iter_rows(min_row=2))  # type: ignore[union-attr]

    invoice, total = rows[0].index("invoice"), rows[0].index("total")
    assert not [row for row in rows[1:] if row[invoice].startswith(("=", "+", "-", "@", "\t"))]
    assert {row[total] for row in rows[1:]} == {"-5"}
    assert {cell.data_type for row in cells for cell in row} <= {"s", "n", "d"}
    quoted = {str(row[invoice].value): row[invoice].quotePrefix for row in cells}
    assert [text for text in NASTY if quoted[text]] == NASTY[:5]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_went_out_comes_back_in_as_the_same(queue, supervisor_client, kind: str) -> None:
    whole = {
        "invoice": "=0012", "total": -1234.5, "due": "2026-12-31", "urgent": True,
        "to": {"city": "Köln; Ost", "country": "DE"}, "tags": ["a", "b"],
    }  # fmt: skip
    first = NewItem(whole, "0017", priority=70)
    add_items(queue, [first], origin="api", by=ANNA, all_or_nothing=True)
    raw = b"".join(take(supervisor_client, queue, kind).streaming_content)
    other = make_queue(folder=queue.folder, payload_schema=ANY_TOTAL)

    operation = confirmed(make_upload(other, raw, name=f"back.{kind}"))

    assert operation.done == 1
    item = WorkItem.objects.get(queue=other)
    assert (item.payload, item.reference, item.priority) == (whole, "0017", 70)


def test_without_a_schema_the_names_in_the_data_are_the_columns(folder, supervisor_client) -> None:
    queue = make_queue(folder=folder)
    make_items(queue, 1, payload={"a": {"b": 1}, "c": None})
    head, row = table(take(supervisor_client, queue))
    assert dict(zip(head, row, strict=True))["a"] == '{"b": 1}'
    assert "c" in head
    assert table(take(supervisor_client, make_queue(folder=folder)))[1:] == []


def test_kinds_and_queues_that_are_not_there_are_not_found(queue, supervisor_client) -> None:
    assert take(supervisor_client, queue, "pdf").status_code == 404
    elsewhere = make_queue()
    assert take(supervisor_client, elsewhere).status_code == 404
    assert not Event.objects.filter(kind="queue.items_downloaded").exists()
    template = reverse("queues:upload_template", args=[queue.pk, "exe"])
    assert supervisor_client.get(template).status_code == 404


def test_a_workbook_holds_what_it_can_and_says_when_there_is_more(
    queue, supervisor_client, monkeypatch
) -> None:
    monkeypatch.setattr(exporting, "MAX_ROWS", 3)
    make_items(queue, 3, payload=WHOLE)
    refused = take(supervisor_client, queue, "xlsx")
    assert (refused.status_code, b"Take CSV" in refused.content) == (422, True)
    assert take(supervisor_client, queue).status_code == 200


def test_templates_have_the_columns_of_the_schema_and_say_what_they_mean(
    queue, supervisor_client
) -> None:
    address = reverse("queues:upload_template", args=[queue.pk, "xlsx"])
    raw = b"".join(supervisor_client.get(address).streaming_content)

    book = load_workbook(BytesIO(raw))

    heads = [cell.value for cell in next(book.worksheets[0].iter_rows())]
    assert heads[:7] == [
        "reference", "priority", "due_at", "available_at", "expires_at", "invoice", "total",
    ]  # fmt: skip
    meant = {row[0]: row[1:4] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert meant["invoice"] == ("Invoice number", "yes", "text")
    assert meant["to.country"][2] == "one of: DE, FR"


# --- tables as such


def test_pieces_are_made_one_by_one() -> None:
    made = []

    def rows() -> Any:
        for n in range(5_000):
            made.append(n)
            yield [n, "text"]

    for kind in ("csv", "xlsx"):
        made.clear()
        pieces = table_pieces(kind, rows(), title="x")
        assert len(next(pieces)) > 0
        assert len(made) < 5_000, kind
        raw = b"".join([b"", *pieces])
        assert len(made) == 5_000
        assert raw


def test_a_workbook_keeps_what_cells_can_hold_and_drops_what_xml_cannot(monkeypatch) -> None:
    rows = [["a"], ["\x00\x0b<&>"], [10**17], [float("inf")], ["x" * 40_000], [True], [None]]
    raw = b"".join(xlsx_pieces([Sheet("a/b:[c]" * 9, rows), Sheet("", [])]))

    book = load_workbook(BytesIO(raw))

    values = [row[0] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert values[1:4] == ["<&>", "1" + "0" * 17, "inf"]
    assert (len(str(values[4])), values[5]) == (32_767, True)
    assert len(book.sheetnames[0]) <= 31
    monkeypatch.setattr(xlsx_files, "MAX_ROWS", 2)
    cut = b"".join(xlsx_pieces([Sheet("x", [["a"], ["b"], ["c"]])]))
    assert load_workbook(BytesIO(cut)).active.max_row == 2  # type: ignore[union-attr]


def test_decimals_keep_their_digits_and_no_two_sheets_have_the_same_name() -> None:
    rows = [["n"], [Decimal("-1.50")], [Decimal("1E+3")], [Decimal("2.125")]]

    book = load_workbook(BytesIO(b"".join(xlsx_pieces([Sheet("Sums", rows), Sheet("sums", [])]))))

    assert book.sheetnames == ["Sums", "sums 2"]
    found = [(cell.value, cell.number_format) for (cell,) in book["Sums"].iter_rows(min_row=2)]
    assert found == [(-1.5, "#,##0.00"), (1000, "#,##0"), (2.125, "#,##0.00")]
    assert b"".join(csv_pieces(rows)).decode("utf-8-sig").split() == ["n", "-1.50", "1000", "2.125"]


def test_csv_says_that_it_is_utf_8_once() -> None:
    raw = b"".join(csv_pieces([[n, "ü"] for n in range(1_200)]))
    assert (raw[:3], raw.count(b"\xef\xbb\xbf")) == (b"\xef\xbb\xbf", 1)


def test_files_speak_the_language_and_have_the_time_zone_of_who_takes_them(
    queue: WorkQueue, supervisor_client: Client, supervisor: User
) -> None:
    fill(queue)
    supervisor.time_zone, supervisor.language = "Asia/Tokyo", "de"
    supervisor.save()

    header, row = table(take(supervisor_client, queue))
    template = supervisor_client.get(
        reverse("queues:upload_template", args=[queue.pk, "xlsx"])
    ).streaming_content

    assert row[header.index("item_entered_at")].endswith("+09:00")
    assert load_workbook(BytesIO(b"".join(template)))["Spalten"]["A1"].value == "Spalte"


@pytest.mark.django_db(transaction=True)
def test_on_an_event_loop_the_list_streams_as_well(queue, supervisor) -> None:
    make_items(queue, 1_100, payload=WHOLE)

    async def read() -> bytes:
        client = AsyncClient()
        await client.aforce_login(supervisor, backend="django.contrib.auth.backends.ModelBackend")
        answer = await client.get(
            reverse("queues:items_download", args=[queue.pk, "csv"]),
            headers={"accept-encoding": "gzip"},
        )
        # one gzip for each piece would end with the first in a browser
        assert (answer.is_async, answer.get("Content-Encoding")) == (True, None)
        return b"".join([piece async for piece in answer.streaming_content])

    assert asyncio.run(read()).count(b"\r\n") == 1_101
