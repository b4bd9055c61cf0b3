"""People to sign in as, one per role, and clients that are already signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Folder, User
from apps.accounts.roles import Role
from tests.factories import make_folder, make_person


@pytest.fixture
def folder(db: None) -> Folder:
    return make_folder()


@pytest.fixture
def admin(folder: Folder) -> User:
    return make_person("admin", role=Role.ADMIN, folder=folder)


@pytest.fixture
def supervisor(folder: Folder) -> User:
    return make_person("supervisor", role=Role.SUPERVISOR, folder=folder)


@pytest.fixture
def business_user(folder: Folder) -> User:
    return make_person("business_user", role=Role.BUSINESS_USER, folder=folder)


@pytest.fixture
def designer(folder: Folder) -> User:
    return make_person("designer", role=Role.DESIGNER, folder=folder)


@pytest.fixture
def auditor(folder: Folder) -> User:
    return make_person("auditor", role=Role.AUDITOR, folder=folder)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """`client_of(supervisor).get("/queues/")`: a signed-in client for any person."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def admin_client(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


@pytest.fixture
def supervisor_client(supervisor: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(supervisor)


@pytest.fixture
def business_client(business_user: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(business_user)


@pytest.fixture
def designer_client(designer: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(designer)


@pytest.fixture
def auditor_client(auditor: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(auditor)
