"""How much a queue trigger starts, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.lib.errors import InvalidError
from apps.triggers.conditions import QueueRule, parse_queue, queue_words
from apps.triggers.deciding import Backlog, QueueSeen, decide_queue

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def busy(n):
    return tuple(("run", number) for number in range(n))


@pytest.mark.parametrize(
    ("rule", "n_ready", "n_active", "n"),
    [
        ({}, 1, 0, 1),
        ({}, 9, 1, 0),
        ({"min_items": 5}, 4, 0, 0),
        ({"min_items": 5}, 5, 0, 1),
        ({"max_active": 3}, 2, 0, 2),
        ({"max_active": 3}, 9, 1, 2),
        ({"items_per_start": 4, "max_active": 9}, 9, 0, 3),
        ({"items_per_start": 4, "max_active": 9}, 9, 5, 0),
    ],
)
def test_what_is_wanted_less_what_is_under_way(rule, n_ready, n_active, n):
    rule = QueueRule(queue="in", **rule)
    seen = QueueSeen(active=busy(n_active))

    assert decide_queue(rule, Backlog(n=n_ready, first="1.1"), seen, NOON).n == n


@pytest.mark.parametrize(
    ("ages", "n"),
    [
        ({"oldest_seconds": 59.0}, 0),
        ({"oldest_seconds": 60.0}, 1),
        ({"due_in_seconds": 301.0}, 0),
        ({"due_in_seconds": 300.0}, 1),
        ({"due_in_seconds": -5.0}, 1),
        ({"miss_chance": 0.19}, 0),
        ({"miss_chance": 0.2}, 1),
        ({"miss_chance": None}, 0),
    ],
)
def test_age_and_due_dates_start_one_before_there_are_enough(ages, n):
    rule = QueueRule(
        queue="in", min_items=9, max_active=3, oldest_seconds=60, due_within_seconds=300,
        miss_chance=0.2,
    )  # fmt: skip

    assert decide_queue(rule, Backlog(n=3, first="1.1", **ages), QueueSeen(), NOON).n == n


def test_starts_that_take_nothing_are_repeated_after_pauses_that_double():
    rule, backlog, seen = QueueRule(queue="in"), Backlog(n=3, first="7.1"), QueueSeen()
    at = []
    for second in range(40):
        verdict = decide_queue(rule, backlog, seen, NOON + timedelta(seconds=second))
        seen = QueueSeen.stored(verdict.seen.as_json())
        at += [second] * verdict.n

    assert at == [0, 1, 3, 7, 15, 31]
    taken = decide_queue(rule, Backlog(n=2, first="8.1"), seen, NOON + timedelta(seconds=41))
    assert (taken.n, taken.seen.rounds) == (1, 0)


def test_the_limit_is_told_when_it_is_reached_and_not_again():
    rule, backlog = QueueRule(queue="in"), Backlog(n=2, first="1.1")

    first = decide_queue(rule, backlog, QueueSeen(active=busy(1), first="1.1"), NOON)
    again = decide_queue(rule, backlog, first.seen, NOON)

    assert (first.refused, again.refused) == ("active_limit", "")
    assert "“in”" in queue_words(rule)


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"queue"}),
        ({"queue": 5}, {"queue"}),
        ({"queue": "in", "min_items": 0}, {"min_items"}),
        ({"queue": "in", "items_per_start": "2"}, {"items_per_start"}),
        ({"queue": "in", "max_active": 101}, {"max_active"}),
        ({"queue": "in", "oldest_seconds": 5}, {"oldest_seconds"}),
        ({"queue": "in", "min_items": 2, "due_within_seconds": 0}, {"due_within_seconds"}),
        ({"queue": "in", "min_items": 2, "miss_chance": 20}, {"miss_chance"}),
        ({"queue": "in", "min_items": 2, "miss_chance": 0}, {"miss_chance"}),
        ({"queue": "in", "min_items": 2, "miss_chance": True}, {"miss_chance"}),
        ({"queue": "in", "miss_chance": 0.2}, {"miss_chance"}),
        ({"queue": "in", "colour": "red"}, {"colour"}),
    ],
)
def test_what_is_wrong_is_named(said, fields):
    with pytest.raises(InvalidError) as error:
        parse_queue(said)

    assert {each.path for each in error.value.fields} == fields
