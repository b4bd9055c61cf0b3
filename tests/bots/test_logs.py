"""What runs say: bounded, storable, in order."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from apps.bots import logs
from apps.bots.logs import (
    BURST_LINES,
    MAX_HELD_LINES,
    MAX_MESSAGE,
    Line,
    LogBuffer,
    Speaker,
    append_log,
)
from apps.bots.models import LogLine
from apps.bots.upkeep import make_partitions
from apps.retention.upkeep import keep_to_policies

pytestmark = pytest.mark.django_db

FIVE = Speaker(folder_id=1, run_id=5)


def test_lines_are_stored_in_order_with_item_and_attempt() -> None:
    append_log(FIVE, [Line("one", item_id=7, attempt=2), Line("two", "error", seconds_ago=10)])

    lines = list(LogLine.objects.filter(run_id=5).order_by("id"))
    assert [(line.message, line.level) for line in lines] == [("one", "info"), ("two", "error")]
    assert (lines[0].item_id, lines[0].attempt) == (7, 2)
    assert lines[0].at - lines[1].at > timedelta(seconds=9)


@pytest.mark.parametrize("text", ["nul \x00 in it", "half \ud800 a pair"])
def test_text_that_postgresql_refuses_is_made_storable(text: str) -> None:
    append_log(FIVE, [Line(text)])

    assert LogLine.objects.get(run_id=5).message.startswith(text[:4])


def test_a_long_line_is_cut_and_says_so() -> None:
    append_log(FIVE, [Line("x" * (MAX_MESSAGE + 12))])

    message = LogLine.objects.get(run_id=5).message
    assert message.endswith("(12 more characters cut off)")


def test_too_many_lines_are_counted_instead_of_stored() -> None:
    buffer = LogBuffer(FIVE)
    for number in range(BURST_LINES + 300):
        buffer.add(Line(str(number)))
    buffer.flush()

    lines = list(LogLine.objects.filter(run_id=5).order_by("id"))
    assert BURST_LINES <= len(lines) < BURST_LINES + 300
    assert "lines left out" in lines[-1].message
    assert lines[-1].level == "warning"


AWAY = "do $$ begin raise 'away' using errcode = 'admin_shutdown'; end $$"


def test_lines_that_could_not_be_written_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = LogBuffer(FIVE)
    buffer.add(Line("patience"))
    with monkeypatch.context() as broken:
        broken.setattr("apps.bots.logs.INSERT", AWAY)
        with pytest.raises(OperationalError), transaction.atomic():
            buffer.flush()
    buffer.flush()

    assert LogLine.objects.get(run_id=5).message == "patience"


@pytest.mark.django_db(transaction=True)
def test_lines_that_can_not_be_stored_at_all_do_not_stand_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buffer = LogBuffer(FIVE)
    buffer.add(Line("poison"))
    with monkeypatch.context() as broken:
        broken.setattr("apps.bots.logs.INSERT", "select 1/0")
        buffer.flush()
    buffer.add(Line("what comes after"))
    buffer.flush()

    assert LogLine.objects.get(run_id=5).message == "what comes after"


class Unreadable:
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("said", "level", "stored"),
    [
        (KeyError("amount"), "info", ("'amount'", "info")),
        (None, "info", ("None", "info")),
        (Unreadable(), "info", ("<Unreadable>", "info")),
        ("x", "information", ("x", "info")),
        ("x", ["error"], ("x", "info")),
    ],
)
def test_whatever_an_automation_says_is_stored_as_text(
    said: Any, level: Any, stored: tuple[str, str]
) -> None:
    buffer = LogBuffer(FIVE)
    buffer.add(Line(said, level))
    buffer.flush()

    line = LogLine.objects.get(run_id=5)
    assert (line.message, line.level) == stored


def test_what_waits_to_be_written_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # given long lines, and so slowly that none is too much for its second
    monkeypatch.setattr(logs, "LINES_PER_SECOND", 1_000_000_000)
    buffer = LogBuffer(FIVE)

    # when nobody takes them
    for number in range(MAX_HELD_LINES + 100):
        buffer.add(Line(f"{number} " + "x" * 2 * MAX_MESSAGE))

    # then
    assert len(buffer._lines) == MAX_HELD_LINES
    assert max(len(line.message) for _at, line in buffer._lines) < MAX_MESSAGE + 100
    buffer.flush()
    last = LogLine.objects.filter(run_id=5).order_by("id").last()
    assert last
    assert last.message.startswith("100 lines left out")


def test_old_months_of_lines_are_dropped_whole() -> None:
    # given a month of long ago with a line
    with connection.cursor() as cursor:
        cursor.execute(
            "create table bots_logline_2020_01 partition of bots_logline"
            " for values from ('2020-01-01') to ('2020-02-01')"
        )
        cursor.execute(
            "insert into bots_logline (at, folder_id, run_id, level, message)"
            " values ('2020-01-05', 1, 6, 'info', 'old')"
        )
    LogLine.objects.create(folder_id=1, run_id=6, message="new", at=Now())

    # when
    assert keep_to_policies() == 1

    # then
    assert [line.message for line in LogLine.objects.filter(run_id=6)] == ["new"]
    assert make_partitions() == []
