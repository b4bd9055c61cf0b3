"""Who is told about a trigger, and where its page is."""

from typing import Final

from django.urls import NoReverseMatch, reverse

from apps.accounts.models import Membership
from apps.accounts.roles import GRANTS, Action, Role
from apps.triggers.models import Trigger

WATCHERS: Final = (Role.SUPERVISOR, Role.ADMIN)


def concerned(trigger: Trigger) -> list[int]:
    """Return the owner; without one, all who design the work of the folder."""
    if trigger.owner is not None and trigger.owner.is_active:
        return [trigger.owner.pk]
    return _with_roles(trigger, [role for role in GRANTS if Action.DESIGN in GRANTS[role]])


def supervisors(trigger: Trigger) -> list[int]:
    """Return those who watch over the work of the folder."""
    return _with_roles(trigger, list(WATCHERS))


def page_of(trigger: Trigger) -> str:
    """Return the address of its page; "" in processes that have no pages."""
    try:
        return reverse("triggers:trigger_detail", args=[trigger.pk])
    except NoReverseMatch:
        return ""


def _with_roles(trigger: Trigger, roles: list[str]) -> list[int]:
    found = Membership.objects.filter(folder=trigger.folder_id, role__in=roles)
    return list(found.filter(user__is_active=True).values_list("user_id", flat=True))
