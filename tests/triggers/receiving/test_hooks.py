"""Calls from outside systems, over real sockets to a real server: good, and bad in all ways."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from apps.lib.clock import database_now
from apps.lib.secrecy import Secret
from apps.limits.lifecycle import lift_stop, stop_folder
from apps.triggers.lifecycle import pause_folder, pause_trigger, resume_trigger
from apps.triggers.models import Delivery, Firing, Trigger
from apps.triggers.receiving import flood
from apps.triggers.receiving.signatures import new_secret
from apps.triggers.receiving.signing import replace_secret
from tests.factories_queues import ANNA, make_queue
from tests.factories_triggers import fresh
from tests.triggers.receiving.callers import caller_of, deliveries_of, items_in, started, webhook

pytestmark = pytest.mark.django_db(transaction=True)
MEGABYTE = 1024 * 1024


@pytest.fixture
def hook(folder) -> Trigger:
    return webhook(folder)


@pytest.fixture
def caller(hook, web):
    return caller_of(hook, web.port)


def test_a_signed_call_starts_something_and_is_answered_with_it(hook, caller, folder):
    answer = caller.call({"n": 7, "who": "shop"}, id="msg_1", x_shop="north")

    (firing,) = Firing.objects.filter(trigger=hook)
    assert answer.status == 202
    assert answer.json == {
        "outcome": "accepted",
        "firing": {
            "outcome": "fired",
            "reason": "",
            "subject": "items",
            "subject_ids": firing.subject_ids,
        },
    }
    assert items_in(folder) == [{"n": 7}]
    (delivery,) = Delivery.objects.filter(trigger=hook)
    assert (delivery.outcome, delivery.occasion, delivery.firing) == ("accepted", "msg_1", firing)
    assert json.loads(bytes(delivery.body)) == {"n": 7, "who": "shop"}
    assert delivery.headers["x-shop"] == "north"
    assert delivery.headers["from"] == "127.0.0.1"


def test_what_may_give_rights_elsewhere_is_not_kept(hook, caller):
    caller.call(authorization="Bearer hunter2", cookie="session=hunter2", x_api_key="hunter2")

    (delivery,) = Delivery.objects.filter(trigger=hook)
    assert "hunter2" not in json.dumps(delivery.headers)
    hidden = {"authorization", "cookie", "x-api-key", "webhook-signature"}
    assert {delivery.headers[name] for name in hidden} == {"•••"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"webhook_id": None}, 400, "missing_header"),
        ({"webhook_timestamp": None}, 400, "missing_header"),
        ({"webhook_signature": None}, 400, "missing_header"),
        ({"webhook_signature": "v1,bm9ib2R5"}, 401, "bad_signature"),
        ({"webhook_timestamp": "yesterday"}, 400, "bad_timestamp"),
        ({"secret": new_secret()}, 401, "bad_signature"),
        ({"at": time.time() - 1_000}, 401, "too_old"),
        ({"at": time.time() + 10_000}, 401, "too_early"),
        ({"id": "a b"}, 400, "bad_id"),
        ({"content_type": "text/plain"}, 415, "wrong_type"),
        ({"content_type": "application/json-seq"}, 415, "wrong_type"),
        ({"content_type": None}, 415, "wrong_type"),
    ],
)
def test_a_call_that_proves_nothing_is_refused_with_its_reason(
    hook, caller, folder, change, status, code
):
    answer = caller.call(**change)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"]
    assert deliveries_of(hook) == [("refused", code)]
    assert items_in(folder) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"a": 1, "a": 2}', b"NaN", b'"\\u0000"', b"[" * 100 + b"]" * 100]
)
def test_a_signed_body_that_is_no_json_is_refused(hook, caller, folder, body):
    answer = caller.call(body)

    assert (answer.status, answer.json["code"]) == (400, "no_json")
    assert deliveries_of(hook) == [("refused", "no_json")]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(hook, caller, method):
    answer = caller.call(method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert started(hook) == 0


@pytest.mark.parametrize(
    "path", ["nobody", "x" * 65, "a/b", "%00", "naïve".encode().hex(), "..%2f"]
)
def test_an_address_that_there_is_not_answers_no_more_than_that(hook, caller, path):
    caller.path = f"/hooks/{path}"

    answer = caller.call()

    assert (answer.status, answer.json["code"]) == (404, "no_such_hook")
    assert Delivery.objects.count() == 0


def test_a_trigger_that_listens_to_something_else_has_no_address_any_more(hook, caller):
    Trigger.objects.filter(pk=hook.pk).update(rule={"source": "internal", "events": ["run.ended"]})

    assert caller.call().status == 404


def test_the_same_call_again_starts_nothing_and_is_told_what_was_started(hook, caller, folder):
    raw = b'{"n": 1}'
    headers = caller.headers(raw)
    first = caller.send(raw, headers)

    again = [caller.send(raw, headers) for _ in range(3)]

    assert [each.status for each in again] == [200, 200, 200]
    assert again[0].json == {"outcome": "duplicate", "firing": first.json["firing"]}
    assert items_in(folder) == [{"n": 1}]
    assert deliveries_of(hook) == [("accepted", "")] + [("duplicate", "came_before")] * 3


def test_the_same_call_many_times_at_once_starts_something_once(hook, caller, folder):
    raw = b'{"n": 1}'
    headers = caller.headers(raw)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _n: caller.send(raw, headers), range(24)))

    statuses = sorted(each.status for each in answers)
    assert statuses == [200] * 23 + [202]
    assert items_in(folder) == [{"n": 1}]
    assert started(hook) == 1


def test_the_same_id_signed_anew_with_another_body_starts_nothing_either(hook, caller, folder):
    caller.call({"n": 1}, id="msg_1")

    assert caller.call({"n": 2}, id="msg_1").status == 200
    assert items_in(folder) == [{"n": 1}]


def test_10_mb_that_are_announced_are_refused_before_any_is_sent(hook, caller, folder):
    head = _head(caller, {"Content-Length": str(10 * MEGABYTE)})

    with socket.create_connection(("127.0.0.1", caller.port), timeout=20) as client:
        client.sendall(head)
        answer = _read(client)

    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"code": "too_large"' in answer
    assert deliveries_of(hook) == [("refused", "too_large")]
    assert items_in(folder) == []


def test_10_mb_that_are_streamed_are_refused_after_one(hook, caller, folder):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0

    with socket.create_connection(("127.0.0.1", caller.port), timeout=20) as client:
        client.sendall(_head(caller, {"Transfer-Encoding": "chunked"}))
        try:
            while sent < 10 * MEGABYTE:
                client.sendall(chunk)
                sent += 0x10000
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused: nobody reads the rest
        answer = _read(client)

    assert answer.startswith((b"HTTP/1.1 413", b""))
    assert deliveries_of(hook) == [("refused", "too_large")]
    assert started(hook) == 0


def test_who_sends_drop_by_drop_is_cut_off(hook, caller, folder, settings):
    settings.WEBHOOK_BODY_SECONDS = 1

    with socket.create_connection(("127.0.0.1", caller.port), timeout=20) as client:
        client.sendall(_head(caller, {"Content-Length": "1000"}))
        client.settimeout(0.2)
        answer = b""
        while not answer:
            try:
                client.sendall(b"x")
                answer = client.recv(4096)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408")
    assert deliveries_of(hook) == [("refused", "too_slow")]
    assert started(hook) == 0


def test_slow_senders_hold_up_nobody_else(hook, caller, folder):
    slow = [socket.create_connection(("127.0.0.1", caller.port), timeout=20) for _ in range(50)]
    for each in slow:
        each.sendall(_head(caller, {"Content-Length": "1000"}) + b"x")

    answer = caller.call({"n": 1})

    assert answer.status == 202
    for each in slow:
        each.close()
    assert items_in(folder) == [{"n": 1}]


def test_a_trigger_that_is_paused_is_called_again_later_and_then_starts(hook, caller, folder):
    pause_trigger(hook, by=ANNA)
    refused = caller.call(id="msg_1")
    resume_trigger(fresh(hook), by=ANNA)

    again = caller.call(id="msg_1")

    assert (refused.status, refused.json["code"]) == (503, "paused")
    assert refused.headers["retry-after"] == "60"
    assert again.status == 202
    assert deliveries_of(hook) == [("refused", "paused"), ("accepted", "")]
    assert started(hook) == 1


def test_nothing_starts_while_the_folder_is_stopped_or_its_triggers_are_paused(
    hook, caller, folder
):
    stop_folder(folder, reason="fire", by=ANNA)
    assert caller.call().json["code"] == "stopped"
    lift_stop(folder, by=ANNA)
    pause_folder(folder, until=database_now() + timedelta(hours=1), by=ANNA)

    answer = caller.call()

    assert (answer.status, answer.json["code"]) == (503, "folder_paused")
    assert started(hook) == 0


def test_a_filter_lets_only_some_calls_through(folder, web):
    hook = webhook(folder, rule={"filter": "event.body.n > 5"})
    caller = caller_of(hook, web.port)

    small, large, strange = caller.call({"n": 5}), caller.call({"n": 6}), caller.call({"m": 9})

    assert [each.status for each in (small, large, strange)] == [202, 202, 202]
    assert small.json == {"outcome": "refused", "reason": "filtered"}
    assert items_in(folder) == [{"n": 6}]
    assert deliveries_of(hook) == [
        ("refused", "filtered"),
        ("accepted", ""),
        ("refused", "filtered"),
    ]


def test_what_can_not_start_is_told_without_our_words(folder, web):
    queue = make_queue(folder=folder)
    hook = webhook(folder, queue)
    caller = caller_of(hook, web.port)
    type(queue).objects.filter(pk=queue.pk).update(key="renamed")

    answer = caller.call()

    assert answer.status == 202
    assert (answer.json["firing"]["outcome"], answer.json["firing"]["reason"]) == (
        "failed",
        "target",
    )
    assert queue.key not in answer.body.decode()


def test_the_secret_before_holds_for_a_while_after_it_was_replaced(hook, caller, folder):
    newer = replace_secret(hook, by=ANNA, overlap_seconds=3_600)

    assert caller.call({"n": 1}).status == 202
    assert caller.call({"n": 2}, secret=newer).status == 202

    replace_secret(hook, by=ANNA, overlap_seconds=0)
    assert caller.call({"n": 3}).status == 401
    assert caller.call({"n": 3}, secret=newer).status == 401
    assert items_in(folder) == [{"n": 1}, {"n": 2}]


def test_a_flood_of_bad_calls_is_answered_but_not_written_down_each_time(hook, caller, folder):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: caller.call(secret=new_secret()), range(200)))

    assert {each.status for each in answers} == {401}
    kept = Delivery.objects.filter(trigger=hook, outcome="refused").count()
    assert flood.RECORDS.burst <= kept < 150
    # who signs well is heard all the while
    assert caller.call({"n": 1}).status == 202
    assert items_in(folder) == [{"n": 1}]


def test_who_signs_well_but_floods_is_asked_to_come_again(hook, caller, folder, monkeypatch):
    monkeypatch.setattr("apps.triggers.hooks.STARTS", flood.Buckets(burst=3, per_second=0.01))

    answers = [caller.call({"n": n}, id=f"msg_{n}") for n in range(5)]

    assert [each.status for each in answers] == [202, 202, 202, 429, 429]
    assert int(answers[3].headers["retry-after"]) > 1
    assert started(hook) == 3
    assert deliveries_of(hook)[-1] == ("refused", "too_many")


def test_secrets_are_sealed_and_open_in_their_row_alone(hook, caller, folder):
    other = webhook(folder)
    replace_secret(other, by=ANNA)
    mine, theirs = hook.webhook_secrets.get(), other.webhook_secrets.get()
    assert caller.secret.reveal().encode() not in bytes(mine.sealed)

    theirs.sealed, theirs.key_name = bytes(mine.sealed), mine.key_name
    theirs.save()

    caller.path = f"/hooks/{fresh(other).hook_key}"
    assert caller.call().json["code"] == "no_secret"


def test_nothing_that_is_written_tells_the_secret_or_the_address(
    hook, caller, folder, redis, caplog
):
    caplog.set_level("DEBUG")
    address = caller.path.rpartition("/")[2]
    caller.call()
    caller.call(secret=Secret("whsec_" + "QUJD" * 8))

    rows = [*Delivery.objects.values_list(), *Firing.objects.values_list()]
    # pytest listens where our web server does not: it is asked for no access log
    said = [each.getMessage() for each in caplog.records if each.name != "uvicorn.access"]
    written = repr(said) + repr(rows) + repr([redis.dump(key) for key in redis.scan_iter()])
    assert caller.secret.reveal() not in written
    assert address not in written


def _head(caller, more):
    headers = {**caller.headers(b""), "Host": "127.0.0.1", **more}
    lines = [f"POST {caller.path} HTTP/1.1", *(f"{name}: {said}" for name, said in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _read(client):
    """Return what the server said before it hung up."""
    found = b""
    try:
        while some := client.recv(65_536):
            found += some
    except ConnectionResetError:
        pass
    return found
