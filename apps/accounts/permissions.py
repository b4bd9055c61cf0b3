"""The one place that says who may do what: `can`, `require`, `may_change` and `visible_to`."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext as _

from apps.lib.errors import NotAllowedError

from .models import Folder, Membership, User
from .roles import GRANTS, Action, Role

__all__ = [
    "Action",
    "FolderQuerySet",
    "Holder",
    "Rights",
    "can",
    "can_everywhere",
    "may_change",
    "require",
    "rights_from",
    "rights_of",
]


@dataclass(frozen=True)
class Rights:
    """What somebody may do, by folder. Hashable, so that live pages render once per audience."""

    by_folder: frozenset[tuple[int, frozenset[Action]]] = frozenset()

    def can(self, action: Action | str, folder_id: int | None) -> bool:
        return any(folder == folder_id and action in granted for folder, granted in self.by_folder)

    def folder_ids(self, action: Action | str) -> frozenset[int]:
        return frozenset(folder for folder, granted in self.by_folder if action in granted)

    def noting(self) -> "NotingRights":
        """Return the same rights, which note every answer that they give."""
        return NotingRights(self.by_folder)


@dataclass(frozen=True)
class NotingRights(Rights):
    """What was made by asking these alone is as right for all whom they fit."""

    answers: dict[tuple[str, tuple[Any, ...]], bool | frozenset[int]] = field(
        default_factory=dict, compare=False
    )

    def can(self, action: Action | str, folder_id: int | None) -> bool:
        answer = self.answers["can", (action, folder_id)] = super().can(action, folder_id)
        return answer

    def folder_ids(self, action: Action | str) -> frozenset[int]:
        answer = self.answers["folder_ids", (action,)] = super().folder_ids(action)
        return answer

    def fit(self, rights: Rights) -> bool:
        """Say whether `rights` would have given the same answers to all that was asked."""
        return all(
            getattr(rights, question)(*about) == answer
            for (question, about), answer in self.answers.items()
        )


Holder: TypeAlias = User | AnonymousUser | Rights


def rights_of(holder: Holder) -> Rights:
    """Return what `holder` may do; a superuser is admin of every folder. One query per user."""
    if isinstance(holder, Rights):
        return holder
    if isinstance(holder, AnonymousUser) or not holder.is_active:
        return Rights()
    look_up_rights([holder])
    assert holder.cached_rights is not None
    return holder.cached_rights


def look_up_rights(users: Collection[User]) -> None:
    """Have `rights_of` know what these may do, in two queries for however many they are."""
    unknown = {user.pk: user for user in users if user.cached_rights is None}
    roles: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    if admins := [pk for pk, user in unknown.items() if user.is_superuser]:
        everywhere = [(pk, Role.ADMIN.value) for pk in Folder.objects.values_list("pk", flat=True)]
        roles.update((pk, everywhere) for pk in admins)
    if others := unknown.keys() - admins:
        theirs = Membership.objects.filter(user__in=others)
        for user_id, folder_id, role in theirs.values_list("user_id", "folder_id", "role"):
            roles[user_id].append((folder_id, role))
    for pk, user in unknown.items():
        user.cached_rights = rights_from(roles[pk])


def rights_from(roles: Iterable[tuple[int, str]]) -> Rights:
    """Return the rights that come with `roles`, pairs of folder and role."""
    return Rights(frozenset((folder, GRANTS[role]) for folder, role in roles))


def can(holder: Holder, action: Action | str, folder_id: int | None) -> bool:
    return rights_of(holder).can(action, folder_id)


def can_everywhere(holder: Holder, action: Action) -> bool:
    """Say whether `holder` may do it in every folder there is: what is of none belongs to all."""
    own = rights_of(holder).folder_ids(action)
    return bool(own) and not Folder.objects.exclude(pk__in=own).exists()


def require(holder: Holder, action: Action, folder_id: int | None) -> None:
    """Raise NotAllowedError, naming the roles that would do, unless `holder` may."""
    if not can(holder, action, folder_id):
        roles = ", ".join(
            str(Role(role).label) for role, granted in GRANTS.items() if action in granted
        )
        raise NotAllowedError(
            _(
                "You need the right “%(action)s” here. These roles have it: %(roles)s. "
                "An admin of this folder can give it to you."
            )
            % {"action": action.value, "roles": roles}
        )


def may_change(holder: Holder, action: Action, folder_id: int | None, *, method: str) -> bool:
    """Say whether `holder` may do `action`, rather than only look at what it changes.

    Who may AUDIT looks, with the safe methods. Raises NotAllowedError for all others.
    """
    if method in {"GET", "HEAD"} and can(holder, Action.AUDIT, folder_id):
        return can(holder, action, folder_id)
    require(holder, action, folder_id)
    return True


class FolderQuerySet(models.QuerySet[Any]):
    """For models with a `folder` of their own (or one hop away, see `folder_path`)."""

    folder_path = "folder_id"

    def visible_to(self, holder: Holder, *actions: Action) -> Self:
        """Only what lies in folders where `holder` may do one of `actions`, VIEW if none given."""
        rights = rights_of(holder)
        folders = {pk for action in actions or (Action.VIEW,) for pk in rights.folder_ids(action)}
        return self.filter(**{f"{self.folder_path}__in": folders})
