"""The pages of the demo: who may set things off, one-click sign-in, uploads, the ledger."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.demo.erp import Erp
from apps.demo.models import DemoSetting, LedgerEntry, TryItStep, Vendor
from apps.demo.trickle import make_one
from apps.queues.models import WorkItem
from apps.workflows.models import WorkflowInstance
from tests.demo.rooms import load_demo

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
STEPS = ["wrong-invoice", "kill-a-bot", "erp-down", "flood"]


@pytest.fixture
def queue(folder):
    return load_demo(folder)


def upload_of(*contents):
    return {"file": [SimpleUploadedFile(f"{n}.xml", data) for n, data in enumerate(contents)]}


# --- the page -------------------------------------------------------------------------------------


def test_it_lists_the_steps_and_how_it_stands(business_client, queue):
    page = business_client.get("/demo/").text

    for step in STEPS:
        assert f'id="step-{step}"' in page
        assert reverse("demo:start_step", args=[step]) in page
    assert "Posted so far" in page


def test_without_the_demo_it_says_how_to_load_it(business_client):
    assert "manage.py load_demo" in business_client.get("/demo/").text


def test_auditors_look_and_set_nothing_off(auditor_client, queue):
    page = auditor_client.get("/demo/").text
    assert "Send a wrong invoice" in page
    assert "/demo/steps/" not in page

    for address in ("/demo/steps/flood/", "/demo/kill/", "/demo/upload/", "/demo/trickle/"):
        assert auditor_client.post(address).status_code == 403
    assert not WorkItem.objects.exists()


def test_other_methods_are_refused(business_client, queue):
    for address in ("/demo/steps/flood/", "/demo/kill/", "/demo/upload/", "/demo/trickle/",
                    "/demo/sign-in/"):  # fmt: skip
        assert business_client.get(address).status_code == 405
    assert business_client.post("/demo/").status_code == 405
    assert business_client.post("/demo/ledger/").status_code == 405


def test_nobody_sees_anything_without_signing_in(queue):
    for address in ("/demo/", "/demo/ledger/"):
        assert "/sign-in/" in Client().get(address)["Location"]
    assert "/sign-in/" in Client().post("/demo/steps/flood/")["Location"]


def test_an_unknown_step_does_not_exist(business_client, queue):
    assert business_client.post("/demo/steps/explode/").status_code == 404


def test_a_step_of_somebody_else_is_theirs(business_client, supervisor_client, queue):
    business_client.post("/demo/steps/wrong-invoice/")

    assert "Under way" in business_client.get("/demo/").text
    assert "Under way" not in supervisor_client.get("/demo/").text
    assert TryItStep.objects.get().user.username == "business_user"


def test_killing_without_a_victim_is_refused_with_a_sentence(business_client, queue):
    assert business_client.post("/demo/kill/").status_code == 404
    business_client.post("/demo/steps/kill-a-bot/")

    answer = business_client.post("/demo/kill/")

    assert answer.status_code == 409
    assert "No bot has it in hand yet" in answer.text


def test_the_trickle_is_switched(business_client, queue):
    business_client.post("/demo/trickle/", {"on": "1"})
    assert DemoSetting.objects.get().trickle_on

    business_client.post("/demo/trickle/", {"on": "0"})
    assert not DemoSetting.objects.get().trickle_on


# --- upload ---------------------------------------------------------------------------------------


def test_an_uploaded_invoice_starts_an_instance(business_client, queue, folder):
    made = make_one(folder)

    answer = business_client.post("/demo/upload/", upload_of(made.xml))

    instance = WorkflowInstance.objects.get()
    assert answer["Location"] == f"/instances/{instance.pk}/"
    assert (instance.business_key, instance.started_by) == (made.invoice.number, "Business_user")


def test_a_file_that_is_no_invoice_is_refused(business_client, queue):
    answer = business_client.post("/demo/upload/", upload_of(b"hello"))

    assert answer.status_code == 422
    assert "0.xml" in answer.text
    assert not WorkItem.objects.exists()


def test_of_several_files_the_good_ones_are_taken(business_client, queue, folder):
    both = upload_of(make_one(folder).xml, b"hello")

    page = business_client.post("/demo/upload/", both, follow=True).text

    assert WorkItem.objects.count() == 1
    assert "is on its way" in page
    assert "1.xml: " in page


def test_a_large_file_is_refused_before_it_is_read(business_client, queue, settings):
    settings.MAX_FILE_BYTES = 1024 * 1024

    answer = business_client.post("/demo/upload/", upload_of(b"x" * (1024 * 1024 + 1)))

    assert answer.status_code == 413
    assert "1 MB" in answer.text


def test_without_a_file_it_says_so(business_client, queue):
    page = business_client.post("/demo/upload/", {}, follow=True).text

    assert "Choose a UBL file first." in page


# --- the ledger -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_ledger_lists_what_was_posted_and_names_stay_text(auditor_client, queue, folder):
    made = make_one(folder)
    reference = Erp(folder.pk).post(made.invoice, key="item-1")
    entry = LedgerEntry.objects.get()
    Vendor.objects.filter(pk=entry.vendor_id).update(name=SCRIPT)

    page = auditor_client.get("/demo/ledger/").text

    assert reference in page
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_an_empty_ledger_says_so(auditor_client, queue):
    assert "Nothing is posted yet." in auditor_client.get("/demo/ledger/").text


# --- one click ------------------------------------------------------------------------------------


def sign_in(client, username="bea", **headers):
    return client.post("/demo/sign-in/", {"username": username}, headers=headers)


@pytest.mark.parametrize(
    ("username", "landing"), [("bea", "/inbox/"), ("sam", "/"), ("ada", "/"), ("ari", "/")]
)
def test_one_click_signs_in_as_somebody_of_the_demo(queue, username, landing):
    client = Client()

    answer = sign_in(client, username)

    assert answer["Location"] == landing
    assert client.get("/").wsgi_request.user.username == username


def test_one_click_leads_to_the_page_that_was_asked_for(queue):
    answer = Client().post("/demo/sign-in/", {"username": "bea", "next": "/queues/"})

    assert answer["Location"] == "/queues/"


def test_the_sign_in_page_offers_them_on_this_machine_only(queue):
    assert "Bea Business" in Client().get("/sign-in/").text
    assert "Bea Business" not in Client(REMOTE_ADDR="10.0.0.7").get("/sign-in/").text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_is_refused(queue, header):
    client = Client()

    assert sign_in(client, **{header: "127.0.0.1"}).status_code == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.2", "2001:db8::1", "", "nonsense"])
def test_other_machines_are_refused(queue, address):
    client = Client(REMOTE_ADDR=address)

    assert sign_in(client).status_code == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("name", "value"), [("LOOPBACK_ONLY", False), ("DEMO_ENABLED", False)])
def test_a_server_that_others_reach_offers_no_click(queue, settings, name, value):
    setattr(settings, name, value)

    assert sign_in(Client()).status_code == 403


def test_strangers_and_people_with_passwords_are_nobodys_by_a_click(queue, admin):
    client = Client()
    assert sign_in(client, "admin").status_code == 404
    assert sign_in(client, "nobody").status_code == 404

    ada = User.objects.get(username="ada")
    ada.set_password("a long enough password")
    ada.save()
    assert sign_in(client, "ada").status_code == 403

    User.objects.filter(username="bea").update(is_active=False)
    assert sign_in(client, "bea").status_code == 404
    assert "_auth_user_id" not in client.session


def test_a_click_from_another_site_is_refused(queue):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client).status_code == 403
    assert "_auth_user_id" not in client.session
