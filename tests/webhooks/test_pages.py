"""The pages of webhooks: who sees them, what they show and do."""

import re

import pytest
from django.utils import translation

from apps.accounts.permissions import rights_of
from apps.accounts.roles import Role
from apps.events.fragments import Audience, render
from apps.webhooks import lifecycle, presenting
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.upkeep import deliver
from tests.factories import make_folder, make_person
from tests.factories_queues import ANNA
from tests.factories_webhooks import happen, make_endpoint, statuses

pytestmark = pytest.mark.django_db
BASE = "/settings/webhooks/"


@pytest.fixture
def endpoint(folder, outside) -> Endpoint:
    return make_endpoint(folder, outside.url, title="Ledger")[0]


def entered(address: str, **said) -> dict:
    return {
        "key": "erp", "title": "ERP", "url": address, "kinds": ["queue.paused"],
        "max_at_once": 2, **said,
    }  # fmt: skip


def text(answer) -> str:
    return answer.content.decode()


def test_one_is_made_and_its_secret_is_shown_once(admin_client, outside):
    answer = admin_client.post(f"{BASE}new/", entered(outside.url))

    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", text(answer))[0]
    made = Endpoint.objects.get()
    assert made.owner is not None
    assert "no-store" in answer["Cache-Control"]
    for address in (BASE, f"{BASE}{made.pk}/", f"{BASE}{made.pk}/edit/"):
        assert secret not in text(admin_client.get(address))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"url": "https://10.0.0.1/"}, "inside our network"),
        ({"url": "what"}, "https://example.com/path"),
        ({"kinds": []}, "required"),
        ({"kinds": ["no.such"]}, "no.such"),
        ({"max_at_once": "many"}, "whole number"),
        ({"key": "a b"}, "letters, digits"),
        ({"title": ""}, "required"),
    ],
)
def test_a_wrong_entry_is_said_at_its_field(admin_client, outside, said, words):
    answer = admin_client.post(f"{BASE}new/", entered(outside.url, **said))

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Endpoint.objects.exists()


def test_a_key_that_is_taken_and_an_old_version_are_refused(admin_client, outside, endpoint):
    taken = admin_client.post(f"{BASE}new/", entered(outside.url, key=endpoint.key))
    changed = entered(outside.url, version=endpoint.version)
    once = admin_client.post(f"{BASE}{endpoint.pk}/edit/", changed)
    twice = admin_client.post(f"{BASE}{endpoint.pk}/edit/", {**changed, "title": "Other"})

    assert (taken.status_code, once.status_code, twice.status_code) == (422, 302, 422)
    assert "key already" in text(taken)
    assert "meanwhile" in text(twice)
    assert Endpoint.objects.get().title == "ERP"


def test_the_list_says_how_each_fares(admin_client, folder, outside, endpoint):
    # one after the other: two at once may be answered in either order
    outside.answers = [200, 500]
    for _call in range(2):
        happen(folder)
        deliver()
    happen(folder)

    page = text(admin_client.get(BASE))
    assert "Ledger" in page
    assert "1 of the last 1 delivered" in page
    assert "Failing" in page
    assert "127.0.0.1" in page
    assert "hook?a=1" not in page, "addresses may hold what gives rights"


def test_numbers_are_written_as_the_reader_writes_them(endpoint):
    row = presenting.Row(endpoint, waiting=12_345)

    assert row.waiting_said == "≥ 10,000"
    with translation.override("de"):
        assert row.waiting_said == "≥ 10.000"


def test_deliveries_are_listed_and_filtered_and_nonsense_shows_all(
    admin_client, folder, outside, endpoint
):
    happen(folder, 2)
    deliver()
    happen(folder)
    page = f"{BASE}{endpoint.pk}/"

    assert text(admin_client.get(page)).count('id="delivery-') == 3
    assert text(admin_client.get(f"{page}?status=waiting")).count('id="delivery-') == 1
    assert text(admin_client.get(f"{page}?kind=run.failed")).count('id="delivery-') == 0
    for odd in ("status=lost", "kind=x", "after=%00", f"after={'a' * 10_000}", "id=999"):
        assert text(admin_client.get(f"{page}?{odd}")).count('id="delivery-') == 3


