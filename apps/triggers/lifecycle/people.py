"""Who is told about a trigger, and where its page is."""

from django.urls import NoReverseMatch, reverse

from apps.accounts.models import Membership
from apps.accounts.roles import GRANTS, Action
from apps.accounts.watchers import watchers_of
from apps.triggers.models import Trigger


def concerned(trigger: Trigger) -> list[int]:
    """Return the owner; without one, all who design the work of the folder."""
    if trigger.owner is not None and trigger.owner.is_active:
        return [trigger.owner.pk]
    return _with_roles(trigger, [role for role in GRANTS if Action.DESIGN in GRANTS[role]])


def supervisors(trigger: Trigger) -> list[int]:
    """Return those who watch over the work of the folder."""
    return watchers_of(trigger.folder_id)


def page_of(trigger: Trigger) -> str:
    """Return the address of its page; "" in processes that have no pages."""
    try:
        return reverse("triggers:trigger_detail", args=[trigger.pk])
    except NoReverseMatch:
        return ""


def _with_roles(trigger: Trigger, roles: list[str]) -> list[int]:
    found = Membership.objects.filter(folder=trigger.folder_id, role__in=roles)
    return list(found.filter(user__is_active=True).values_list("user_id", flat=True))
