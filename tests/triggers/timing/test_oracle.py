"""20 zones × 40 expressions × all changes of their clocks in 2026–2028, against an oracle."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from random import Random

import pytest

from apps.triggers.timing import Mark, parse_rule

from .debian import Job, Minutes, changes

ZONES = [
    "UTC",
    "Africa/Cairo",  # midnight does not exist
    "Africa/Casablanca",  # back for Ramadan
    "America/Havana",  # midnight does not exist, and 0:30 comes twice
    "America/New_York",
    "America/Nuuk",  # the last hour of a day does not exist
    "America/Santiago",
    "America/Sao_Paulo",  # no changes any more
    "America/St_Johns",  # half an hour off
    "Antarctica/Troll",  # by two hours
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",  # 5:45 ahead
    "Atlantic/Azores",
    "Australia/Lord_Howe",  # by half an hour
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Auckland",
    "Pacific/Chatham",  # 12:45 ahead, at 2:45
]
EXPRESSIONS = [
    # at times of day
    "30 2 * * *",
    "0 2 * * *",
    "0 3 * * *",
    "15,45 2 * * *",
    "0,30 1-3 * * *",
    "59 1 * * *",
    "0 0 * * *",
    "30 0 * * *",
    "1 0 * * sun",
    "45 23 * * *",
    "30 23 * * sat",
    "59 23 * * fri,sat,sun",
    "0-59/20 0-3 * * *",
    "10 1,2 * * 0",
    "7 2 * 3,10 7",
    "20 2 25-31 3,10 *",
    "20 2 1-7 * 0",
    "5 1-23/2 * * *",
    "0 9 * * mon-fri",
    "0 8-18 * * 1-5",
    "15 3 */2 * *",
    "50 2 * mar-nov *",
    "0 12 29 2 *",
    "30 1 * * 6,0",
    # by real time: a star in minute or hour
    "* * * * *",
    "*/15 * * * *",
    "0 * * * *",
    "30 * * * *",
    "*/20 2 * * *",
    "*/30 0 * * *",
    "* 3 * * sun",
    "*/10 1-3 * * *",
    "5-59/25 * * * *",
    "0 */2 * * *",
    "15 */3 * * 0",
    "0 */4 * * sun",
    "*/45 23 * * *",
    "*/7 0,2 * * sat,sun",
    "0 * * 3,10 sun",
    "* 2 */3 * *",
]


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_planned_is_what_debians_cron_would_run(zone):
    random = Random(zone)
    windows = [Minutes(zone, middle) for middle in [*changes(zone, 2026, 2028), *some_days(random)]]

    for text in EXPRESSIONS:
        rule, job = parse_rule({"type": "cron", "cron": text, "zone": zone}), Job(text)
        for minutes in windows:
            expected = job.runs(minutes)
            found = planned(rule, minutes.begin, minutes.end)
            assert found == expected, (text, minutes.begin)

            # nothing is kept from one time to the next: the same comes from any moment on
            moment = random_moment(random, minutes)
            later = [at for at in expected if at > moment]
            until = later[0] if later else minutes.end
            assert planned(rule, moment, until) == later[:1], (text, moment)


def test_there_are_enough_of_everything():
    assert (len(ZONES), len(set(EXPRESSIONS))) == (20, 40)
    assert sum(len(changes(zone, 2026, 2028)) for zone in ZONES) >= 100
    assert not changes("UTC", 2026, 2028)


def test_a_time_that_is_skipped_or_comes_twice_is_marked():
    rule = parse_rule({"type": "cron", "cron": "30 2 * * *", "zone": "Europe/Berlin"})
    spring, autumn = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)

    skipped, twice = next(rule.planned_after(spring)), next(rule.planned_after(autumn))

    assert (skipped.mark, f"{skipped.at:%d %H:%M}") == (Mark.GAP, "29 01:00")
    assert f"{skipped.nominal:%d %H:%M}" == "29 02:30"
    assert (twice.mark, f"{twice.at:%d %H:%M}") == (Mark.FOLD, "25 00:30")


def planned(rule, begin: datetime, end: datetime) -> list[datetime]:
    return [each.at for each in takewhile(lambda each: each.at <= end, rule.planned_after(begin))]


def some_days(random: Random) -> list[datetime]:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return [first + timedelta(days=random.randrange(1096)) for _ in range(3)]


def random_moment(random: Random, minutes: Minutes) -> datetime:
    seconds = int((minutes.end - minutes.begin).total_seconds())
    return minutes.begin + timedelta(seconds=random.randrange(seconds))
