"""Freezes that repeat keep what the clock of their zone shows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.limits.recurring import occurrence

BERLIN = ZoneInfo("Europe/Berlin")


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def nights(now, *, repeats="daily", first="2026-03-02"):
    following = (datetime.fromisoformat(first) + timedelta(days=1)).date().isoformat()
    whole = (at(f"{first} 22:00"), at(f"{following} 06:00"))
    return occurrence(whole, repeats=repeats, zone="Europe/Berlin", now=now)


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        ("2026-03-02 21:00", "2026-03-02 22:00", "2026-03-03 06:00"),
        ("2026-03-03 05:59", "2026-03-02 22:00", "2026-03-03 06:00"),
        ("2026-03-03 06:00", "2026-03-03 22:00", "2026-03-04 06:00"),
        # the clock is put forward in the night of 29 March, back in that of 25 October
        ("2026-03-29 01:00", "2026-03-28 22:00", "2026-03-29 06:00"),
        ("2026-10-25 05:00", "2026-10-24 22:00", "2026-10-25 06:00"),
        ("2028-02-29 12:00", "2028-02-29 22:00", "2028-03-01 06:00"),
    ],
)
def test_a_night_stays_the_night(now, begins, ends):
    assert nights(at(now)) == (at(begins), at(ends))


def test_weeks_are_seven_days():
    assert nights(at("2026-03-31 12:00"), repeats="weekly") == (
        at("2026-04-06 22:00"), at("2026-04-07 06:00"),
    )  # fmt: skip


def test_once_is_once():
    assert nights(at("2030-01-01 00:00"), repeats="none") == (
        at("2026-03-02 22:00"), at("2026-03-03 06:00"),
    )  # fmt: skip


def test_one_that_a_change_of_the_clock_swallows_keeps_its_length():
    # 02:50 does not exist on 29 March: without care it would end before it begins
    first = (at("2026-03-28 02:50"), at("2026-03-28 03:10"))

    begins, ends = occurrence(
        first, repeats="daily", zone="Europe/Berlin", now=at("2026-03-28 12:00")
    )

    assert ends - begins == timedelta(minutes=20)
    assert ends > at("2026-03-28 12:00")
