"""Workers that hear and send webhooks, killed before any statement: nothing is missed, each event
has one delivery, and what comes twice comes under the same id."""

import random

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.events.bus import deliver_outbox, publish
from apps.webhooks.models import Delivery, Message
from apps.webhooks.upkeep import deliver
from tests.concurrency.mortals import die_at
from tests.concurrency.racing import race
from tests.factories import make_folder
from tests.factories_queues import ANNA
from tests.factories_webhooks import KIND, make_endpoint, statuses
from tests.webhooks.receivers import receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

EVENTS = 4
KILLS = 12
# Messages to the database that hearing and sending take, at least
LATEST_DEATH = 60


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.WEBHOOK_HOSTS = frozenset({"127.0.0.1"})


def something_happens(folder):
    for number in range(EVENTS):
        publish(KIND, subject=("queue", number), folder_id=folder.pk, by=ANNA, data={})


def hear_and_send():
    while deliver_outbox():
        pass
    deliver()


def test_a_worker_killed_at_any_moment_misses_none_and_makes_none_up():
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    folder, died, n = make_folder(), 0, 0
    with receiver() as outside:
        endpoint, _secret = make_endpoint(folder, outside.url)
        while died < KILLS:
            something_happens(folder)
            n += EVENTS
            died += die_at(chance.randint(1, LATEST_DEATH), hear_and_send)
            connection.close()
        # those whose worker died come back
        Delivery.objects.filter(held_by__isnull=False).update(held_until=Now())
        hear_and_send()

        assert statuses(endpoint) == ["delivered"] * n, seed
        assert set(outside.ids()) == set(Message.objects.values_list("uid", flat=True)), seed
        by_id = dict(zip(outside.ids(), outside.heard, strict=True))
        again = [
            body
            for uid, body in zip(outside.ids(), outside.heard, strict=True)
            if by_id[uid] != body
        ]
        assert again == [], "sent twice, it is the same"


def test_two_workers_at_once_send_each_once():
    folder = make_folder()
    with receiver() as outside:
        endpoint, _secret = make_endpoint(folder, outside.url, max_at_once=4)
        for _turn in range(5):
            something_happens(folder)
        race(hear_and_send, hear_and_send)
        hear_and_send()

        assert statuses(endpoint) == ["delivered"] * 5 * EVENTS
        assert len(outside.ids()) == len(set(outside.ids())) == 5 * EVENTS
        assert outside.most_busy <= 4
