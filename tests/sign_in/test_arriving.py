"""Who comes by another service: known, linked, new, or sent away; and what their groups may do."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.entry.groups import read_rules, write_rules
from apps.accounts.models import Folder, Membership, SignInProvider, Team, User
from apps.accounts.roles import Role
from apps.lib.errors import InvalidError
from tests.factories import make_folder, make_person
from tests.sign_in.helping import is_in, kinds_of
from tests.sign_in.issuer import Issuer

pytestmark = pytest.mark.django_db


@pytest.fixture
def namesake(supervisor: User) -> User:
    User.objects.filter(pk=supervisor.pk).update(email="Ann@Example.com")
    return supervisor


def allow(**what: object) -> None:
    SignInProvider.objects.update(**what)


def test_a_stranger_is_sent_away_and_leaves_no_account(client: Client, arrive: Callable):
    answer = arrive(client)

    assert answer.status_code == 403
    assert "Nobody here knows you yet" in answer.content.decode()
    assert not User.objects.filter(email="ann@example.com").exists()


def test_a_stranger_gets_an_account_where_an_admin_allowed_it(
    client: Client, arrive: Callable, issuer: Issuer, folder: Folder
):
    allow(makes_people=True)
    issuer.person |= {"name": "Ann Other", "preferred_username": "ann"}

    assert arrive(client).status_code == 302
    ann = User.objects.get(username="ann")
    assert (ann.name, ann.email, ann.has_usable_password()) == (
        "Ann Other",
        "ann@example.com",
        False,
    )
    assert not ann.is_superuser
    assert not ann.is_staff
    assert kinds_of(ann)[:2] == ["person.made", "person.identity_linked"]

    again = Client()
    arrive(again)
    assert User.objects.filter(username__startswith="ann").count() == 1


@pytest.mark.parametrize("said", ["Supervisor", "supervisor", " supervisor ", "x" * 400, "a b", 5])
def test_a_name_that_somebody_has_is_not_theirs(
    client: Client, arrive: Callable, issuer: Issuer, supervisor: User, said: object
):
    allow(makes_people=True)
    issuer.person |= {"preferred_username": said, "sub": "u-9"}

    arrive(client)

    assert client.session.get("_auth_user_id") != str(supervisor.pk)
    assert User.objects.filter(username__iexact="supervisor").count() == 1


@pytest.mark.parametrize(
    ("allowed", "verified"),
    [(False, True), (True, False), (True, "true"), (True, None), (True, 1)],
)
def test_an_address_alone_takes_over_no_account(
    client: Client,
    arrive: Callable,
    issuer: Issuer,
    namesake: User,
    allowed: bool,
    verified: object,
):
    allow(makes_people=True, links_by_email=allowed)
    issuer.person |= {"email_verified": verified}

    answer = arrive(client)

    assert answer.status_code == 403
    assert "Somebody here has your e-mail address" in answer.content.decode()
    assert not is_in(client)
    assert not namesake.socialaccount_set.exists()


def test_a_verified_address_stands_for_its_account_where_an_admin_allowed_it(
    client: Client, arrive: Callable, namesake: User
):
    allow(links_by_email=True)

    assert arrive(client).status_code == 302
    assert client.session["_auth_user_id"] == str(namesake.pk)
    assert "person.identity_linked" in kinds_of(namesake)


@pytest.mark.parametrize("what", ["superuser", "two of them", "disabled"])
def test_an_address_never_stands_for_these(
    client: Client, arrive: Callable, namesake: User, folder: Folder, what: str
):
    allow(links_by_email=True)
    if what == "two of them":
        other = make_person("other", role=Role.SUPERVISOR, folder=folder)
        User.objects.filter(pk=other.pk).update(email="ann@example.com")
    else:
        fields = {"superuser": {"is_superuser": True}, "disabled": {"is_active": False}}[what]
        User.objects.filter(pk=namesake.pk).update(**fields)

    assert arrive(client).status_code == 403
    assert not is_in(client)


def test_the_subject_counts_and_not_the_address(
    client: Client, arrive: Callable, issuer: Issuer, supervisor: User, designer: User
):
    supervisor.socialaccount_set.create(provider="acme", uid="u-1")
    User.objects.filter(pk=designer.pk).update(email="ann@example.com")
    allow(links_by_email=True)

    arrive(client)

    assert client.session["_auth_user_id"] == str(supervisor.pk)


def rules(folder: Folder, *more: str) -> list[dict[str, str]]:
    return read_rules("\n".join([f"rpa-admins = {folder.key}: admin", *more]))


def test_groups_give_roles_and_teams_and_take_them_away(
    client: Client, arrive: Callable, issuer: Issuer, folder: Folder, admin: User
):
    second = make_folder("second")
    Team.objects.create(folder=folder, key="desk", title="Desk")
    more = [f"desk = {folder.key}: business user: desk", "desk = second: auditor"]
    allow(makes_people=True, group_rules=rules(folder, *more))
    issuer.person |= {"groups": ["desk", 5, None, "unknown"]}

    arrive(client)
    ann = User.objects.get(email="ann@example.com")
    assert roles_of(ann) == {folder.key: "business_user", "second": "auditor"}
    assert ann.teams.get().key == "desk"

    issuer.person |= {"groups": "rpa-admins"}
    arrive(Client())
    assert roles_of(ann) == {folder.key: "admin"}
    assert not Membership.objects.filter(folder=second).exists()
    assert kinds_of(ann).count("person.groups_followed") == 2


def roles_of(person: User) -> dict[str, str]:
    return dict(person.memberships.values_list("folder__key", "role"))


def test_folders_that_no_rule_names_are_left_alone(
    client: Client, arrive: Callable, folder: Folder, supervisor: User
):
    supervisor.socialaccount_set.create(provider="acme", uid="u-1")
    make_folder("second")
    allow(group_rules=read_rules("desk = second: auditor"))

    arrive(client)

    assert roles_of(supervisor) == {folder.key: "supervisor"}


def test_the_last_admin_of_a_folder_stays_one(
    client: Client, arrive: Callable, folder: Folder, admin: User
):
    admin.socialaccount_set.create(provider="acme", uid="u-1")
    allow(group_rules=rules(folder))

    arrive(client)

    assert roles_of(admin) == {folder.key: "admin"}


@pytest.mark.parametrize("groups", [None, [], "", {}, {"rpa-admins": True}, 7, ["RPA-ADMINS"]])
def test_who_is_in_no_group_of_the_rules_gets_no_account(
    client: Client, arrive: Callable, issuer: Issuer, folder: Folder, groups: object
):
    allow(makes_people=True, group_rules=rules(folder))
    issuer.person |= {"groups": groups}

    assert arrive(client).status_code == 403
    assert not User.objects.filter(email="ann@example.com").exists()


@pytest.mark.parametrize(
    "line",
    ["nonsense", "= main: admin", "a = ", "a = nowhere: admin", "a = main: king", "a = main",
     "a = main: admin: no-team", "a = main: admin: b: c"],
)  # fmt: skip
def test_rules_that_are_wrong_are_refused_by_line(db: None, line: str):
    Folder.objects.get_or_create(key="main", title="Main")

    with pytest.raises(InvalidError, match="Line 2"):
        read_rules(f"good = main: admin\n{line}")


def test_rules_are_written_as_they_are_read(db: None):
    Folder.objects.get_or_create(key="main", title="Main")
    text = "a=b = main: admin\ncn=x,dc=y = main: business_user"

    assert write_rules(read_rules(text)) == text


def test_linking_is_for_whoever_asked_for_it_in_their_session(
    supervisor: User, designer: User, client_of: Callable, provider: SignInProvider, issuer: Issuer
):
    mine, theirs = client_of(supervisor), client_of(designer)
    back = issuer.authorize(mine.post("/profile/security/with/acme/")["Location"])

    assert theirs.get(back).status_code == 403
    assert mine.get(back)["Location"] == "/profile/security/"
    assert supervisor.socialaccount_set.get().uid == "u-1"
    again = issuer.authorize(theirs.post("/profile/security/with/acme/")["Location"])
    assert theirs.get(again).status_code == 403
    assert not designer.socialaccount_set.exists()


def test_a_superuser_s_roles_follow_no_group(
    client: Client, arrive: Callable, folder: Folder, admin: User
):
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    admin.socialaccount_set.create(provider="acme", uid="u-1")
    allow(group_rules=rules(folder))

    arrive(client)

    assert roles_of(admin) == {folder.key: "admin"}
