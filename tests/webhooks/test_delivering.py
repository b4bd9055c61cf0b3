"""From what happens to a call that is taken: retries, rests, seats, replays."""

import json
import threading
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from apps.events.bus import News
from apps.events.models import Event, Outbox
from apps.lib.clock import database_now, seconds_from_now
from apps.notices.models import Notice
from apps.webhooks import lifecycle
from apps.webhooks.calling import Answer
from apps.webhooks.lifecycle.claiming import GIVE_UP_AFTER
from apps.webhooks.models import Delivery, Endpoint, Message, Try
from apps.webhooks.upkeep import deliver, prune
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA
from tests.factories_webhooks import deliveries, happen, make_endpoint, statuses
from tests.webhooks.receivers import is_genuine, receiver

pytestmark = pytest.mark.django_db


def come_due(endpoint: Endpoint) -> None:
    """Let the time pass until it is tried again."""
    Delivery.objects.filter(endpoint=endpoint).update(next_try_at=Now())
    Endpoint.objects.filter(pk=endpoint.pk).update(not_before=None)


def fresh(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.get(pk=endpoint.pk)


def test_what_happens_is_told_once_signed_and_in_a_known_form(folder, outside):
    endpoint, secret = make_endpoint(folder, outside.url)

    happen(folder)
    assert deliver() == 1
    assert deliver() == 0

    (body,), (head,) = outside.heard, outside.heads
    said = json.loads(body)
    assert (said["type"], said["version"], said["folder"]) == ("queue.paused", 1, folder.key)
    assert (said["data"]["subject"], said["data"]["id"]) == ("queue", 10)
    assert (said["data"]["reason"], said["data"]["by"]) == ("tea", "Anna")
    assert said["id"] == head["webhook-id"] == Message.objects.get().uid
    assert is_genuine(secret, head, body)
    assert not is_genuine(secret, head, body + b" ")
    assert not is_genuine(secret, {**head, "webhook-timestamp": "1"}, body)
    assert statuses(endpoint) == ["delivered"]
    (attempt,) = Try.objects.all()
    assert (attempt.answer, attempt.response_body) == (200, "thanks")
    assert secret.reveal() not in json.dumps(attempt.request_head)
    assert attempt.request_head["webhook-signature"] == "v1,•••"


def test_others_are_not_told(folder, outside):
    make_endpoint(make_folder(), outside.url)
    make_endpoint(folder, outside.url, kinds=["queue.resumed"])
    make_endpoint(folder, outside.url, of="some-other")

    happen(folder)

    assert Delivery.objects.count() == 0
    assert Outbox.objects.count() == 0


def test_what_nobody_wants_is_not_even_read(folder, outside, django_assert_num_queries):
    make_endpoint(folder, outside.url, kinds=["run.failed"])
    news = News(1, "queue.paused", {}, subject=("queue", 1), folder_id=folder.pk, event_id=1)

    with django_assert_num_queries(1):
        lifecycle.hear([news] * 50)


def test_without_endpoints_nothing_is_written(folder):
    happen(folder)

    assert Message.objects.count() == 0


def test_results_and_values_stay_in_the_house(folder, outside):
    make_endpoint(folder, outside.url)
    happen(folder, output={"iban": "DE00"}, result=1, changes=[{"new": "x"}], reason="y" * 9_000)
    deliver()

    data = json.loads(outside.heard[0])["data"]
    assert not {"output", "result", "changes"} & set(data)
    assert len(data["reason"]) == 500


def test_what_is_not_taken_is_tried_again_later_with_the_same_id_and_bytes(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    outside.answers = [500, 404]
    happen(folder)

    deliver()
    (first,) = deliveries(endpoint)
    deliver()
    assert len(outside.heard) == 1, "not before its time"
    assert (first.status, first.tries, first.answer) == ("waiting", 1, 500)
    assert first.next_try_at > database_now()
    come_due(endpoint)
    deliver()
    come_due(endpoint)
    deliver()

    assert statuses(endpoint) == ["delivered"]
    assert len(set(outside.ids())) == 1
    assert len(set(outside.heard)) == 1
    numbers = Try.objects.order_by("number").values_list("number", "answer")
    assert list(numbers) == [(1, 500), (2, 404), (3, 200)]
    assert (fresh(endpoint).failures, fresh(endpoint).last_error) == (0, "")


def test_each_try_waits_longer_than_the_one_before(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    outside.status = 500
    happen(folder)
    waits = []
    for _turn in range(5):
        come_due(endpoint)
        deliver()
        (delivery,) = deliveries(endpoint)
        waits.append((delivery.next_try_at - database_now()).total_seconds())

    assert waits == sorted(waits)
    assert 3 < waits[0] < 7
    assert waits[-1] > 1_000


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("90", 85, 91),
        ("99999999999", 21_500, 21_600),
        ("0", 0, 8),
        ("-5", 0, 8),
        ("soon", 0, 8),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 8),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 21_500, 21_600),
        ("Fri, 31 Dec 9999 23:59:59", 0, 21_600),
    ],
)
def test_who_asks_to_be_left_alone_is_and_nonsense_is_not_believed(
    folder, outside, said, least, most
):
    endpoint, _secret = make_endpoint(folder, outside.url)
    outside.status, outside.headers = 429, {"Retry-After": said}
    happen(folder)
    deliver()

    (delivery,) = deliveries(endpoint)
    assert least <= (delivery.next_try_at - database_now()).total_seconds() <= most
    until = fresh(endpoint).not_before
    happen(folder)
    deliver()
    assert (len(outside.heard) == 1) == (until is not None and least > 8)


