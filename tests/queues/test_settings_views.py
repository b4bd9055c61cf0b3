"""Settings of queues: who may, what is refused, and that each save shows before and after."""

import json

import pytest
from django.urls import reverse

from apps.events.models import Event
from apps.queues.lifecycle import DuplicateReferenceError, NewItem, add_item
from apps.queues.models import WorkQueue
from tests.factories import make_folder
from tests.factories_limits import make_application, make_limit
from tests.factories_queues import ANNA, make_item, make_queue
from tests.queues.pages import SCRIPT, queue_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(folder):
    return queue_in(folder, title="Invoices", sla_seconds=3600)


def address_of(queue):
    return reverse("queue_settings:edit", args=[queue.pk])


def said(**changes):
    return {
        "key": "claims", "title": "Claims", "max_runs": 1, "max_attempts": 3,
        "retry_delay_seconds": 30, "retry_backoff": "exponential", "lease_seconds": 60,
        "on_business_exception": "inbox", "on_exhausted": "inbox", "due_lead_seconds": 3600,
        "seconds_per_point": 60, "unique_reference": "off", "cut_off_days": "working",
        "error_rules": "", "payload_schema": "", "share": 1, **changes,
    }  # fmt: skip


def test_a_queue_is_made(designer_client, folder):
    answer = designer_client.post(reverse("queue_settings:create"), said())

    queue = WorkQueue.objects.get(key="claims")
    assert answer["Location"] == address_of(queue)
    assert queue.folder == folder
    assert Event.objects.get(kind="work_queue.created").subject_id == queue.pk
    assert "Claims" in designer_client.get(reverse("queue_settings:list")).text


def test_a_save_shows_before_and_after_once(designer_client, queue):
    changed = said(title="Bills", on_exhausted="fail", sla_seconds=7200)

    page = designer_client.post(address_of(queue), changed, follow=True).text

    assert "<del>Invoices</del>" in page
    assert "<ins>Bills</ins>" in page
    # choices by name, not by key
    assert "<del>Ask a person</del>" in page
    assert "<ins>Fail the item</ins>" in page
    again = designer_client.get(address_of(queue)).text
    assert "Saved: before and after" not in again


def test_the_history_says_who_changed_what(designer_client, queue):
    designer_client.post(address_of(queue), said(title="Bills"))

    page = designer_client.get(address_of(queue)).text

    assert "Designer changed the queue" in page
    assert "<ins>Bills</ins>" in page


def test_a_save_without_changes_writes_nothing_down(designer_client, queue):
    designer_client.post(address_of(queue), said(title="Invoices", sla_seconds=3600,
                         payload_schema=json.dumps(queue.payload_schema)))  # fmt: skip

    assert not Event.objects.filter(kind="work_queue.changed").exists()


def test_references_from_before_are_known_once_they_have_to_be_unique(designer_client, folder):
    queue = make_queue(folder=folder)
    first, _second = (make_item(queue, reference="R1") for _ in range(2))

    designer_client.post(address_of(queue), said(unique_reference="reject"))

    queue.refresh_from_db()
    with pytest.raises(DuplicateReferenceError) as refused:
        add_item(queue, NewItem({}, reference="R1"), origin="api", by=ANNA)
    assert refused.value.existing_id == first.pk


def test_what_binds_a_queue_is_chosen_and_the_diff_says_it_by_name(designer_client, queue, folder):
    erp, mail = (make_application(folder, title=title) for title in ("ERP", "Mail"))
    seats = make_limit(folder, title="Sessions")
    queue.applications.add(mail)

    changed = said(
        applications=[erp.pk],
        limits=[seats.pk],
        required_capabilities=" sap, excel,sap ,",
        share=3,
    )
    page = designer_client.post(address_of(queue), changed, follow=True).text

    queue.refresh_from_db()
    assert (list(queue.applications.all()), list(queue.limits.all())) == ([erp], [seats])
    assert (queue.required_capabilities, queue.share) == (["excel", "sap"], 3)
    for before, after in (("Mail", "ERP"), ("–", "Sessions"), ("–", "excel, sap"), ("1", "3")):
        assert f"<del>{before}</del>" in page
        assert f"<ins>{after}</ins>" in page
    again = designer_client.get(address_of(queue)).text
    assert 'value="excel, sap"' in again


def test_applications_of_other_folders_are_not_for_choosing(designer_client, queue, folder):
    make_application(folder, title="Ours")
    theirs = make_application(make_folder(), title="Theirs")

    assert "Theirs" not in designer_client.get(address_of(queue)).text
    answer = designer_client.post(address_of(queue), said(applications=[theirs.pk]))

    assert answer.status_code == 422
    assert not queue.applications.exists()


def test_the_key_stays_as_it_is(designer_client, queue):
    designer_client.post(address_of(queue), said(key="other"))

    queue.refresh_from_db()
    assert queue.key == "invoices"


def test_two_queues_of_a_folder_do_not_share_a_key(designer_client, queue):
    answer = designer_client.post(reverse("queue_settings:create"), said(key="invoices"))

    assert answer.status_code == 422
    assert "There is a queue with this key" in answer.text


