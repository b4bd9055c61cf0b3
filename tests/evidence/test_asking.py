"""Who may have a pack made, from the page and by API, and what is refused; the key."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest
from django.db import connection

from apps.accounts.roles import Role
from apps.events.models import Event
from apps.evidence.keys import known_public_keys, signing_key
from apps.evidence.models import EvidenceKey
from apps.evidence.verifying import verify
from tests.api.conftest import program_of
from tests.factories import make_folder, make_person
from tests.factories_queues import make_queue
from tests.inbox.rows import INVOICE, PAYLOAD
from tests.search.made import item_called

PAGE = "/audit/evidence/"
MAY_NOT = [Role.BUSINESS_USER, Role.SUPERVISOR, Role.DESIGNER]
NO_NAMES = ["a" * 10_000, "a\x01b", "", " ", "../../x", "NOT-THERE"]


def said(folder, **more):
    return {"reference": "INV-1", "folder": folder.key, "reason": "Court order", **more}


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.django_db
class TestThePage:
    def test_an_auditor_gets_from_the_timeline_to_a_pack(self, auditor_client, folder):
        item_called("INV-1", folder)

        timeline = auditor_client.get("/timeline/INV-1/").text
        assert f'href="{PAGE}?reference=INV-1"' in timeline
        assert 'value="INV-1"' in auditor_client.get(f"{PAGE}?reference=INV-1").text
        answer = auditor_client.post(PAGE, said(folder))

        assert answer.headers["Content-Type"] == "application/zip"
        assert 'filename="evidence-INV-1.zip"' in answer.headers["Content-Disposition"]
        assert verify(BytesIO(body_of(answer)), known_public_keys()).faults == []
        assert "made an evidence pack about “INV-1”: Court order" in auditor_client.get(
            "/audit/?action=audit"
        ).text.replace("&quot;", '"')

    def test_an_auditor_can_not_have_personal_data(self, auditor_client, folder):
        queue = make_queue(folder=folder, payload_schema=INVOICE)
        item_called("INV-1", folder, queue=queue, payload=PAYLOAD)

        assert "with_personal_data" not in auditor_client.get(PAGE).text
        answer = auditor_client.post(PAGE, said(folder, with_personal_data="on"))

        assert PAYLOAD["iban"].encode() not in body_of(answer)
        assert not Event.objects.filter(kind="work_item.revealed").exists()

    def test_rights_of_another_folder_do_not_reveal_here(self, client_of, folder):
        both = make_person(role=Role.AUDITOR, folder=folder)
        both.memberships.create(folder=make_folder(), role=Role.ADMIN)
        item_called("INV-1", folder)

        answer = client_of(both).post(PAGE, said(folder, with_personal_data="on"))

        assert answer.status_code == 403
        assert not Event.objects.filter(kind="audit.evidence_made").exists()

    @pytest.mark.parametrize("role", MAY_NOT)
    def test_others_have_no_button_and_no_pack(self, client_of, folder, role):
        item_called("INV-1", folder)
        client = client_of(make_person(role=role, folder=folder))

        assert PAGE not in client.get("/timeline/INV-1/").text
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, said(folder)).status_code == 403

    def test_a_thing_without_a_reference_has_no_button(self, admin_client, folder):
        item = item_called("", folder)

        assert PAGE not in admin_client.get(f"/search/timeline/item/{item.pk}/").text

    @pytest.mark.parametrize("name", NO_NAMES)
    def test_what_bears_no_such_name_is_refused_on_the_page(self, admin_client, folder, name):
        answer = admin_client.post(PAGE, said(folder, reference=name))

        assert answer.status_code in {404, 422}
        assert 'id="id_reference_error"' in answer.text

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "a\x07b"])
    def test_a_reason_is_a_must(self, admin_client, folder, reason):
        item_called("INV-1", folder)

        answer = admin_client.post(PAGE, said(folder, reason=reason))

        assert answer.status_code == 422
        assert 'id="id_reason_error"' in answer.text
        assert not Event.objects.filter(kind="audit.evidence_made").exists()

    def test_another_folder_is_not_there_to_choose(self, auditor_client, folder):
        other = make_folder()
        item_called("INV-1", other)

        assert auditor_client.post(PAGE, said(other)).status_code == 422
        assert auditor_client.post(PAGE, said(folder)).status_code == 404

    def test_the_key_is_for_whoever_is_signed_in(self, client, auditor_client):
        assert client.get("/audit/evidence-key.pem").status_code == 302
        assert auditor_client.get("/audit/evidence-key.pem").text == known_public_keys()[0]
        assert auditor_client.post("/audit/evidence-key.pem").status_code == 405


@pytest.mark.django_db
class TestTheApi:
    def ask(self, person, folder, **more):
        asked = {"reference": "INV-1", "reason": "Court order", **more}
        return program_of(person, folder).post("/evidence", asked)

    def test_a_program_gets_a_pack_and_the_key_to_check_it(self, folder, admin):
        item_called("INV-1", folder)

        pack = body_of(self.ask(admin, folder))
        key = program_of(admin, folder).get("/evidence/key").text

        assert verify(BytesIO(pack), [key]).faults == []

    @pytest.mark.parametrize("name", NO_NAMES)
    def test_nonsense_is_not_there(self, folder, admin, name):
        assert self.ask(admin, folder, reference=name).status_code == 404

    @pytest.mark.parametrize("wrong", [{"reason": ""}, {"reason": 7}, {"more": 1}])
    def test_what_is_wrong_is_named(self, folder, admin, wrong):
        item_called("INV-1", folder)

        answer = self.ask(admin, folder, **wrong)

        assert answer.status_code == 422
        assert json.loads(answer.content)["errors"]

    def test_personal_data_are_for_who_may_reveal(self, folder, admin, auditor):
        item_called("INV-1", folder)

        assert body_of(self.ask(auditor, folder))
        assert self.ask(auditor, folder, with_personal_data=True).status_code == 403
        assert body_of(self.ask(admin, folder, with_personal_data=True))


@pytest.mark.django_db
def test_the_private_key_is_sealed_and_a_new_one_made_only_when_nothing_opens_it(settings):
    first = signing_key()
    assert "PRIVATE" not in EvidenceKey.objects.get().sealed_private_pem

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another " * 8
    assert signing_key().public_pem == first.public_pem

    settings.SECRET_KEY_FALLBACKS = []
    second = signing_key()
    assert known_public_keys() == [second.public_pem, first.public_pem]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_several_that_need_the_first_key_at_once_get_the_same():
    together = Barrier(4)

    def get() -> str:
        try:
            together.wait(timeout=10)
            return signing_key().public_pem
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = {each.result() for each in [pool.submit(get) for _n in range(4)]}

    assert found == set(known_public_keys())
    assert len(found) == 1
