"""Settings of people: invite, change, disable; who may, and what it leaves behind."""

import re

import pytest
from django.test import Client

from apps.accounts.models import ApiToken, Folder, Membership, User
from apps.accounts.roles import Role
from apps.accounts.tokens import create_token
from apps.events.models import Event
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db
INVITATION = {"username": "ada", "name": "Ada", "email": "ada@example.com", "role": "designer"}


def events(kind: str) -> list[Event]:
    return list(Event.objects.filter(kind=kind))


def link_in(page: str) -> str:
    found = re.search(r"http://testserver(/welcome/[^<\"]+)", page)
    assert found
    return found[1]


def test_inviting_makes_a_person_and_shows_a_link_once(admin_client: Client, folder: Folder):
    page = admin_client.post("/settings/people/new/", INVITATION).content.decode()

    ada = User.objects.get(username="ada")
    assert ada.memberships.get().role == Role.DESIGNER
    assert not ada.has_usable_password()
    assert link_in(page)
    assert [event.data["name"] for event in events("person.invited")] == ["Ada"]


def test_the_link_sets_a_password_once(admin_client: Client, client: Client):
    link = link_in(admin_client.post("/settings/people/new/", INVITATION).content.decode())
    passwords = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}

    assert client.get(link).status_code == 200
    assert client.post(link, {**passwords, "new_password2": "other"}).status_code == 422
    assert client.post(link, passwords)["Location"] == "/sign-in/"

    assert User.objects.get(username="ada").check_password("correct horse battery")
    assert client.post(link, passwords).status_code == 404


@pytest.mark.parametrize(
    "link", ["/welcome/MQ/x-y/", "/welcome/%F0%9F/x/", "/welcome/OTk5OTk5OTk5OTk5OTk5OTk5OTk/x-y/"]
)
def test_made_up_links_are_refused(client: Client, link: str):
    assert client.get(link).status_code == 404


def test_a_taken_user_name_is_refused_whatever_its_case(admin_client: Client, admin: User):
    answer = admin_client.post("/settings/people/new/", {**INVITATION, "username": "ADMIN"})

    assert answer.status_code == 422
    assert "Somebody has this user name already" in answer.content.decode()


def test_a_save_shows_before_and_after_once(admin_client: Client, supervisor: User):
    form = {"name": "Sue", "email": supervisor.email, "role": "auditor"}
    page = f"/settings/people/{supervisor.pk}/"

    assert admin_client.post(page, form)["Location"] == page

    shown = admin_client.get(page).content.decode()
    assert "<del>supervisor</del>" in shown
    assert "<ins>auditor</ins>" in shown
    assert "Saved: before and after" not in admin_client.get(page).content.decode()
    assert Membership.objects.get(user=supervisor).role == Role.AUDITOR
    [event] = events("person.changed")
    assert {change["field"] for change in event.data["changes"]} == {"name", "role"}


def test_disabling_ends_sessions_and_tokens_at_once_and_for_good(
    admin_client: Client, supervisor: User, supervisor_client: Client, folder: Folder
):
    create_token(supervisor, folder, name="bot", by=supervisor.actor)
    assert supervisor_client.get("/profile/").status_code == 200

    admin_client.post(f"/settings/people/{supervisor.pk}/disable/")

    assert supervisor_client.get("/profile/").status_code == 302
    assert not ApiToken.objects.usable().exists()

    admin_client.post(f"/settings/people/{supervisor.pk}/enable/")

    assert supervisor_client.get("/profile/").status_code == 302
    assert not ApiToken.objects.usable().exists()
    assert [len(events(f"person.{verb}")) for verb in ("disabled", "enabled")] == [1, 1]


def test_nobody_can_disable_themselves(admin_client: Client, admin: User, folder: Folder):
    make_person(role=Role.ADMIN, folder=folder)

    answer = admin_client.post(f"/settings/people/{admin.pk}/disable/")

    assert answer.status_code == 409
    assert User.objects.get(pk=admin.pk).is_active


def test_the_last_admin_stays_admin(admin_client: Client, admin: User):
    form = {"name": "Admin", "email": "", "role": "auditor"}

    answer = admin_client.post(f"/settings/people/{admin.pk}/", form)

    assert answer.status_code == 409
    assert Membership.objects.get(user=admin).role == Role.ADMIN


def test_one_of_two_admins_may_go(admin_client: Client, folder: Folder):
    second = make_person(role=Role.ADMIN, folder=folder)

    answer = admin_client.post(f"/settings/people/{second.pk}/disable/")

    assert answer.status_code == 302
    assert not User.objects.get(pk=second.pk).is_active


def test_removing_takes_role_and_tokens_of_this_folder_only(admin_client: Client, folder: Folder):
    elsewhere = make_folder()
    person = make_person(role=Role.DESIGNER, folder=folder)
    person.memberships.create(folder=elsewhere, role=Role.ADMIN)
    for place in (folder, elsewhere):
        create_token(person, place, name="bot", by=person.actor)

    admin_client.post(f"/settings/people/{person.pk}/remove/")

    assert [each.folder for each in person.memberships.all()] == [elsewhere]
    assert [each.folder for each in ApiToken.objects.usable()] == [elsewhere]


