"""Rules as people use them: sentences, calendars, bounds, how often."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from apps.calendars.hours import hours_from
from apps.triggers.timing import Mark, parse_rule

OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
# Friday; Good Friday is 3 April 2026, Easter Monday the 6th
BEFORE_EASTER = datetime(2026, 4, 2, 22, tzinfo=UTC)


def cron(text: str, **more):
    return {"type": "cron", "cron": text, "zone": "Europe/Berlin", **more}


def days(**more):
    return {"type": "recurring", "times": ["07:30"], "zone": "Europe/Berlin", **more}


SENTENCES = [
    (cron("* * * * *"), "Every minute, every day"),
    (cron("*/15 * * * *"), "Every 15 minutes, every day"),
    (cron("*/15 8-18 * * 1-5"), "Every 15 minutes from 08:00 to 18:45, Monday to Friday"),
    (cron("0 8-18 * * *"), "Every hour from 08:00 to 18:00, every day"),
    (cron("@hourly"), "Every hour, on the hour, every day"),
    (cron("5,35 * * * *"), "Every hour at minutes 5 and 35, every day"),
    (cron("5 */2 * * *"), "Every 2 hours at minute 5, every day"),
    (
        cron("*/7 * * * sat"),
        "Every hour at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56, on Saturday",
    ),
    (cron("*/10 6,18 * * *"), "Every 10 minutes in the hours 6 and 18, every day"),
    (cron("3 0-7,12-19 * * *"), "At minute 3 of the hours 0 to 7 and 12 to 19, every day"),
    (cron("1,3 0-7 * * *"), "At minutes 1 and 3 of the hours 0 to 7, every day"),
    (cron("0,30 7,12 * * sun,mon"), "At 07:00, 07:30, 12:00 and 12:30, on Monday and Sunday"),
    (
        cron("0 9 1-7 * 1"),
        "At 09:00, on days 1 to 7 of the month or on Monday (either is enough)",
    ),
    (
        cron("0 9 */10 * 1"),
        "At 09:00, on days 1, 11, 21 and 31 of the month and at the same time on Monday",
    ),
    (
        cron("0 0 L 1-3,12 *"),
        "At 00:00, on the last day of the month, in January to March and December",
    ),
    (cron("0 0 LW * *"), "At 00:00, on the last day of the month from Monday to Friday"),
    (cron("0 0 * * 2#2"), "At 00:00, on the second Tuesday of the month"),
    (cron("0 0 * * 5L"), "At 00:00, on the last Friday of the month"),
    ({"type": "interval", "seconds": 5400, "zone": "UTC"}, "Every 1 h 30 min"),
    ({"type": "once", "at": "2026-05-01T08:00", "zone": "UTC"}, "Once, on 2026-05-01 at 08:00"),
    (days(freq="daily"), "At 07:30, every day"),
    (days(freq="daily", interval=3), "At 07:30, every 3 days"),
    (
        days(freq="daily", weekdays=["sat"], interval=2),
        "At 07:30, every 2 days, if that is on Saturday",
    ),
    (days(freq="weekly", weekdays=["tue"], interval=2), "At 07:30, on Tuesday, every 2 weeks"),
    (
        days(freq="monthly", month_days=[1, -1]),
        "At 07:30, on day 1 of the month and on the last day of the month",
    ),
    (
        days(freq="monthly", weekdays=["fri"], ordinal=-1),
        "At 07:30, on the last Friday of the month",
    ),
    (
        days(freq="yearly", months=[2], month_days=[-2], interval=2),
        "At 07:30, on the last day but 1 of the month, in February, every 2 years",
    ),
]


@pytest.mark.parametrize(("said", "sentence"), SENTENCES, ids=[each[1][:40] for each in SENTENCES])
def test_rules_are_told_in_plain_words(said, sentence):
    assert parse_rule(said).sentence() == sentence


@pytest.mark.parametrize(
    ("on_closed", "sentence", "starts"),
    [
        ("ignore", "", ["03 ", "04 ", "05 ", "06 "]),
        ("skip", ", not on closed days", ["03 closed", "04 closed", "05 closed", "06 closed"]),
        (
            "next",
            ", on closed days: on the next working day instead",
            # that of Tuesday itself is due at the same moment: once
            ["07 ", "08 ", "09 ", "10 "],
        ),
        (
            "previous",
            ", on closed days: on the working day before instead",
            ["07 ", "08 ", "09 ", "10 "],
        ),
    ],
)
def test_over_easter(on_closed, sentence, starts):
    office = hours_from(time_zone="Europe/Berlin", week=OFFICE, country="DE")
    rule = parse_rule(cron("0 7 * * *"), hours=office, on_closed=on_closed)

    found = list(islice(rule.planned_after(BEFORE_EASTER), 4))

    assert [f"{each.nominal:%d} {each.mark}" for each in found] == starts
    assert rule.sentence() == "At 07:00, every day" + sentence


@pytest.mark.parametrize(("on_closed", "day"), [("next", 4), ("previous", 30)])
def test_a_monthly_start_on_a_closed_day_moves_to_a_working_day_and_keeps_its_time(on_closed, day):
    office = hours_from(time_zone="Europe/Berlin", week=OFFICE, country="DE")
    # 1 May 2026 is a holiday, and a Friday
    rule = parse_rule(days(freq="monthly", month_days=[1]), hours=office, on_closed=on_closed)

    found = next(rule.planned_after(datetime(2026, 4, 10, tzinfo=UTC)))

    assert (found.at.day, found.at.hour, found.mark) == (day, 5, Mark.MOVED)
    assert f"{found.nominal:%m-%d %H:%M}" == "05-01 07:30"


def test_a_start_is_not_moved_across_months_of_closed_days():
    summer = {f"2026-{month:02}-{day:02}": [] for month in (7, 8) for day in range(1, 32)}
    office = hours_from(time_zone="UTC", week=OFFICE, days=summer)
    rule = parse_rule(
        {"type": "once", "at": "2026-07-10T07:00Z", "zone": "UTC"}, hours=office, on_closed="next"
    )

    [found] = rule.planned_after(BEFORE_EASTER)

    assert (found.at, found.mark) == (datetime(2026, 7, 10, 7, tzinfo=UTC), Mark.CLOSED)


def test_a_day_is_one_of_the_rules_zone():
    office = hours_from(time_zone="Europe/Berlin", week=OFFICE)
    # Monday 02:00 in Tokyo is Sunday evening in Berlin
    rule = parse_rule(cron("0 2 * * mon", zone="Asia/Tokyo"), hours=office, on_closed="skip")

    assert next(rule.planned_after(BEFORE_EASTER)).mark == Mark.NONE


def test_an_interval_is_real_time_and_the_same_wherever_it_is_asked_from():
    rule = parse_rule({"type": "interval", "seconds": 5400, "zone": "Asia/Kathmandu"})
    from_here = rule.planned_after(BEFORE_EASTER)

    first, second = next(from_here).at, next(from_here).at

    assert second - first == timedelta(seconds=5400)
    assert next(rule.planned_after(first + timedelta(seconds=77))).at == second
    # counted from a midnight of its own zone
    assert (first - datetime(2001, 1, 1, tzinfo=rule.zone)) % timedelta(seconds=5400) == timedelta()


def test_beginning_and_end_are_part_of_it():
    rule = parse_rule(
        cron("0 7 * * *", starts_at="2026-05-01T07:00+02:00", ends_at="2026-05-03T07:00+02:00")
    )

    assert [each.at.day for each in rule.planned_after(BEFORE_EASTER)] == [1, 2, 3]


def test_a_day_as_the_end_is_part_of_it():
    rule = parse_rule(cron("30 23 * * *", starts_at="2026-05-01", ends_at="2026-05-02"))

    assert [each.nominal.day for each in rule.planned_after(BEFORE_EASTER)] == [1, 2]


def test_moments_without_an_offset_are_of_the_rules_zone():
    said = {"type": "once", "zone": "Europe/Berlin"}

    local, exact, skipped = (
        next(parse_rule(said | {"at": at}).planned_after(datetime(2026, 1, 1, tzinfo=UTC)))
        for at in ("2026-05-01T08:00", "2026-05-01T08:00:00Z", "2026-03-29T02:30")
    )

    assert (local.at.hour, exact.at.hour, exact.nominal.hour) == (6, 8, 10)
    assert (skipped.at.hour, skipped.at.minute, skipped.mark) == (1, 0, Mark.GAP)


def test_leap_days_come_and_what_is_over_ends():
    leap = parse_rule(cron("0 12 29 2 *"))
    over = parse_rule(cron("0 12 * * *", ends_at="2026-01-31"))

    years = [each.at.year for each in islice(leap.planned_after(BEFORE_EASTER), 3)]

    assert years == [2028, 2032, 2036]
    assert list(over.planned_after(BEFORE_EASTER)) == []


def test_what_comes_only_after_ten_years_does_not_come():
    # a leap day that is a Monday: 2044
    rule = parse_rule(cron("0 0 * 2 mon#5"))

    assert list(rule.planned_after(datetime(2026, 1, 1, tzinfo=UTC))) == []
    assert next(rule.planned_after(datetime(2040, 1, 1, tzinfo=UTC))).at.year == 2044


@pytest.mark.parametrize(
    ("said", "often"),
    [
        (cron("*/15 * * * *"), 96),
        (cron("0 7 * * mon"), 1 / 7),
        ({"type": "interval", "seconds": 10, "zone": "UTC"}, 8640),
        ({"type": "once", "at": "2020-01-01T00:00Z", "zone": "UTC"}, 0),
    ],
)
def test_how_often_a_day(said, often):
    assert parse_rule(said).per_day(BEFORE_EASTER) == pytest.approx(often)


def test_closed_days_do_not_count():
    office = hours_from(time_zone="Europe/Berlin", week=OFFICE)
    rule = parse_rule(cron("0 7 * * *"), hours=office, on_closed="skip")

    assert rule.per_day(BEFORE_EASTER) == pytest.approx(5 / 7)
