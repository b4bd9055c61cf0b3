"""Who sees the same live page: people with the same rights, language and time zone."""

from collections.abc import Collection
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from apps.events.fragments import Audience

from .models import User
from .permissions import look_up_rights, rights_of


def audiences_of(users: Collection[User]) -> dict[int, Audience | None]:
    """Return the audience of each, with rights as they are now; None for who is disabled."""
    look_up_rights(users)
    return {
        user.pk: Audience(rights_of(user), language_of(user), time_zone_of(user))
        if user.is_active
        else None
        for user in users
    }


def language_of(user: User) -> str:
    return user.language or settings.LANGUAGE_CODE


def time_zone_of(user: User) -> str:
    """Return the zone that the person chose; the organisation's while there is no such zone."""
    chosen = user.time_zone
    return chosen if chosen and _is_known(chosen) else settings.ORGANISATION_TIME_ZONE


@lru_cache(maxsize=1000)
def _is_known(zone: str) -> bool:
    """Zones are renamed and dropped: what was chosen years ago must not lock anybody out."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