def test_a_delivery_shows_what_was_sent_and_answered_and_is_sent_again(
    supervisor_client, folder, outside, endpoint
):
    outside.body = b"<script>alert(1)</script>"
    happen(folder)
    deliver()
    delivery = Delivery.objects.get()
    page = f"{BASE}{endpoint.pk}/deliveries/{delivery.pk}/"

    shown = text(supervisor_client.get(page))
    assert "&lt;script&gt;alert(1)" in shown
    assert delivery.message.uid in shown
    assert "webhook-timestamp" in shown
    supervisor_client.post(f"{page}replay/")
    assert statuses(endpoint) == ["waiting"]
    answer = supervisor_client.post(f"{page}replay/", follow=True)
    assert "waits for its turn already" in text(answer)


def test_a_test_is_sent_from_the_page_and_leads_to_what_becomes_of_it(
    supervisor_client, outside, endpoint
):
    answer = supervisor_client.post(f"{BASE}{endpoint.pk}/test/")

    delivery = Delivery.objects.get(is_test=True)
    assert answer["Location"] == f"{BASE}{endpoint.pk}/deliveries/{delivery.pk}/"
    deliver()
    assert "Delivered" in text(supervisor_client.get(answer["Location"]))


def test_it_is_paused_resumed_replayed_and_removed(admin_client, folder, outside, endpoint):
    page = f"{BASE}{endpoint.pk}/"
    assert "It is paused" in text(admin_client.post(f"{page}pause/", follow=True))
    assert "It is not on any more." in text(admin_client.post(f"{page}pause/", follow=True))
    admin_client.post(f"{page}resume/")
    happen(folder)
    deliver()
    nothing = admin_client.post(f"{page}replay/", {"since": 3600}, follow=True)
    again = admin_client.post(
        f"{page}replay/", {"since": 3600, "with_delivered": "on"}, follow=True
    )
    odd = admin_client.post(f"{page}replay/", {"since": "now"})
    assert "nothing to send again" in text(nothing)
    assert "1 is sent again" in text(again)
    assert odd.status_code == 422
    admin_client.post(f"{page}remove/")
    assert not Endpoint.objects.exists()


def test_the_secret_is_replaced_with_an_overlap(admin_client, endpoint):
    page = f"{BASE}{endpoint.pk}/secret/"

    assert "whsec_" in text(admin_client.post(page, {"overlap_seconds": 3600}))
    assert admin_client.post(page, {"overlap_seconds": 7}).status_code == 422
    assert "Signs until" in text(admin_client.get(f"{BASE}{endpoint.pk}/"))


VERBS = {
    "test/": "operate", "pause/": "operate", "resume/": "operate", "replay/": "operate",
    "secret/": "administer", "remove/": "administer", "edit/": "administer",
}  # fmt: skip


@pytest.mark.parametrize("role", Role.values)
def test_who_may_what(folder, client_of, endpoint, role):
    person = make_person(role=role, folder=folder)
    client, rights = client_of(person), rights_of(person)
    sees = rights.can("operate", folder.pk) or rights.can("audit", folder.pk)

    for page in (BASE, f"{BASE}{endpoint.pk}/", f"{BASE}{endpoint.pk}/edit/"):
        assert client.get(page).status_code == (200 if sees else 403)
    allowed = rights.can("administer", folder.pk)
    assert client.get(f"{BASE}new/").status_code == (200 if allowed else 403)
    for verb, action in VERBS.items():
        answer = client.post(f"{BASE}{endpoint.pk}/{verb}")
        assert (answer.status_code != 403) == rights.can(action, folder.pk), verb


def test_another_folders_webhook_is_not_there(admin_client, outside):
    other, _secret = make_endpoint(make_folder(), outside.url)
    lifecycle.send_test(other, by=ANNA)
    number = Delivery.objects.get().pk

    assert admin_client.get(f"{BASE}{other.pk}/").status_code == 404
    assert admin_client.get(f"{BASE}{other.pk}/deliveries/{number}/").status_code == 404


def test_live_parts_show_nothing_to_those_who_may_not_look(folder, outside, endpoint):
    happen(folder)
    number = Delivery.objects.get().pk
    business = make_person(role=Role.BUSINESS_USER, folder=folder)
    audience = Audience(rights_of(business), "en", "UTC")
    stranger = Audience(rights_of(make_person()), "en", "UTC")

    for name in (
        f"webhooks.table:{folder.pk}", f"webhook.header:{endpoint.pk}",
        f"webhook.deliveries:id={endpoint.pk}", f"webhook.delivery:{number}?endpoint=1",
    ):  # fmt: skip
        assert render(name, audience) is None
        assert render(name, stranger) is None