@pytest.mark.parametrize(("field", "text"), [
    ("payload_schema", "{"), ("payload_schema", '{"type": "nonsense"}'),
    ("payload_schema", '{"a": NaN}'), ("payload_schema", '{"a": 1, "a": 2}'),
    ("payload_schema", '{"title": "\\u0000"}'), ("payload_schema", "[1]"),
    ("error_rules", '[{"when": {"class": "business"}, "then": "explode"}]'),
    ("error_rules", '{"then": "skip"}'), ("error_rules", '["skip"]'),
    ("max_attempts", "0"), ("lease_seconds", "0"), ("max_in_progress", "0"), ("key", "Not a key"),
    ("cut_off_country", "XX1"), ("title", ""), ("title", "x" * 151), ("title", "a\x00b"),
    ("share", "0"), ("share", "101"), ("required_capabilities", "a\x00b"),
    ("required_capabilities", "x" * 61), ("required_capabilities", ",".join(map(str, range(21)))),
    ("applications", "7"), ("limits", "x"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(designer_client, folder, field, text):
    make_limit(application=make_application(folder))
    answer = designer_client.post(reverse("queue_settings:create"), said(**{field: text}))

    assert answer.status_code == 422
    assert f'href="#id_{field}"' in answer.text
    assert not WorkQueue.objects.exists()


def test_a_cut_off_and_a_duration_exclude_each_other(designer_client):
    both = said(sla_seconds=60, cut_off_time="17:00", cut_off_zone="Europe/Berlin")

    answer = designer_client.post(reverse("queue_settings:create"), both)

    assert answer.status_code == 422
    assert "not both" in answer.text


def test_a_cut_off_is_kept_and_shown_again(designer_client):
    wanted = said(cut_off_time="17:00", cut_off_zone="Europe/Berlin", cut_off_country="de")

    designer_client.post(reverse("queue_settings:create"), wanted)

    queue = WorkQueue.objects.get()
    assert queue.cut_off == {
        "time": "17:00", "zone": "Europe/Berlin", "days": "working", "country": "DE",
    }  # fmt: skip
    page = designer_client.get(address_of(queue)).text
    assert 'value="Europe/Berlin"' in page
    assert 'value="17:00' in page


def test_a_zone_that_does_not_exist_is_refused(designer_client):
    wanted = said(cut_off_time="17:00", cut_off_zone="Europe/Atlantis")

    assert designer_client.post(reverse("queue_settings:create"), wanted).status_code == 422


def test_error_rules_and_schema_are_kept(designer_client):
    rules = [{"when": {"class": "application", "code": "ERP-DOWN"}, "then": "pause_queue"}]
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}

    designer_client.post(
        reverse("queue_settings:create"),
        said(error_rules=json.dumps(rules), payload_schema=json.dumps(schema)),
    )

    queue = WorkQueue.objects.get()
    assert (queue.error_rules, queue.payload_schema) == (rules, schema)


def test_titles_stay_text(designer_client, folder):
    queue = queue_in(folder, title=SCRIPT)

    for address in (reverse("queue_settings:list"), address_of(queue)):
        assert SCRIPT not in designer_client.get(address).text


@pytest.mark.parametrize("role", ["business_client", "supervisor_client"])
def test_only_designers_and_admins_may(request, queue, role):
    client = request.getfixturevalue(role)

    for address in (reverse("queue_settings:list"), reverse("queue_settings:create")):
        assert client.get(address).status_code == 403
    assert client.get(address_of(queue)).status_code == 404
    assert client.post(address_of(queue), said()).status_code == 404


def test_auditors_read_all_and_change_nothing(auditor_client, queue):
    create = reverse("queue_settings:create")

    page = auditor_client.get(reverse("queue_settings:list")).text
    form = auditor_client.get(address_of(queue))

    assert "Invoices" in page
    assert create not in page
    assert all(field.disabled for field in form.context["form"].fields.values())
    assert "Save</button>" not in form.text
    assert auditor_client.post(address_of(queue), said(key=queue.key)).status_code == 403
    assert auditor_client.get(create).status_code == 403
    assert auditor_client.post(create, said()).status_code == 403
    assert WorkQueue.objects.get().title == "Invoices"


def test_without_queues_auditors_are_not_asked_to_make_one(auditor_client, folder):
    page = auditor_client.get(reverse("queue_settings:list")).text

    assert reverse("queue_settings:create") not in page


def test_auditors_of_one_folder_do_not_read_another(auditor_client):
    assert auditor_client.get(address_of(queue_in(None, "elsewhere"))).status_code == 404


def test_auditors_find_the_settings(auditor_client):
    page = auditor_client.get("/settings/").text

    for place in ("queues", "bots", "people", "tokens"):
        assert f'href="/settings/{place}/"' in page
    assert 'href="/settings/"' in page


def test_queues_of_other_folders_do_not_exist(designer_client):
    elsewhere = queue_in(None, "elsewhere")

    assert designer_client.get(address_of(elsewhere)).status_code == 404


def test_nothing_else_than_get_and_post(designer_client, queue):
    assert designer_client.delete(address_of(queue)).status_code == 405
    assert designer_client.post(reverse("queue_settings:list")).status_code == 405


def test_the_front_page_links_what_each_may_set(admin_client, designer_client, supervisor_client):
    everything = ["/settings/queues/", "/settings/bots/", "/settings/people/", "/settings/tokens/"]

    page = admin_client.get("/settings/").text
    assert all(f'href="{address}"' in page for address in everything)

    page = designer_client.get("/settings/").text
    assert 'href="/settings/queues/"' in page
    assert 'href="/settings/people/"' not in page
    assert supervisor_client.get("/settings/").status_code == 403
