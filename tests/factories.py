"""Rows for tests: every argument optional, real rows, no lifecycle called."""

from itertools import count

from apps.accounts.models import Folder, Membership, User
from apps.accounts.roles import Role

PASSWORD = "a long enough password"
_numbers = count(1)


def make_folder(key: str = "", *, title: str = "") -> Folder:
    key = key or f"folder-{next(_numbers)}"
    return Folder.objects.create(key=key, title=title or key.replace("-", " ").capitalize())


def make_person(
    username: str = "", *, role: str | None = Role.SUPERVISOR, folder: Folder | None = None
) -> User:
    """Return a person with `role` in `folder` (a new one by default); no role: no membership."""
    username = username or f"person-{next(_numbers)}"
    person = User.objects.create_user(
        username, f"{username}@example.com", PASSWORD, display_name=username.capitalize()
    )
    if role is not None:
        Membership.objects.create(user=person, folder=folder or make_folder(), role=role)
    return person
