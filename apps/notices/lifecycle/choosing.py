"""What people choose: how they hear of each kind, and when they want to be left alone."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.notices.kinds import CHANNELS, CHOSEN, HOWS, PAGE
from apps.notices.models import Preference, Rhythm


def choose(user: User, wanted: Mapping[tuple[str, str], str]) -> None:
    """Keep how the person wants to hear of `(kind, channel)`; what is not named stays.

    "" goes back to what is usual. What makes no sense is left out.
    """
    known = {kind.key for kind in CHOSEN}
    with transaction.atomic():
        for (kind, channel), how in wanted.items():
            if (
                kind not in known
                or channel not in CHANNELS
                or (channel == PAGE and how == "digest")
            ):
                continue
            if how in HOWS:
                Preference.objects.update_or_create(
                    user=user, kind=kind, channel=channel, defaults={"how": how}
                )
            elif how == "":
                Preference.objects.filter(user=user, kind=kind, channel=channel).delete()


def set_rhythm(user: User, **values: Any) -> None:
    """Keep quiet hours and digest, as a valid RhythmForm has them."""
    Rhythm.objects.update_or_create(user=user, defaults=values)
