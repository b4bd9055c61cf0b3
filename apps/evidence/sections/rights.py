"""Who held which role in the folder when the pack was made, and what was recorded of deciders."""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Membership, User
from apps.accounts.roles import GRANTS, Role
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.inbox.models import UserTask, Vote
from apps.lib.json import JsonObject

from .scope import Scope, named

MOST_PEOPLE: Final = 5_000
MOST_EVENTS: Final = 1_000


def roles(_scope: Scope) -> Iterator[JsonObject]:
    """Return what each role may do, in this version of the product."""
    for role in Role:
        yield {"role": role.value, "may": [*sorted(action.value for action in GRANTS[role])]}


def holders(scope: Scope) -> Iterator[JsonObject]:
    """Return who held a role in the folder when the pack was made."""
    rows = Membership.objects.filter(folder=scope.folder).select_related("user")
    for each in scope.at_most(rows.order_by("pk"), MOST_PEOPLE, _("People with a role")):
        yield {**_person(each.user), "role": each.role}
    everywhere = User.objects.filter(is_superuser=True).order_by("pk")
    for person in scope.at_most(everywhere, MOST_PEOPLE, _("Admins of everything")):
        yield {**_person(person), "role": Role.ADMIN.value, "everywhere": True}


def deciders(scope: Scope) -> Iterator[JsonObject]:
    """Return who decided, with each change of their roles here that the audit knows of."""
    now = dict(Membership.objects.filter(folder=scope.folder).values_list("user_id", "role"))
    for person in User.objects.filter(pk__in=_decided(scope)).order_by("pk"):
        role = Role.ADMIN.value if person.is_superuser else now.get(person.pk)
        rows = Event.objects.filter(
            subject_type="person", subject_id=person.pk, folder_id=scope.folder.pk
        )
        ordered = rows.order_by("occurred_at", "id")
        yield {
            **_person(person),
            "role_now": role,
            "recorded": [
                {
                    **named(event, ("id", "occurred_at", "kind", "actor_name")),
                    "sentence": sentence_of(event),
                    "changes": event.data.get("changes"),
                    "role": event.data.get("role"),
                }
                for event in scope.at_most(ordered, MOST_EVENTS, _("Changes of roles"))
            ],
        }


def _decided(scope: Scope) -> set[int]:
    pks = list(scope.subjects.tasks)
    decided = UserTask.objects.filter(pk__in=pks, decided_by__isnull=False).order_by()
    votes = Vote.objects.filter(task_id__in=pks).order_by()
    return {
        *decided.values_list("decided_by_id", flat=True),
        *votes.values_list("user_id", flat=True),
    }


def _person(person: User) -> JsonObject:
    return {
        "id": person.pk,
        "username": person.username,
        "name": person.name,
        "is_active": person.is_active,
    }
