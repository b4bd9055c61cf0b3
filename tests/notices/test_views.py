"""The bell, its panel, the page of notices, and reading them."""

import re

import pytest

from apps.events import fragments
from apps.notices.lifecycle import notify
from apps.notices.listing import own_argument
from apps.notices.models import Notice
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def tell(person, title="Invoice 4711", kind="task_assigned", **more):
    notify([person.pk], kind, title=title, **more)
    return Notice.objects.filter(user=person).latest("pk")


def bell_of(client):
    text = client.get("/notices/").text
    return re.search(r'data-live="notices\.count:[^>]*>(.*?)</summary>', text, re.DOTALL)[1]


def test_the_bell_counts_what_is_new_to_this_person(supervisor, admin, supervisor_client):
    tell(supervisor)
    tell(supervisor)
    tell(admin)

    assert "2 new" in bell_of(supervisor_client)


def test_nobody_is_shown_what_another_person_was_told(supervisor, admin):
    tell(admin, "For the admin alone")
    audience = fragments.audience_of(supervisor)
    forged = own_argument(supervisor.pk).replace(f"user={supervisor.pk}", f"user={admin.pk}")

    assert "alone" in fragments.render(f"notices.list:{own_argument(admin.pk)}", audience).html
    assert fragments.render(f"notices.list:{forged}", audience) is None
    assert fragments.render(f"notices.count:user={admin.pk}", audience) is None


def test_the_panel_folds_what_is_alike(supervisor, supervisor_client):
    for n in range(12):
        tell(supervisor, f"Invoice {n}", "task_offered")
    tell(supervisor, "You, please", "task_mentioned", url="/inbox/7/")

    text = supervisor_client.get("/notices/panel/").text

    assert "× 12" in text
    assert "Invoice 11" in text
    assert "Invoice 3" not in text
    assert "/notices/?tab=unread&amp;kind=task_offered" in text
    assert 'href="/inbox/7/"' in text


def test_the_list_shows_new_ones_first_and_filters_by_kind(supervisor, supervisor_client):
    read = tell(supervisor, "An old one")
    supervisor_client.post(f"/notices/{read.pk}/read/")
    tell(supervisor, "A new one")
    tell(supervisor, "Of another kind", "task_overdue")

    fresh = supervisor_client.get("/notices/").text
    every = supervisor_client.get("/notices/?tab=all").text
    late = supervisor_client.get("/notices/?kind=task_overdue").text

    assert "A new one" in fresh
    assert "An old one" not in fresh
    assert "An old one" in every
    assert "A new one" not in late
    assert "Of another kind" in late


def test_reading_one_all_and_what_a_page_shows(supervisor, admin, supervisor_client):
    first, foreign = tell(supervisor), tell(admin)
    tell(supervisor, subject=("task", 12))
    third = tell(supervisor)
    tell(supervisor, "Came meanwhile")

    supervisor_client.post(f"/notices/{first.pk}/read/")
    supervisor_client.post(f"/notices/{foreign.pk}/read/")
    supervisor_client.post("/notices/seen/", {"subject": "task:12"})
    supervisor_client.post("/notices/seen/", {"subject": "user:x"})
    supervisor_client.post("/notices/read/", {"up_to": third.pk})

    left = Notice.objects.unread().values_list("user", "title")
    assert set(left) == {(supervisor.pk, "Came meanwhile"), (admin.pk, "Invoice 4711")}


def test_marking_all_keeps_the_filters_and_reading_is_never_a_get(supervisor, supervisor_client):
    notice = tell(supervisor)

    answer = supervisor_client.post("/notices/read/", {"query": "tab=all&kind=task_overdue"})

    assert answer["Location"] == "/notices/?tab=all&kind=task_overdue"
    assert supervisor_client.get("/notices/read/").status_code == 405
    assert supervisor_client.get(f"/notices/{notice.pk}/read/").status_code == 405


def test_what_programs_put_into_a_title_is_only_text(supervisor, supervisor_client):
    tell(supervisor, "<script>alert(1)</script>", body="<img src=x onerror=alert(1)>")

    for address in ("/notices/", "/notices/panel/"):
        text = supervisor_client.get(address).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_people_without_a_folder_have_a_bell_too(client_of):
    person = make_person(role=None)
    tell(person, "Welcome")

    assert "Welcome" in client_of(person).get("/notices/").text


def test_a_long_list_goes_on_page_by_page(supervisor, supervisor_client):
    for n in range(60):
        tell(supervisor, f"number {n}.")

    first = supervisor_client.get("/notices/").text
    after = re.search(r'href="/notices/\?(after=[^"]+)" ?', first)[1]
    second = supervisor_client.get(f"/notices/?{after}").text

    assert "number 59." in first
    assert "number 9." not in first
    assert "number 9." in second
