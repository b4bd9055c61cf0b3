"""What runs say: bounded, storable, in order."""

from datetime import timedelta

import pytest
from django.db import DataError, connection, transaction
from django.db.models.functions import Now

from apps.bots.logs import BURST_LINES, MAX_MESSAGE, Line, LogBuffer, append_log
from apps.bots.models import LogLine
from apps.bots.upkeep import make_partitions, prune_logs

pytestmark = pytest.mark.django_db


def test_lines_are_stored_in_order_with_item_and_attempt() -> None:
    append_log(5, [Line("one", item_id=7, attempt=2), Line("two", "error", seconds_ago=10)])

    lines = list(LogLine.objects.filter(run_id=5).order_by("id"))
    assert [(line.message, line.level) for line in lines] == [("one", "info"), ("two", "error")]
    assert (lines[0].item_id, lines[0].attempt) == (7, 2)
    assert lines[0].at - lines[1].at > timedelta(seconds=9)


@pytest.mark.parametrize("text", ["nul \x00 in it", "half \ud800 a pair"])
def test_text_that_postgresql_refuses_is_made_storable(text: str) -> None:
    append_log(5, [Line(text)])

    assert LogLine.objects.get(run_id=5).message.startswith(text[:4])


def test_a_long_line_is_cut_and_says_so() -> None:
    append_log(5, [Line("x" * (MAX_MESSAGE + 12))])

    message = LogLine.objects.get(run_id=5).message
    assert message.endswith("(12 more characters cut off)")


def test_too_many_lines_are_counted_instead_of_stored() -> None:
    buffer = LogBuffer(5)
    for number in range(BURST_LINES + 300):
        buffer.add(Line(str(number)))
    buffer.flush()

    lines = list(LogLine.objects.filter(run_id=5).order_by("id"))
    assert BURST_LINES <= len(lines) < BURST_LINES + 300
    assert "lines left out" in lines[-1].message
    assert lines[-1].level == "warning"


def test_lines_that_could_not_be_written_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = LogBuffer(5)
    buffer.add(Line("patience"))
    with monkeypatch.context() as broken:
        broken.setattr("apps.bots.logs.INSERT", "select 1/0")
        with pytest.raises(DataError), transaction.atomic():
            buffer.flush()
    buffer.flush()

    assert LogLine.objects.get(run_id=5).message == "patience"


def test_old_months_of_lines_are_dropped_whole() -> None:
    # given a month of long ago with a line
    with connection.cursor() as cursor:
        cursor.execute(
            "create table bots_logline_2020_01 partition of bots_logline"
            " for values from ('2020-01-01') to ('2020-02-01')"
        )
        cursor.execute(
            "insert into bots_logline (at, run_id, level, message)"
            " values ('2020-01-05', 6, 'info', 'old')"
        )
    LogLine.objects.create(run_id=6, message="new", at=Now())

    # when
    assert prune_logs() == ["bots_logline_2020_01"]

    # then
    assert [line.message for line in LogLine.objects.filter(run_id=6)] == ["new"]
    assert make_partitions() == []
