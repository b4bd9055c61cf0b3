"""When timers are due."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from apps.lib.errors import InvalidError
from apps.lib.feel import compile_expression
from apps.lib.timers import Length, parse_date, parse_duration, timer_of

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def due(kind, value, *, after=NOON, zone=UTC, most=6):
    """Return the first times at which a timer is due, as text."""

    def times():
        timer = timer_of(kind, value, zone=zone)
        moment, count = timer.first(after), 1
        while moment is not None:
            assert moment.tzinfo is UTC
            yield moment.isoformat().removesuffix("+00:00").removesuffix(":00")
            moment, count = timer.next(moment, count), count + 1

    return list(islice(times(), most))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-31T13:20:00Z", "2026-03-31T13:20"),
        ("2026-03-31T13:20:00+02:00", "2026-03-31T11:20"),
        ("2026-03-31T13:20Z", "2026-03-31T13:20"),
        ("2026-03-31T13:20:00.5Z", "2026-03-31T13:20:00.500000"),
        ("2026-07-01T12:00:00@Europe/Paris", "2026-07-01T10:00"),
        ("2026-07-01T12:00+02:00[Europe/Paris]", "2026-07-01T10:00"),
        ("2026-07-01T12:00:00", "2026-07-01T10:00"),
        ("2026-07-01", "2026-06-30T22:00"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00"),
    ],
)
def test_a_date_is_due_once_and_local_ones_are_of_the_zone_given(text, moment):
    assert due("date", text, zone=PARIS) == [moment]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("PT15M", "2026-01-01T12:15"),
        ("P1DT12H", "2026-01-03T00:00"),
        ("P2W", "2026-01-15T12:00"),
        ("P1Y2M3D", "2027-03-04T12:00"),
        ("PT1.5S", "2026-01-01T12:00:01.500000"),
        ("PT0S", "2026-01-01T12:00"),
        ("-PT1H", "2026-01-01T11:00"),
    ],
)
def test_a_duration_is_due_once_after_it(text, moment):
    assert due("duration", text) == [moment]


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("R3/PT10S", ["2026-01-01T12:00:10", "2026-01-01T12:00:20", "2026-01-01T12:00:30"]),
        ("R1/P1D", ["2026-01-02T12:00"]),
        (
            "R/2025-12-30T00:00:00Z/P1D",
            [f"2026-01-{day:02}T00:00" for day in range(2, 8)],
        ),
        ("R4/2025-12-30T00:00:00Z/P1D", ["2026-01-02T00:00"]),
        ("R2/2025-12-30T00:00:00Z/P1D", []),
        (
            "R5/2026-01-31T00:00:00Z/P1M",
            [f"2026-{day}T00:00" for day in ("01-31", "02-28", "03-31", "04-30", "05-31")],
        ),
        ("R/PT1H/2026-01-01T14:30:00Z", ["2026-01-01T13:00", "2026-01-01T14:00"]),
        ("R2/2026-01-02T00:00:00Z/2026-01-02T06:00:00Z", ["2026-01-02T00:00", "2026-01-02T06:00"]),
        ("R3/2026-01-01T12:00:00Z/P9000Y", ["2026-01-01T12:00"]),
        ("0 9 * * MON-FRI", [f"2026-01-{day:02}T09:00" for day in (2, 5, 6, 7, 8, 9)]),
        ("*/30 0 12 * * ?", ["2026-01-01T12:00:30"]),
        ("@monthly", [f"2026-{month:02}-01T00:00" for month in range(2, 8)]),
        ("0 0 30 2 1", [f"2026-02-{day:02}T00:00" for day in (2, 9, 16, 23)]),
    ],
)
def test_a_cycle_is_due_again_and_again(text, moments):
    assert due("cycle", text)[: len(moments) or 1] == moments


def test_a_bounded_cycle_ends():
    assert len(due("cycle", "R3/PT10S", most=10)) == 3
    assert len(due("cycle", "R/PT1H/2026-01-01T14:30:00Z", most=10)) == 2


def test_a_day_of_a_text_keeps_its_time_of_day_in_summer_time():
    saturday = datetime(2026, 3, 28, 8, tzinfo=UTC)

    assert due("duration", "P1D", after=saturday, zone=PARIS) == ["2026-03-29T07:00"]
    assert due("duration", "PT24H", after=saturday, zone=PARIS) == ["2026-03-29T08:00"]
    assert due("cycle", "0 9 * * *", after=saturday, zone=PARIS, most=1) == ["2026-03-29T07:00"]


def test_a_cycle_is_of_the_zone_that_its_start_names():
    moments = due("cycle", "R/2026-03-28T09:00:00@Europe/Paris/P1D", after=NOON, most=2)

    assert moments == ["2026-03-28T08:00", "2026-03-29T07:00"]


def test_a_time_that_summer_time_leaves_out_is_an_hour_later():
    saturday = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)

    assert due("duration", "P1D", after=saturday, zone=PARIS) == ["2026-03-29T01:30"]


@pytest.mark.parametrize(
    ("kind", "expression", "moment"),
    [
        ("date", '@"2026-05-01T10:00:00Z" + @"PT1H"', "2026-05-01T11:00"),
        ("date", '@"2026-05-01"', "2026-05-01T00:00"),
        ("duration", '@"P1D" * 2', "2026-01-03T12:00"),
        ("duration", '@"P1M"', "2026-02-01T12:00"),
        ("duration", '"PT" + string(5) + "M"', "2026-01-01T12:05"),
    ],
)
def test_values_of_feel_are_as_good_as_texts(kind, expression, moment):
    assert due(kind, compile_expression(expression).evaluate({})) == [moment]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", ""),
        ("date", "tomorrow"),
        ("date", "2026-02-30T00:00:00Z"),
        ("date", "2026-01-01T00:00:00+02:00@Europe/Paris"),
        ("date", "2026-01-01T00:00:00@Nowhere/Land"),
        ("date", "12026-01-01T00:00:00Z"),
        ("date", None),
        ("date", Decimal(5)),
        ("duration", ""),
        ("duration", "P"),
        ("duration", "PT"),
        ("duration", "5 minutes"),
        ("duration", "P1.5D"),
        ("duration", "P99999999999Y"),
        ("duration", None),
        ("duration", ["PT1H"]),
        ("cycle", ""),
        ("cycle", "R3"),
        ("cycle", "R0/PT1S"),
        ("cycle", "R-1/PT1S"),
        ("cycle", "R/PT0S"),
        ("cycle", "R/-PT1S"),
        ("cycle", "R/2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"),
        ("cycle", "R/2026-01-02"),
        ("cycle", "R/PT1S/P1D"),
        ("cycle", "R/PT1S/2026-01-01/2026-01-02"),
        ("cycle", "* * * *"),
        ("cycle", "61 * * * *"),
        ("cycle", "0 0 31 2 *"),
        ("cycle", "@fortnightly"),
        ("cycle", None),
    ],
)
def test_what_is_no_timer_is_refused_with_a_sentence(kind, value):
    with pytest.raises(InvalidError) as refused:
        timer_of(kind, value)

    assert refused.value.message.endswith(".")


def test_a_timer_beyond_all_years_is_refused_when_it_begins():
    timer = timer_of("duration", "P9000Y")

    with pytest.raises(InvalidError, match="9999"):
        timer.first(NOON)


def test_how_often_is_told():
    asked = [
        ("date", "2026-01-01"),
        ("duration", "PT1S"),
        ("cycle", "R3/PT1S"),
        ("cycle", "R/PT1S"),
    ]

    assert [timer_of(*each).repetitions for each in asked] == [1, 1, 3, None]
    assert timer_of("cycle", "0 9 * * *").repetitions is None


def test_lengths_add_up_by_the_calendar_first():
    length = parse_duration("P1M1DT1H")

    assert length == Length(months=1, days=1, time=timedelta(hours=1))
    assert length.after(datetime(2026, 1, 31, tzinfo=UTC)) == datetime(2026, 3, 1, 1, tzinfo=UTC)


def test_dates_come_in_utc():
    local = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    assert parse_date(local) == local
    assert parse_date(local).tzinfo is UTC
