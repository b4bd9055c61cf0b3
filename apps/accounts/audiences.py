"""Who sees the same live page: people with the same rights, language and time zone."""

from django.conf import settings

from apps.events.fragments import Audience

from .models import User
from .permissions import rights_of


def audience_of(user: User) -> Audience | None:
    """Return the audience of `user`, with rights as they are now; None for who is disabled."""
    if not user.is_active:
        return None
    return Audience(rights_of(user), language_of(user), time_zone_of(user))


def language_of(user: User) -> str:
    return user.language or settings.LANGUAGE_CODE


def time_zone_of(user: User) -> str:
    return user.time_zone or settings.ORGANISATION_TIME_ZONE
