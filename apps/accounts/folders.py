"""Which folder a person works in: the one chosen in this session, or the first of theirs."""

from collections.abc import Callable
from typing import TypeVar

from .http import PersonRequest
from .models import Folder
from .permissions import Action, Rights

CHOICE = "folder_id"  # in the session

View = TypeVar("View", bound=Callable[..., object])


def folder_of_session(request: PersonRequest) -> Folder | None:
    """Return the chosen folder while the person may still see it, else their first; or None."""
    ids = request.rights.folder_ids(Action.VIEW)
    if not ids:
        return None
    folders = list(Folder.objects.filter(pk__in=ids))
    chosen = request.session.get(CHOICE)
    return next((folder for folder in folders if folder.pk == chosen), next(iter(folders), None))


def choose_folder(request: PersonRequest, folder: Folder) -> None:
    request.session[CHOICE] = folder.pk


def folders_of(rights: Rights) -> list[Folder]:
    return list(Folder.objects.filter(pk__in=rights.folder_ids(Action.VIEW)))


def without_folder(view: View) -> View:
    """Mark a view that people in no folder may use, too: signing out, their own profile."""
    view.without_folder = True  # type: ignore[attr-defined]
    return view
