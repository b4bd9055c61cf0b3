"""So many at once, and so many a second from then on."""

import pytest

from apps.triggers.receiving import flood
from apps.triggers.receiving.flood import Buckets


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_000.0

        def monotonic(self):
            return self.now

    found = Clock()
    monkeypatch.setattr(flood, "time", found)
    return found


def test_a_full_bucket_holds_its_burst_and_fills_up_again(clock):
    buckets = Buckets(burst=3, per_second=2)
    assert [buckets.take("a") for _ in range(5)] == [True, True, True, False, False]
    assert buckets.seconds_until_next("a") == pytest.approx(0.5)

    clock.now += 1

    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    clock.now += 3_600
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]


def test_each_has_a_bucket_of_its_own(clock):
    buckets = Buckets(burst=1, per_second=1)

    assert [buckets.take("a"), buckets.take("b"), buckets.take("a")] == [True, True, False]


def test_no_more_are_remembered_than_fit(clock, monkeypatch):
    monkeypatch.setattr(flood, "MOST_KNOWN", 2)
    buckets = Buckets(burst=1, per_second=1)
    for whose in "abc":
        buckets.take(whose)

    assert buckets.take("a")
    assert not buckets.take("c")
