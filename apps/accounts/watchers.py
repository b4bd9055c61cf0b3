"""Who watches over the work of a folder: those who are told what happened without a person."""

from typing import Final

from .models import Membership
from .roles import Role

WATCHERS: Final = (Role.SUPERVISOR, Role.ADMIN)


def watchers_of(folder_id: int) -> list[int]:
    """Return the supervisors and admins of the folder who may sign in."""
    found = Membership.objects.filter(folder=folder_id, role__in=WATCHERS, user__is_active=True)
    return list(found.values_list("user_id", flat=True))
