"""API tokens: shown once, kept as a digest, of use until they are revoked."""

import hashlib
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import ApiToken, Folder, User
from apps.accounts.tokens import create_token, revoke_token
from apps.events.models import Event
from apps.lib.errors import ConflictError, NotAllowedError
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r"cr_[A-Za-z0-9]{8}_[A-Za-z0-9]{43}")


def test_a_token_is_kept_as_a_digest_only(supervisor: User, folder: Folder):
    token, text = create_token(supervisor, folder, name="bot", by=supervisor.actor)

    assert TOKEN.fullmatch(text)
    assert token.digest == hashlib.sha256(text.encode()).hexdigest()
    stored = str(ApiToken.objects.values().get()) + str(list(Event.objects.values()))
    assert text.rpartition("_")[2] not in stored


def test_a_token_is_for_a_folder_where_its_user_may_something(supervisor: User):
    with pytest.raises(NotAllowedError):
        create_token(supervisor, make_folder(), name="bot", by=supervisor.actor)


def test_a_revoked_token_is_revoked_once(supervisor: User, folder: Folder):
    token, _ = create_token(supervisor, folder, name="bot", by=supervisor.actor)

    revoke_token(token, by=supervisor.actor)

    with pytest.raises(ConflictError):
        revoke_token(token, by=supervisor.actor)
    assert Event.objects.filter(kind="token.revoked").count() == 1


def test_the_page_shows_a_new_token_once(admin_client: Client, supervisor: User):
    form = {"name": "ERP", "user": supervisor.pk, "days": "90"}

    page = admin_client.post("/settings/tokens/new/", form).content.decode()

    found = TOKEN.search(page)
    assert found
    listed = admin_client.get("/settings/tokens/").content.decode()
    assert "ERP" in listed
    assert found[0] not in listed
    assert found[0][:11] in listed


def test_the_page_revokes(admin_client: Client, supervisor: User, folder: Folder):
    token, _ = create_token(supervisor, folder, name="bot", by=supervisor.actor)

    admin_client.post(f"/settings/tokens/{token.pk}/revoke/")

    assert not ApiToken.objects.usable().exists()


def test_tokens_of_other_folders_are_not_there(admin_client: Client):
    stranger = make_person()
    place = stranger.memberships.get().folder
    token, _ = create_token(stranger, place, name="bot", by=stranger.actor)

    assert admin_client.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404


def test_a_token_can_not_act_as_somebody_from_elsewhere(admin_client: Client):
    stranger = make_person()

    answer = admin_client.post("/settings/tokens/new/", {"name": "x", "user": stranger.pk})

    assert answer.status_code == 422


def test_only_people_whom_the_admin_manages_are_offered(
    admin_client: Client, supervisor: User, folder: Folder
):
    """And who is chosen all the same is refused in the form, which stays as it was."""
    shared = make_person(folder=folder)
    shared.memberships.create(folder=make_folder(), role="admin")
    root = User.objects.create_superuser("root", "", "a very long password")

    offered = admin_client.get("/settings/tokens/new/").context["form"].fields["user"].queryset

    assert supervisor in offered
    assert shared not in offered
    assert root not in offered
    answer = admin_client.post("/settings/tokens/new/", {"name": "ERP", "user": shared.pk})
    assert answer.status_code == 422
    assert 'value="ERP"' in answer.text
    assert not ApiToken.objects.exists()


def test_superusers_are_offered_all_of_the_folder(client_of, supervisor: User):
    supervisor.memberships.create(folder=make_folder(), role="admin")
    root = User.objects.create_superuser("root", "", "a very long password")

    page = client_of(root).get("/settings/tokens/new/")

    assert {supervisor, root} <= set(page.context["form"].fields["user"].queryset)


def test_auditors_read_the_tokens_and_change_none(
    auditor_client: Client, supervisor: User, folder: Folder
):
    assert "/settings/tokens/new/" not in auditor_client.get("/settings/tokens/").text
    token, _ = create_token(supervisor, folder, name="ERP", by=supervisor.actor)

    page = auditor_client.get("/settings/tokens/").text

    assert "ERP" in page
    assert "/settings/tokens/new/" not in page
    assert "/revoke/" not in page
    assert auditor_client.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 403


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("token", "create", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_prints_the_token_alone_on_the_last_line(supervisor: User, folder: Folder):
    lines = run_command("--user", "supervisor", "--name", "bot").splitlines()

    assert TOKEN.fullmatch(lines[-1])
    assert ApiToken.objects.get().folder == folder


def test_the_command_takes_the_folder_by_its_key(supervisor: User):
    second = make_folder("second")
    supervisor.memberships.create(folder=second, role="auditor")

    run_command("--user", "supervisor", "--name", "bot", "--folder", "second")

    assert ApiToken.objects.get().folder == second


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--user", "nobody", "--name", "x"], "no active person"),
        (["--user", "supervisor", "--name", "x", "--folder", "nowhere"], "'nowhere'"),
        (["--user", "supervisor", "--name", "x", "--days", "0"], "at least 1"),
    ],
)
def test_the_command_says_what_is_wrong(supervisor: User, arguments: list[str], sentence: str):
    with pytest.raises(CommandError, match=sentence):
        run_command(*arguments)
