"""Whose audit somebody may read: folders where they have the right to, and what belongs to none."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.accounts.permissions import Action, Rights, can_everywhere
from apps.lib.errors import NotAllowedError, NotFoundError

from .asking import NO_FOLDER


@dataclass(frozen=True)
class Scope:
    """One folder, or what belongs to none (`folder_id` None)."""

    folder_id: int | None
    title: str
    key: str


def scopes_of(rights: Rights) -> list[Scope]:
    """Return what may be read; what belongs to no folder by those who may read all folders."""
    ids = rights.folder_ids(Action.AUDIT)
    folders = list(Folder.objects.filter(pk__in=ids))
    found = [Scope(folder.pk, folder.title, folder.key) for folder in folders]
    if can_everywhere(rights, Action.AUDIT):
        found.append(Scope(None, _("People, sign-in and what holds for all"), NO_FOLDER))
    return found


def scope_named(rights: Rights, key: str, *, otherwise: Folder) -> Scope:
    """Return what `key` names, the folder `otherwise` for none.

    Raises NotAllowedError for who may read none, NotFoundError for what is not there for them.
    """
    found = scopes_of(rights)
    if not found:
        raise NotAllowedError(
            _("Only auditors and admins read the audit. An admin can give you the role.")
        )
    wanted = key or otherwise.key
    scope = next((each for each in found if each.key == wanted), None)
    if scope is None and key:
        raise NotFoundError(_("There is no such folder, or not for you."))
    return scope or found[0]
