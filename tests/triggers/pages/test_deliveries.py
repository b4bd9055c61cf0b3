"""What came in stands on the page of the trigger; it is looked at, and delivered again."""

import orjson
import pytest

from apps.triggers.models import Delivery, Firing, Trigger, WebhookSecret
from apps.triggers.receiving.accepting import Incoming, accept, record_refusal
from apps.triggers.receiving.refusals import RefusedError
from apps.triggers.receiving.signing import secrets_of
from tests.factories_triggers import fresh
from tests.triggers.receiving.callers import items_in, webhook

from .posting import posted_of

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def hook(folder):
    return webhook(folder, title="Shop")


def text_of(answer):
    return answer.content.decode()


def call(trigger, number=1, **body):
    """Have a call come in, as one that was signed."""
    sent = orjson.dumps({"n": number, **body})
    event = {"id": f"call-{number}", "sent_at": 1, "body": {"n": number, **body}}
    headers = {"from": "192.0.2.1", "user-agent": SCRIPT, "webhook-timestamp": "1"}
    incoming = Incoming(
        source="webhook", occasion=f"call-{number}", event=event, body=sent, headers=headers
    )
    accept(trigger.pk, incoming)
    return Delivery.objects.filter(trigger=trigger).order_by("-pk")[0]


def refuse(trigger):
    incoming = Incoming(source="webhook", occasion="old", event={}, body=b"\xff" + SCRIPT.encode())
    record_refusal(trigger.pk, incoming, RefusedError("too_old", "It is too old.", status=400))
    return Delivery.objects.get(trigger=trigger, outcome="refused")


def page_of(trigger, delivery=None):
    page = f"/triggers/{trigger.pk}/"
    return f"{page}deliveries/{delivery.pk}/" if delivery else page


def test_the_first_save_tells_address_and_secret_and_nothing_else_ever_does(
    designer_client, folder
):
    told = designer_client.post("/triggers/new/?kind=event", posted_of("event"))
    trigger = Trigger.objects.get(folder=folder)
    (secret,) = secrets_of(trigger)

    assert secret.reveal() in text_of(told)
    assert f"/hooks/{trigger.hook_key}" in text_of(told)
    assert f'href="{page_of(trigger)}" data-back>Done' in text_of(told)
    assert told.headers["Cache-Control"] == "no-store"
    for address in (page_of(trigger), page_of(trigger) + "edit/", "/triggers/"):
        shown = text_of(designer_client.get(address))
        assert secret.reveal() not in shown
    page = text_of(designer_client.get(page_of(trigger)))
    assert f"/hooks/{trigger.hook_key}" in page
    assert "Replace the secret" in page


def test_a_secret_is_replaced_with_an_overlap_or_at_once(designer_client, folder):
    designer_client.post("/triggers/new/?kind=event", posted_of("event"))
    trigger = Trigger.objects.get(folder=folder)

    told = designer_client.post(f"{page_of(trigger)}secret/", {"overlap": "3600"})
    new, before = secrets_of(trigger)
    assert new.reveal() in text_of(told)
    assert before.reveal() not in text_of(told)
    assert "holds until" in text_of(designer_client.get(page_of(trigger)))

    designer_client.post(f"{page_of(trigger)}secret/", {"overlap": "0"})
    assert len(secrets_of(trigger)) == 1


@pytest.mark.parametrize("overlap", ["-1", "many", "99999999999", ""])
def test_an_overlap_that_makes_no_sense_is_the_usual_one(designer_client, hook, overlap):
    for _each in range(2):
        designer_client.post(f"{page_of(hook)}secret/", {"overlap": overlap})

    assert len(secrets_of(hook)) == 2


def test_only_designers_make_secrets_and_only_for_webhooks(
    client_of, supervisor, auditor, designer_client, hook, folder
):
    for person in (supervisor, auditor):
        assert client_of(person).post(f"{page_of(hook)}secret/").status_code == 403
    Trigger.objects.filter(pk=hook.pk).update(rule={"source": "internal", "events": []})

    answer = designer_client.post(f"{page_of(hook)}secret/", follow=True)

    assert "Only webhooks have a secret" in text_of(answer)
    assert not WebhookSecret.objects.exists()


def test_what_came_in_is_listed_with_what_became_of_it(client_of, auditor, supervisor, hook):
    delivery = call(hook)
    refuse(hook)

    listed = text_of(client_of(supervisor).get(page_of(hook)))
    read_only = text_of(client_of(auditor).get(page_of(hook)))

    for text in (listed, read_only):
        assert "Accepted" in text
        assert "Refused" in text
        assert "It is too old." in text
    assert page_of(hook, delivery) in listed
    assert page_of(hook, delivery) not in read_only
    assert client_of(auditor).get(page_of(hook, delivery)).status_code == 403


def test_headers_and_body_are_shown_and_never_run(supervisor_client, hook):
    delivery = call(hook, html=SCRIPT)
    refused = refuse(hook)

    text = text_of(supervisor_client.get(page_of(hook, delivery)))
    odd = text_of(supervisor_client.get(page_of(hook, refused)))

    assert SCRIPT not in text + odd
    assert "&lt;script&gt;" in text
    assert "user-agent" in text
    assert "192.0.2.1" in text
    assert "&quot;n&quot;: 1" in text
    assert "�" in odd
    assert "Deliver again" in text
    assert "Deliver again" not in odd  # no JSON: nothing could be made of it
    assert page_of(hook, refused) in text


def test_a_delivery_is_made_again_and_noted(supervisor_client, hook, folder):
    delivery = call(hook)

    answer = supervisor_client.post(f"{page_of(hook, delivery)}again/", follow=True)

    assert items_in(folder) == [{"n": 1}, {"n": 1}]
    assert "Delivered again." in text_of(answer)
    assert "delivered again by Supervisor" in text_of(answer)
    again = Delivery.objects.order_by("-pk")[0]
    assert (again.again_of, again.attempt) == (delivery, 2)


def test_what_was_refused_as_no_json_is_not_delivered_again(supervisor_client, hook):
    refused = refuse(hook)

    answer = supervisor_client.post(f"{page_of(hook, refused)}again/", follow=True)

    assert "It was not delivered again" in text_of(answer)
    assert not Firing.objects.exists()


def test_who_only_looks_delivers_nothing_again(client_of, auditor, business_user, hook):
    delivery = call(hook)

    for person in (auditor, business_user):
        answer = client_of(person).post(f"{page_of(hook, delivery)}again/")
        assert answer.status_code in {403, 404}
    assert Firing.objects.count() == 1


def test_a_delivery_of_another_trigger_is_not_found(supervisor_client, folder, hook):
    other = webhook(folder, title="Other")
    delivery = call(hook)

    assert supervisor_client.get(page_of(other, delivery)).status_code == 404
    assert supervisor_client.get(page_of(hook, delivery).replace("/", "/", 1)).status_code == 200
    assert fresh(other).status == "enabled"