def test_gone_puts_it_to_rest_at_once_and_its_owner_is_told(folder, outside):
    owner = make_person("owner", folder=folder)
    endpoint, _secret = make_endpoint(folder, outside.url)
    Endpoint.objects.update(owner=owner)
    outside.status = 410
    happen(folder, 2)

    deliver()

    assert fresh(endpoint).status == "resting"
    notice = Notice.objects.get(user=owner)
    assert endpoint.title in notice.title
    assert notice.url == f"/settings/webhooks/{endpoint.pk}/"
    assert Event.objects.filter(kind="webhook.rested").count() == 1
    come_due(endpoint)
    n = len(outside.heard)
    assert deliver() == 0
    assert len(outside.heard) == n
    outside.status = 200
    lifecycle.resume(endpoint, by=ANNA)
    assert deliver() == 2, "what gathered meanwhile"
    assert statuses(endpoint) == ["delivered", "delivered"]


def test_a_new_address_is_tried_at_once_however_the_old_one_fared(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    later = seconds_from_now(3_600)
    Endpoint.objects.update(failures=9, failing_since=Now(), not_before=later)
    happen(folder)
    assert deliver() == 0

    lifecycle.save_endpoint(fresh(endpoint), {"url": f"{outside.url}&b=2"}, by=ANNA)

    assert deliver() == 1
    assert fresh(endpoint).failures == 0


def test_it_rests_after_a_day_of_failures_not_after_an_hour(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    outside.status = 500
    happen(folder)
    for hours, status in ((1, "on"), (25, "resting")):
        since = seconds_from_now(-hours * 3_600)
        Endpoint.objects.update(failures=50, failing_since=since)
        come_due(endpoint)
        deliver()
        assert fresh(endpoint).status == status


def test_after_three_days_it_is_given_up_and_can_be_sent_again(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    outside.status = 500
    happen(folder)
    deliver()
    Delivery.objects.update(since=F("since") - GIVE_UP_AFTER)

    come_due(endpoint)
    deliver()
    (delivery,) = deliveries(endpoint)
    assert delivery.status == "failed"
    assert "three days" in delivery.error
    outside.status = 200
    lifecycle.replay(delivery, by=ANNA)
    deliver()

    (delivery,) = deliveries(endpoint)
    assert (delivery.status, delivery.replays) == ("delivered", 1)
    assert len(set(outside.ids())) == 1


def test_while_it_is_paused_it_gathers_and_a_test_goes_out_all_the_same(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    lifecycle.pause(endpoint, by=ANNA)
    happen(folder, 3)
    test = lifecycle.send_test(endpoint, by=ANNA)

    assert deliver() == 1
    assert json.loads(outside.heard[0])["type"] == "webhook.test"
    assert statuses(endpoint) == ["waiting", "waiting", "waiting", "delivered"]
    assert Try.objects.get().delivery_id == test.pk
    lifecycle.resume(endpoint, by=ANNA)
    assert deliver() == 3


def test_a_test_is_tried_once_and_says_nothing_about_the_others(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    outside.status = 500
    lifecycle.send_test(endpoint, by=ANNA)

    deliver()

    (test,) = deliveries(endpoint)
    assert (test.status, test.answer, test.tries) == ("failed", 500, 1)
    assert fresh(endpoint).failures == 0


@pytest.mark.django_db(transaction=True)
def test_never_more_calls_at_once_than_it_can_take(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url, max_at_once=3)
    happen(folder, 12)
    outside.go_on.clear()
    worker = in_a_thread(deliver)
    outside.wait_for(3)
    # another worker beside it finds all seats taken
    assert lifecycle.claim(16, is_doubtful=False) == []
    outside.go_on.set()
    worker.join(60)

    assert outside.most_busy == 3
    assert statuses(endpoint) == ["delivered"] * 12
    assert len(set(outside.ids())) == len(outside.ids()) == 12


@pytest.mark.django_db(transaction=True)
def test_one_that_hangs_holds_up_no_other(folder, outside):
    hanging, _secret = make_endpoint(folder, outside.url, max_at_once=16)
    outside.go_on.clear()
    happen(folder, 40)
    with receiver() as well:
        other, _secret = make_endpoint(folder, well.url)
        Endpoint.objects.filter(pk=hanging.pk).update(failures=1, failing_since=Now())
        happen(folder, 5)
        worker = in_a_thread(deliver)
        well.wait_for(5)
        outside.go_on.set()
        worker.join(60)

        assert statuses(other) == ["delivered"] * 5


def test_a_worker_that_died_leaves_it_to_another_and_writes_nothing_any_more(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    happen(folder)
    (dead,) = lifecycle.claim(1, is_doubtful=False)
    assert deliver() == 0, "it may be alive still"
    Delivery.objects.update(held_until=seconds_from_now(-1))

    assert deliver() == 1
    assert not lifecycle.note(dead, Answer(status=500, error="late"), {})
    assert statuses(endpoint) == ["delivered"]
    assert Try.objects.count() == 1


def test_what_was_given_up_since_a_time_is_sent_again_and_the_rest_when_asked(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    happen(folder, 4)
    deliver()
    first, second, *_others = deliveries(endpoint)
    Delivery.objects.filter(pk=first.pk).update(made_at=seconds_from_now(-7_200))
    Delivery.objects.filter(pk__in=[first.pk, second.pk]).update(status="failed")
    since = database_now() - timedelta(hours=1)

    assert lifecycle.replay_since(endpoint, since, by=ANNA) == 1
    assert deliver() == 1
    assert outside.ids()[-1] == second.message.uid
    assert lifecycle.replay_since(endpoint, since, by=ANNA, with_delivered=True) == 3
    assert lifecycle.replay_since(endpoint, since, by=ANNA, with_delivered=True) == 0
    assert deliver() == 3


def test_what_was_told_long_ago_is_dropped_and_what_waits_is_kept(folder, outside, settings):
    endpoint, _secret = make_endpoint(folder, outside.url)
    happen(folder)
    deliver()
    happen(folder)
    Message.objects.update(made_at=seconds_from_now(-(settings.WEBHOOK_DAYS_KEPT + 1) * 86_400))

    assert prune() == 1
    assert statuses(endpoint) == ["waiting"]


def test_an_endpoint_that_is_removed_takes_all_with_it(folder, outside):
    endpoint, _secret = make_endpoint(folder, outside.url)
    happen(folder, 2)
    deliver()
    happen(folder)

    lifecycle.remove_endpoint(endpoint, by=ANNA)

    assert (Endpoint.objects.count(), Delivery.objects.count(), Try.objects.count()) == (0, 0, 0)
    assert deliver() == 0


def in_a_thread(work) -> threading.Thread:
    from django.db import connections

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
