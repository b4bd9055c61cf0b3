"""Several schedulers at once, some of them killed: each planned time of a trigger once."""

import random
from collections import Counter

import pytest

from apps.lib.errors import DomainError
from apps.queues.checks import item_faults
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import (
    fire_due,
    fire_now,
    pause_trigger,
    remove_trigger,
    save_trigger,
    start_waiting,
)
from apps.triggers.models import Firing, Trigger
from tests.concurrency.mortals import die_at
from tests.concurrency.racing import race, race_same
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import adds_to, due_trigger, every, make_trigger, unseen_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

SCHEDULERS = 3
# Messages that a scheduler sends to the database for one batch, at least
LATEST_DEATH = 60


def due_many(n, **said):
    """Return a queue, and `n` triggers that are due and add to it; the first is copied."""
    queue = make_queue()
    first = due_trigger(queue.folder, target=adds_to(queue), **said)
    names = [field.attname for field in Trigger._meta.concrete_fields if field.name != "id"]
    values = {name: getattr(first, name) for name in names}
    Trigger.objects.bulk_create(
        Trigger(**{**values, "key": f"copy-{number}"}) for number in range(n - 1)
    )
    return queue


def started_once(queue, n):
    """Say that each of `n` triggers started exactly one item, and its row says which."""
    firings = Firing.objects.filter(outcome="fired")
    assert Counter(firings.values_list("trigger_id", flat=True)).most_common(1)[0][1] == 1
    assert firings.count() == n
    told = sorted(pk for firing in firings for pk in firing.subject_ids)
    assert told == sorted(WorkItem.objects.filter(queue=queue).values_list("pk", flat=True))
    assert len(told) == n
    assert item_faults().faults == []


def test_a_thousand_due_at_once_are_started_once_each_by_three_schedulers():
    queue = due_many(1_000)

    race_same(SCHEDULERS, lambda _number: fire_due(limit=1_000))

    started_once(queue, 1_000)
    assert fire_due() == 0


def test_schedulers_killed_anywhere_lose_nothing_and_double_nothing():
    queue = due_many(70)
    drawn = random.Random(7)

    deaths = sum(die_at(drawn.randrange(1, LATEST_DEATH), _fire) for _life in range(6))
    race_same(SCHEDULERS, lambda _number: fire_due())

    assert deaths
    started_once(queue, 70)


def test_times_missed_in_three_hours_are_recorded_once_by_all_schedulers():
    folder = make_folder()
    rule = every(600, ago=120)
    policies = ["drop", "run_once", "run_all"]
    triggers = [
        unseen_for(make_trigger(folder, rule=rule, missed=missed, overlap="allow"), 3 * 3600 + 60)
        for missed in policies
    ]

    race_same(SCHEDULERS, lambda _number: fire_due())

    outcomes = [
        Counter(Firing.objects.filter(trigger=each).values_list("outcome", flat=True))
        for each in triggers
    ]
    assert outcomes == [{"missed": 18}, {"missed": 17, "fired": 1}, {"missed": 8, "fired": 10}]


def test_what_waits_is_started_once():
    trigger = due_trigger(overlap="queue_one")
    Firing.objects.create(trigger=trigger, planned_at=trigger.created_at, outcome="waiting")

    started = race_same(SCHEDULERS, lambda _number: start_waiting())

    assert sum(started) == 1
    assert WorkItem.objects.count() == 1


def test_while_it_is_changed_paused_fired_and_removed_nothing_breaks():
    for _round in range(5):
        trigger = due_trigger()
        race(
            fire_due,
            lambda trigger=trigger: _try(pause_trigger, trigger, by=ANNA),
            lambda trigger=trigger: _try(fire_now, trigger, by=ANNA),
            lambda trigger=trigger: _try(
                save_trigger, trigger.folder, trigger.key, {"title": "Other"}, by=ANNA
            ),
        )
        rows = Firing.objects.filter(trigger=trigger)
        started = [pk for row in rows.filter(outcome="fired") for pk in row.subject_ids]
        assert WorkItem.objects.filter(pk__in=started).count() == len(started) >= 1
        race(fire_due, lambda trigger=trigger: _try(remove_trigger, trigger, by=ANNA))
        assert not Trigger.objects.exists()


def test_two_people_who_change_it_from_the_same_version_make_one_change():
    trigger = make_trigger()

    told = race_same(
        2,
        lambda n: _try(
            save_trigger, trigger.folder, trigger.key, {"title": f"T{n}"}, by=ANNA, version=1
        ),
    )

    assert sorted(told) == ["ConflictError", "done"]
    assert Trigger.objects.get().version == 2


def test_two_people_who_make_the_same_trigger_get_one():
    queue = make_queue()
    said = {"title": "T", "rule": every(), "target": adds_to(queue)}

    told = race_same(
        2, lambda _n: _try(save_trigger, queue.folder, "same", said, by=ANNA, version=0)
    )

    assert sorted(told) == ["ConflictError", "done"]


def _fire() -> None:
    fire_due()


def _try(verb, *given, **named) -> str:
    try:
        verb(*given, **named)
    except DomainError as error:
        return type(error).__name__
    return "done"
