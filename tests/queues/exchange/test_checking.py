"""What the rows of a file come to: values by the schema, faults by row and column."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.lib.errors import InvalidError
from apps.queues.exchange import lifecycle
from apps.queues.exchange.columns import match
from apps.queues.exchange.lifecycle import Mode
from apps.queues.exchange.rows import Builder
from apps.queues.exchange.settings import Settings
from apps.queues.lifecycle import hold_item
from apps.queues.models import Upload, WorkItem, WorkQueue
from tests.factories_queues import ANNA, make_items, make_queue
from tests.queues.exchange.books import book
from tests.queues.exchange.uploads import SCHEMA, faults, make_upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def queue() -> WorkQueue:
    return make_queue(payload_schema=SCHEMA)


def built(upload: Upload) -> list[Any]:
    builder = Builder.of(upload)
    return [builder.build(row.cells).new for row in upload.rows.order_by("number")]


def test_columns_are_known_by_their_names_however_these_are_written(queue: WorkQueue) -> None:
    header = [
        "Reference",
        "INVOICE NUMBER",
        "total",
        "to.city",
        "Country",
        "Not before",
        "else",
        "",
    ]

    assert match(queue, header) == [
        "reference", "payload.invoice", "payload.total", "payload.to.city", "payload.to.country",
        "available_at", None, None,
    ]  # fmt: skip
    # the second of two that mean the same is left out, not taken over the first
    assert match(queue, ["invoice", "Invoice number"]) == ["payload.invoice", None]
    assert match(make_queue(), ["reference", "Anything", "item_number"]) == [
        "reference", "as:Anything", None,
    ]  # fmt: skip


def test_texts_become_what_the_schema_asks_for(queue: WorkQueue) -> None:
    upload = make_upload(
        queue,
        "reference;invoice;total;due;urgent;city;country;tags;priority;due_at\n"
        "R-1;0012;1.234,50;31.12.2026;ja;Ulm;de;a; 90;31.12.2026 17:00\n".replace(
            "a; 90", '"a; b";90'
        )
        + "R-2;x;-0,5;2026-01-02;0;;FR;;;\n",
        zone="Europe/Berlin",
    )

    first, second = built(upload)

    assert first.payload == {
        "invoice": "0012", "total": 1234.5, "due": "2026-12-31", "urgent": True,
        "to": {"city": "Ulm", "country": "DE"}, "tags": ["a", "b"],
    }  # fmt: skip
    assert first.due_at == datetime(2026, 12, 31, 17, tzinfo=ZoneInfo("Europe/Berlin"))
    assert (first.reference, first.priority) == ("R-1", 90)
    assert second.payload["urgent"] is False
    assert faults(upload) == {3: [(2, "must be at least 0, got -0.5")]}
    assert (upload.n_rows, upload.n_new, upload.n_faulty) == (2, 1, 1)


def test_cells_of_a_workbook_become_the_same(queue: WorkQueue) -> None:
    rows = [
        ["reference", "invoice", "total", "due", "urgent"],
        [17, 4711, 12.5, date(2026, 12, 31), True],
    ]
    (new,) = built(make_upload(queue, book(rows), name="a.xlsx"))

    assert new.reference == "17"
    assert new.payload == {"invoice": "4711", "total": 12.5, "due": "2026-12-31", "urgent": True}


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("total", "much", "must be a number, as in 1234.50"),
        ("total", "1,5", "must be a number"),
        ("total", "9" * 50, "too large"),
        ("total", "nan", "must be a number"),
        ("due", "31.02.2026", "must be a date"),
        ("due", "2026-12-31 10:00", "without a time"),
        ("urgent", "perhaps", "yes or no"),
        ("country", "XX", "one of DE, FR"),
        ("tags", "[1", "must be JSON"),
        ("priority", "101", "from 0 to 100"),
        ("priority", "1.5", "whole number"),
        ("due_at", "soon", "must be a date"),
        ("due_at", "0001-01-01", "will come"),
        ("reference", "x" * 201, "longer than 200"),
    ],
)
def test_each_fault_is_told_with_its_row_and_its_column(queue, column, cell, why) -> None:
    values = {"invoice": "I-1", "total": "1", column: f'"{cell}"'}
    upload = make_upload(queue, f"{','.join(values)}\n{','.join(values.values())}\n", decimal=".")

    (found,) = faults(upload)[2]

    assert (list(values)[found[0]], why in found[1]) == (column, True), found  # type: ignore[index]
    assert not WorkItem.objects.exists()


def test_what_a_spreadsheet_could_not_work_out_is_a_fault_of_its_cell(queue: WorkQueue) -> None:
    rows = [["invoice", "total"], ["I-1", "=1/0"], ["I-2", 2]]
    upload = make_upload(queue, book(rows), name="a.xlsx")

    ((column, message),) = faults(upload)[2]

    assert (column, "formula without a value" in message) == (1, True)
    assert upload.n_new == 1


def test_a_value_without_a_named_column_is_a_fault_and_a_missing_column_one_of_each_row(queue):
    assert "Column C" in faults(make_upload(queue, "invoice,total\nI-1,1,more\n"))[2][0][1]
    assert faults(make_upload(queue, "invoice\nI-1\n")) == {2: [(None, "total: is missing")]}


def test_the_example_of_a_template_is_no_item(queue: WorkQueue) -> None:
    from apps.queues.exchange.templates import template_pieces

    raw = b"".join(template_pieces(queue, "csv")) + b"R-1,,,,,I-1,5\r\n"
    for content in (raw, b"".join(template_pieces(queue, "xlsx"))):
        upload = make_upload(queue, content)
        assert faults(upload) == {2: [(None, "This is the example of the template.")]}
    assert make_upload(queue, raw).n_new == 1


def test_references_that_are_known_or_stand_twice_are_told(queue: WorkQueue) -> None:
    queue.unique_reference = "reject"
    queue.save()
    (known,) = make_items(queue, 1, reference="R-1", payload={"invoice": "x", "total": 1})

    upload = make_upload(queue, "reference,invoice,total\nR-1,a,1\nR-2,b,1\nR-2,c,1\n,d,1\n,e,1\n")

    assert faults(upload) == {
        2: [(0, f"belongs to item {known} already")], 4: [(0, "stands in row 3, too")],
    }  # fmt: skip
    queue.unique_reference = "ignore"
    queue.save()
    again = make_upload(queue, "reference,invoice,total\nR-1,a,1\nR-2,b,1\nR-2,c,1\n")
    assert (again.n_new, again.n_known, again.n_faulty) == (1, 2, 0)


def test_an_update_is_checked_as_it_comes_out_and_only_for_what_waits(queue: WorkQueue) -> None:
    queue.unique_reference = "update"
    queue.save()
    whole = {"invoice": "x", "total": 1, "iban": "DE02"}
    make_items(queue, 1, reference="R-1", payload=whole)
    (held,) = make_items(queue, 1, reference="R-2", payload=whole)
    hold_item(held, by=ANNA, reason="wait")

    upload = make_upload(
        queue, "reference,total,iban\nR-1,5,•••\nR-2,5,\nR-3,5,\nR-1,6,\nR-4,5,•••\n"
    )

    assert (upload.n_updates, upload.n_faulty) == (1, 4)
    found = faults(upload)
    assert f"belongs to item {held}" in found[3][0][1]
    assert found[4] == [(None, "invoice: is missing")]
    assert found[5] == [(0, "stands in row 2, too")]
    assert (2, "is the mask of hidden data, not a value") in found[6]


def test_another_mapping_reads_the_file_anew(queue: WorkQueue) -> None:
    upload = make_upload(queue, "Nr,Amount,extra\nI-1,12.5,x\n")
    assert (upload.n_faulty, upload.mapping) == (1, [None, None, None])

    lifecycle.remap(
        upload, mapping=["payload.invoice", "payload.total", "as:extra"], settings=Settings()
    )

    upload.refresh_from_db()
    assert (upload.status, upload.n_new) == ("ready", 1)
    assert built(upload)[0].payload == {"invoice": "I-1", "total": 12.5, "extra": "x"}
    lifecycle.remap(upload, mapping=None, settings=Settings(decimal=","))
    assert upload.n_faulty == 1


@pytest.mark.parametrize(
    "mapping",
    [
        ["payload.invoice"], ["payload.invoice", "payload.invoice"], ["payload.nothing", None],
        ["as:other", None], ["as:to", None], [7, None], ["x" * 9999, None],
    ],
)  # fmt: skip
def test_a_mapping_that_makes_no_sense_is_refused(queue: WorkQueue, mapping: Any) -> None:
    upload = make_upload(queue, "a,to\n1,2\n")

    with pytest.raises(InvalidError) as refused:
        lifecycle.remap(upload, mapping=mapping, settings=Settings())

    assert refused.value.fields[0].path == "mapping"
    upload.refresh_from_db()
    assert upload.status == "ready"


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"decimal": "x"}, {"days": "ymd"}):
        with pytest.raises(InvalidError):
            Settings(**wrong)
    assert make_upload(make_queue(), "a\n1\n", zone="Nowhere/Else").status == "ready"


def test_all_or_nothing_is_for_files_without_faults(queue: WorkQueue) -> None:
    upload = make_upload(queue, "invoice,total\nI-1,1\nI-2,x\n")
    with pytest.raises(InvalidError, match="faulty"):
        lifecycle.confirm(upload, mode=Mode.ALL, by=ANNA)
    with pytest.raises(InvalidError, match="one of"):
        lifecycle.confirm(upload, mode="some", by=ANNA)
    with pytest.raises(InvalidError, match="None of the rows"):
        lifecycle.confirm(make_upload(queue, "x\n1\n"), mode=Mode.GOOD, by=ANNA)
    assert not WorkItem.objects.exists()