@pytest.mark.parametrize("verb", ["disable", "enable", "link", ""])
def test_an_admin_can_not_take_over_the_admin_of_another_folder(
    admin_client: Client, folder: Folder, verb: str
):
    person = make_person(role=Role.AUDITOR, folder=folder)
    person.memberships.create(folder=make_folder(), role=Role.ADMIN)
    form = {"name": "x", "email": "mine@example.com", "role": "auditor"}

    answer = admin_client.post(f"/settings/people/{person.pk}/{verb}/".replace("//", "/"), form)

    assert answer.status_code == 403
    person.refresh_from_db()
    assert (person.is_active, person.email) == (True, f"{person.username}@example.com")


def test_an_admin_can_not_take_over_a_superuser(admin_client: Client):
    root = User.objects.create_superuser("root", "", "a very long password")

    assert admin_client.post(f"/settings/people/{root.pk}/link/").status_code == 403


def test_people_of_other_folders_are_not_there(admin_client: Client):
    stranger = make_person(role=Role.AUDITOR)

    assert admin_client.get(f"/settings/people/{stranger.pk}/").status_code == 404
    assert stranger.name not in admin_client.get("/settings/people/").content.decode()


PAGES = ["/settings/people/", "/settings/people/new/", "/settings/tokens/", "/settings/tokens/new/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["business_user", "supervisor", "designer"])
def test_only_admins_and_auditors_see_people_and_tokens(
    page: str, role: str, folder: Folder, client_of
):
    person = make_person(role=role, folder=folder)

    assert client_of(person).get(page).status_code == 403


def test_auditors_read_people_and_change_none(auditor_client: Client, supervisor: User):
    page = f"/settings/people/{supervisor.pk}/"

    listed = auditor_client.get("/settings/people/").text
    shown = auditor_client.get(page)

    assert supervisor.name in listed
    assert "/settings/people/new/" not in listed
    assert all(field.disabled for field in shown.context["form"].fields.values())
    assert "Save</button>" not in shown.text
    assert not any(verb in shown.text for verb in ("/disable/", "/link/", "/remove/"))
    for address in ("", "disable/", "enable/", "link/", "remove/"):
        assert auditor_client.post(page + address, INVITATION).status_code == 403
    for address in ("/settings/people/new/", "/settings/tokens/new/"):
        assert auditor_client.get(address).status_code == 403
        assert auditor_client.post(address, INVITATION).status_code == 403


def test_admins_keep_the_buttons(admin_client: Client, supervisor: User):
    lists = {
        "/settings/people/": "/settings/people/new/",
        "/settings/tokens/": "/settings/tokens/new/",
        "/settings/queues/": "/settings/queues/new/",
        "/settings/bots/": "/settings/bots/pool/new/",
    }

    for page, button in lists.items():
        assert button in admin_client.get(page).text

    person = admin_client.get(f"/settings/people/{supervisor.pk}/").text
    assert "Save</button>" in person
    assert "/disable/" in person
    assert "Save</button>" in admin_client.get("/settings/queues/new/").text
    assert "Save</button>" in admin_client.get("/settings/bots/pool/new/").text


@pytest.mark.parametrize("page", [*PAGES, "/settings/", "/profile/", "/profile/password/"])
def test_the_pages_are_there(page: str, admin_client: Client):
    assert admin_client.get(page).status_code == 200


def test_a_profile_is_saved_with_before_and_after(supervisor_client: Client, supervisor: User):
    form = {
        "name": "Sue",
        "email": "",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "theme": "dark",
    }

    answer = supervisor_client.post("/profile/", form)

    assert answer["Location"] == "/profile/"
    shown = supervisor_client.get("/profile/").content.decode()
    assert "<ins>Europe/Berlin</ins>" in shown
    supervisor.refresh_from_db()
    assert (supervisor.theme, supervisor.time_zone) == ("dark", "Europe/Berlin")
    assert len(events("person.profile_changed")) == 1


def test_an_unknown_time_zone_is_refused(supervisor_client: Client):
    form = {"language": "en", "time_zone": "Mars/Base", "theme": "dark"}

    answer = supervisor_client.post("/profile/", form)

    assert answer.status_code == 422
    assert 'id="id_time_zone_error"' in answer.text


def test_who_has_chosen_no_zone_has_the_organisation_s(supervisor_client: Client, settings):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"

    page = supervisor_client.get("/profile/").text

    assert 'data-time-zone="Europe/Berlin"' in page
    assert "Like the organisation (Europe/Berlin)" in page
    assert '<select name="language"' in page


def test_changing_the_password_ends_the_other_sessions(client_of, supervisor: User):
    here, elsewhere = client_of(supervisor), client_of(supervisor)
    form = {
        "old_password": "a long enough password",
        "new_password1": "correct horse battery",
        "new_password2": "correct horse battery",
    }

    assert here.post("/profile/password/", {**form, "old_password": "x"}).status_code == 422
    assert here.post("/profile/password/", form)["Location"] == "/profile/"

    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
