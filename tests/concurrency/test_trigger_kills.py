"""Schedulers side by side, one of them killed: all times of all triggers, each once."""

import os
import random
from collections import Counter
from copy import copy
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from apps.bots.forking import fork
from apps.queues.models import WorkItem
from apps.triggers.lifecycle import fire_due, pause_folder, pause_trigger
from apps.triggers.models import Firing, Trigger
from tests.concurrency.mortals import die_at
from tests.concurrency.racing import race
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import adds_to, due_trigger, every, unseen_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

KILLS = 6
MINUTE = timedelta(minutes=1)
# Of each lot of triggers, so many times have come
TIMES = 6
# Messages that a scheduler sends to the database for one lot, at least
LATEST_DEATH = 60


def a_lot(folder, n: int = 8) -> list[Trigger]:
    """Make triggers that have to make up for some minutes, and add an item for each."""
    policy = {"missed": "run_all", "max_catch_up": 50, "overlap": "allow"}
    target = adds_to(make_queue(folder=folder))
    first = due_trigger(folder, rule=every(60, ago=5), target=target, **policy)
    first = unseen_for(first, 60 * TIMES)
    copies = [copy(first) for _number in range(n - 1)]
    for number, each in enumerate(copies):
        each.pk, each.key = None, f"{first.key}-{number}"
    return [first, *Trigger.objects.bulk_create(copies)]


def test_of_three_schedulers_one_is_killed_at_any_moment_and_each_time_is_started_once():
    seed = random.SystemRandom().randrange(10**6)
    try:
        survive(KILLS, random.Random(seed))
    except AssertionError as error:
        error.add_note(f"The kills came by seed {seed}.")
        raise


def survive(kills: int, chance: random.Random) -> None:
    folder, died = make_folder(), 0
    while died < kills:
        a_lot(folder)
        others = [in_the_background(fire_all) for _number in range(2)]
        died += die_at(chance.randint(1, LATEST_DEATH), fire_all)
        for pid in others:
            assert os.waitpid(pid, 0)[1] == 0
    connection.close()
    fire_all()
    for trigger in Trigger.objects.all():
        each_time_started_once(trigger)
    started = Counter(pk for firing in Firing.objects.all() for pk in firing.subject_ids)
    assert started == Counter(WorkItem.objects.values_list("pk", flat=True))


def each_time_started_once(trigger: Trigger) -> None:
    firings = list(Firing.objects.filter(trigger=trigger).order_by("planned_at"))
    assert {firing.outcome for firing in firings} == {"fired"}
    assert len(firings) >= TIMES
    assert {later.planned_at - each.planned_at for each, later in pairwise(firings)} == {MINUTE}
    assert trigger.next_at == trigger.last_planned_at + MINUTE
    assert trigger.last_planned_at == firings[-1].planned_at


def fire_all() -> None:
    while fire_due():
        pass


def in_the_background(work) -> int:
    """Do `work` in a process of its own; return its number."""
    pid = fork()
    if pid == 0:
        status = 1
        try:
            connection.close()
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def starts() -> int:
    return Firing.objects.filter(outcome="fired").count()


def test_once_a_pause_is_answered_the_trigger_starts_nothing_more():
    for _round in range(10):
        trigger = due_trigger(overlap="allow")

        def pause(trigger=trigger) -> int:
            pause_trigger(trigger, by=ANNA)
            return starts()

        at_the_answer, _looked_at = race(pause, fire_due)

        assert starts() == at_the_answer
        assert fire_due() == 0


def test_once_the_pause_of_a_folder_is_answered_none_of_its_triggers_starts_anything():
    for _round in range(5):
        folder = make_folder()
        a_lot(folder)
        until = Trigger.objects.latest("pk").created_at + timedelta(days=1)

        def pause(folder=folder, until=until) -> int:
            pause_folder(folder, until=until, by=ANNA)
            return starts()

        at_the_answer, _looked_at = race(pause, fire_due)

        assert starts() == at_the_answer
        fire_due()
        assert starts() == at_the_answer
