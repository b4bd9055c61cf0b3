"""Quiet hours and digests on a person's own clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from apps.notices.rhythms import Times

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Times(zone=BERLIN, quiet_from=time(22), quiet_until=time(7))
WEEKENDS = Times(zone=BERLIN, quiet_from=time(22), quiet_until=time(7), are_weekends_quiet=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("times", "now", "end"),
    [
        (NIGHT, "2027-03-10T12:00", "2027-03-10T12:00"),
        (NIGHT, "2027-03-10T21:59", "2027-03-10T21:59"),
        (NIGHT, "2027-03-10T22:00", "2027-03-11T07:00"),
        (NIGHT, "2027-03-11T03:00", "2027-03-11T07:00"),
        (NIGHT, "2027-03-11T07:00", "2027-03-11T07:00"),
        # Friday night runs into the weekend, and that into Monday's early hours
        (WEEKENDS, "2027-03-12T23:00", "2027-03-15T07:00"),
        (WEEKENDS, "2027-03-13T12:00", "2027-03-15T07:00"),
        # summer time begins: the night is an hour shorter, seven o'clock is seven o'clock
        (NIGHT, "2027-03-27T23:00", "2027-03-28T07:00"),
        (NIGHT, "2027-10-31T01:30", "2027-10-31T07:00"),
        (Times(zone=BERLIN, quiet_from=time(12), quiet_until=time(13)), "2027-03-10T12:30",
         "2027-03-10T13:00"),
        (Times(zone=BERLIN, quiet_from=time(9), quiet_until=time(9)), "2027-03-10T09:00",
         "2027-03-10T09:00"),
    ],
)  # fmt: skip
def test_quiet_time_ends_when_the_persons_clock_says_so(times, now, end):
    assert times.quiet_end(at(now).astimezone(UTC)) == at(end)


def test_a_night_that_is_an_hour_shorter_is():
    start = at("2027-03-27T23:00").astimezone(UTC)

    assert (NIGHT.quiet_end(start) - start).total_seconds() == 7 * 3600


@pytest.mark.parametrize(
    ("times", "now", "due"),
    [
        (Times(zone=BERLIN), "2027-03-10T07:59", "2027-03-10T08:00"),
        (Times(zone=BERLIN), "2027-03-10T08:00", "2027-03-11T08:00"),
        (Times(zone=BERLIN, is_hourly=True), "2027-03-10T08:15", "2027-03-10T09:00"),
        (Times(zone=BERLIN, digest_at=time(23), quiet_from=time(22), quiet_until=time(7)),
         "2027-03-10T12:00", "2027-03-11T07:00"),
        (WEEKENDS, "2027-03-12T12:00", "2027-03-15T07:00"),
    ],
)  # fmt: skip
def test_the_next_digest_comes_at_its_hour_and_never_in_quiet_time(times, now, due):
    assert times.next_digest(at(now).astimezone(UTC)) == at(due)
