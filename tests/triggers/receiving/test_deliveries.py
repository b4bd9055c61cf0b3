"""What came in, for programs: look, deliver again, get files, replace secrets; and what is kept."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from apps.assets.rotating import rotate, sealed_by_key
from apps.lib.keyring import new_key
from apps.lib.secrecy import Secret
from apps.triggers.models import Delivery, Firing, WebhookSecret
from apps.triggers.receiving import keeping, upkeep
from apps.triggers.receiving.accepting import Incoming, accept, webhook_event
from apps.triggers.receiving.signing import replace_secret, secrets_of
from tests.api.conftest import api, program_with
from tests.assets.rows import use_keys
from tests.factories_limits import make_stop
from tests.factories_queues import ANNA
from tests.factories_triggers import fresh, make_trigger
from tests.triggers.receiving.callers import items_in, webhook

__all__ = ["api", "program_with"]
pytestmark = pytest.mark.django_db


def call(trigger, n=1, *, webhook_id="msg_1", body=None):
    """Have a call come in as the address would hand it over."""
    raw = body or f'{{"n": {n}}}'.encode()
    return accept(
        trigger.pk,
        Incoming(
            source="webhook",
            occasion=webhook_id,
            event=webhook_event(webhook_id, "1700000000", {"n": n}),
            body=raw,
            headers={"webhook-timestamp": "1700000000", "x-shop": "north"},
        ),
    )


@pytest.fixture
def hook(folder):
    return webhook(folder, key="orders")


def test_deliveries_are_listed_newest_first_and_by_outcome(hook, api):
    call(hook, webhook_id="msg_1")
    call(hook, webhook_id="msg_1")
    call(hook, webhook_id="msg_2")

    listed = api.get("/triggers/orders/deliveries").json()["items"]
    again = api.get("/triggers/orders/deliveries?outcome=duplicate").json()["items"]

    assert [each["occasion"] for each in listed] == ["msg_2", "msg_1", "msg_1"]
    assert [each["outcome"] for each in again] == ["duplicate"]
    assert (listed[0]["firing"], listed[0]["subject"], listed[0]["reason"]) == (
        "fired",
        "items",
        "",
    )
    assert "headers" not in listed[0]


def test_one_delivery_shows_headers_and_what_came(hook, api):
    call(hook, n=7)
    (delivery,) = Delivery.objects.all()

    shown = api.get(f"/triggers/orders/deliveries/{delivery.pk}").json()

    assert shown["headers"]["x-shop"] == "north"
    assert shown["event"] == {"id": "msg_1", "sent_at": 1700000000, "body": {"n": 7}}
    assert shown["size"] == 8


def test_delivered_again_it_starts_again_and_says_so(hook, api, folder):
    call(hook, n=7)
    (first,) = Delivery.objects.all()

    answer = api.post(f"/triggers/orders/deliveries/{first.pk}/redeliver")
    third = api.post(f"/triggers/orders/deliveries/{answer.json()['id']}/redeliver").json()

    assert answer.status_code == 201
    assert (answer.json()["attempt"], third["attempt"]) == (2, 3)
    assert answer.json()["occasion"].startswith("msg_1 again ")
    assert items_in(folder) == [{"n": 7}] * 3
    assert {each.again_of_id for each in Delivery.objects.exclude(pk=first.pk)} == {first.pk}


def test_the_same_wish_to_deliver_again_is_carried_out_once(hook, api, folder):
    call(hook)
    path = f"/triggers/orders/deliveries/{Delivery.objects.get().pk}/redeliver"

    answers = [api.post(path, idempotency_key="once").json() for _ in range(2)]

    assert answers[0]["id"] == answers[1]["id"]
    assert len(items_in(folder)) == 2


def test_nothing_is_delivered_again_while_the_folder_is_stopped(hook, api, folder):
    call(hook)
    make_stop(folder)

    answer = api.post(f"/triggers/orders/deliveries/{Delivery.objects.get().pk}/redeliver")

    assert answer.status_code == 409
    assert len(items_in(folder)) == 1


def test_what_was_not_kept_whole_can_not_be_delivered_again(hook, api):
    call(hook, body=b'{"n": 1, "more": "' + b"x" * 70_000 + b'"}')
    (delivery,) = Delivery.objects.all()
    Firing.objects.update(event={})
    assert len(bytes(delivery.body)) == 64 * 1024

    answer = api.post(f"/triggers/orders/deliveries/{delivery.pk}/redeliver")

    assert answer.status_code == 409
    assert api.get(f"/triggers/orders/deliveries/{delivery.pk}").json()["event"] is None


def test_a_secret_is_told_once_and_makes_the_address(hook, api, client):
    assert fresh(hook).hook_key == ""

    answer = api.post("/triggers/orders/secret")
    later = api.post("/triggers/orders/secret", {"overlap_seconds": 60})

    assert answer.status_code == later.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["secret"].startswith("whsec_")
    assert answer.json()["address"] == f"http://testserver/hooks/{fresh(hook).hook_key}"
    assert later.json()["address"] == answer.json()["address"]
    assert (answer.json()["holding"], later.json()["holding"]) == (1, 2)
    assert answer.json()["secret"] not in api.get("/triggers/orders").content.decode()


@pytest.mark.parametrize("body", [{"overlap_seconds": -1}, {"overlap_seconds": 10**9}, {"a": 1}])
def test_a_wish_for_a_secret_that_does_not_fit_is_refused(hook, api, body):
    assert api.post("/triggers/orders/secret", body).status_code == 422


def test_only_webhooks_have_a_secret(folder, api):
    make_trigger(folder, key="daily")

    assert api.post("/triggers/daily/secret").status_code == 409


@pytest.mark.parametrize(
    ("role", "listing", "looking", "again", "secret"),
    [
        ("auditor", 200, 403, 403, 403),
        ("business_user", 200, 403, 403, 403),
        ("supervisor", 200, 200, 201, 403),
        ("designer", 200, 200, 201, 201),
    ],
)
def test_rights(hook, program_with, role, listing, looking, again, secret):
    call(hook)
    program, path = program_with(role), f"/triggers/orders/deliveries/{Delivery.objects.get().pk}"

    assert program.get("/triggers/orders/deliveries").status_code == listing
    assert program.get(path).status_code == looking
    assert program.post(f"{path}/redeliver").status_code == again
    assert program.post("/triggers/orders/secret").status_code == secret


def test_deliveries_of_other_triggers_and_folders_are_not_found(hook, folder, api):
    call(webhook(folder, key="other"))
    strange = Delivery.objects.get().pk

    assert api.get(f"/triggers/orders/deliveries/{strange}").status_code == 404
    assert api.post(f"/triggers/orders/deliveries/{strange}/redeliver").status_code == 404
    assert api.get("/triggers/nobody/deliveries").status_code == 404
    assert api.get(f"/triggers/other/deliveries/{2**63}").status_code == 422


@pytest.mark.parametrize("file_id", ["x", "20261123-" + "0" * 32, "..%2Fsecret", "a" * 50])
def test_only_attachments_of_that_delivery_are_given_out(hook, api, file_id, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    call(hook)

    answer = api.get(f"/triggers/orders/deliveries/{Delivery.objects.get().pk}/files/{file_id}")

    assert answer.status_code in (404, 422)


def test_an_attachment_is_given_out_harmlessly(folder, api, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    trigger = webhook(folder, key="mails")
    file_id = keeping.new_id()
    keeping.keep(file_id, b"<script>")
    row = {"name": "a.html", "size": 8, "type": "text/html", "id": file_id}
    accept(trigger.pk, Incoming(source="mail", occasion="mail 1.1", event={"attachments": [row]}))

    answer = api.get(f"/triggers/mails/deliveries/{Delivery.objects.get().pk}/files/{file_id}")

    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"<script>")
    assert answer["Content-Type"] == "application/octet-stream"
    assert 'attachment; filename="a.html"' in answer["Content-Disposition"]
    answer.close()


def test_secrets_are_sealed_anew_with_all_others_when_the_vault_key_changes(hook, settings):
    old, new = new_key(), new_key()
    use_keys(settings, old)
    secret = replace_secret(hook, by=ANNA)
    use_keys(settings, new, old)

    assert rotate().n_done == 1
    use_keys(settings, new)

    assert sealed_by_key() == {new.name: 1}
    assert secrets_of(hook) == [secret]


def test_secrets_that_ran_out_are_dropped_and_only_so_many_hold(hook):
    for _ in range(8):
        newest = replace_secret(hook, by=ANNA)
    assert len(secrets_of(hook)) == 5
    WebhookSecret.objects.filter(expires_at__isnull=False).update(expires_at=Now())

    assert secrets_of(hook) == [newest]
    assert isinstance(newest, Secret)


def test_old_deliveries_bodies_and_files_are_dropped(hook, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(upkeep, "ROWS_KEPT", 4)
    monkeypatch.setattr(upkeep, "BODIES_KEPT", 2)
    for n in range(6):
        call(hook, n=n, webhook_id=f"msg_{n}")
        Delivery.objects.filter(occasion=f"msg_{n}").update(
            received_at=Now() - timedelta(minutes=10 - n)
        )
    Delivery.objects.filter(occasion="msg_2").update(received_at=Now() - timedelta(days=91))
    (tmp_path / "received" / "20200101").mkdir(parents=True)

    upkeep.prune()

    kept = Delivery.objects.order_by("received_at")
    assert [(each.occasion, len(bytes(each.body))) for each in kept] == [
        ("msg_1", 0),
        ("msg_3", 0),
        ("msg_4", 8),
        ("msg_5", 8),
    ]
    events = [bool(each.event) for each in Firing.objects.order_by("planned_at")]
    assert events == [False, False, False, False, True, True]
    assert not (tmp_path / "received" / "20200101").exists()
    # what came before stays known
    assert call(hook, webhook_id="msg_0").outcome == "duplicate"
