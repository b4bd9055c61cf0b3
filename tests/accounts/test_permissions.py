"""Who may do what: roles give rights by folder, and nothing else does."""

import pytest

from apps.accounts.models import Folder, Membership, User
from apps.accounts.permissions import Action, Rights, can, require, rights_of
from apps.accounts.roles import GRANTS, Role
from apps.lib.errors import NotAllowedError
from tests.factories import make_folder, make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("action", list(Action))
def test_a_role_gives_its_rights_in_its_folder_alone(role: str, action: Action, folder: Folder):
    other = make_folder()
    person = make_person(role=role, folder=folder)

    assert can(person, action, folder.pk) is (action in GRANTS[role])
    assert not can(person, action, other.pk)
    assert not can(person, action, None)


def test_an_auditor_changes_nothing():
    changing = {Action.DECIDE, Action.OPERATE, Action.DESIGN, Action.ADMINISTER}

    assert not changing & GRANTS[Role.AUDITOR]


def test_a_superuser_is_admin_of_every_folder(folder: Folder):
    root = User.objects.create_superuser("root")

    assert can(root, Action.ADMINISTER, folder.pk)


def test_who_is_disabled_may_nothing(folder: Folder):
    person = make_person(role=Role.ADMIN, folder=folder)
    person.is_active = False

    assert rights_of(person) == Rights()


def test_equal_roles_are_one_audience(folder: Folder):
    one, two = (make_person(role=Role.SUPERVISOR, folder=folder) for _ in range(2))

    assert hash(rights_of(one)) == hash(rights_of(two))
    assert rights_of(one) == rights_of(two)


def test_a_refusal_names_the_roles_that_would_do(folder: Folder):
    person = make_person(role=Role.AUDITOR, folder=folder)

    with pytest.raises(NotAllowedError) as refusal:
        require(person, Action.OPERATE, folder.pk)

    assert "Supervisor" in refusal.value.message


def test_rights_are_found_with_one_query(folder: Folder, django_assert_num_queries):
    person = make_person(role=Role.AUDITOR, folder=folder)
    Membership.objects.create(user=person, folder=make_folder(), role=Role.DESIGNER)

    with django_assert_num_queries(1):
        assert len(rights_of(person).by_folder) == 2
        assert can(person, Action.VIEW, folder.pk)
