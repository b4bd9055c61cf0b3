"""How each person wants to hear of each kind: their choice, or what is usual for their role."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.accounts.models import Membership, User

from .kinds import KINDS, NEVER, How
from .models import Preference, Rhythm
from .rhythms import Times


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A person who may be told, with what they chose."""

    user: User
    roles: Mapping[int, str]
    chosen: Mapping[tuple[str, str], How] = field(default_factory=dict)
    times: Times

    def how(self, kind: str, channel: str, folder_id: int | None) -> How:
        """Return how they hear of it; in a folder, what is usual for their role there."""
        if (own := self.chosen.get((kind, channel))) is not None:
            return own
        found = KINDS.get(kind)
        return NEVER if found is None else found.usual(channel, self.roles_in(folder_id))

    def roles_in(self, folder_id: int | None) -> list[str]:
        if folder_id is None:
            return list(self.roles.values())
        return [self.roles[folder_id]] if folder_id in self.roles else []


def listeners(user_ids: Iterable[int]) -> dict[int, Listener]:
    """Return those of the people who are still there; four queries, however many they are."""
    people = {user.pk: user for user in User.objects.filter(pk__in=set(user_ids), is_active=True)}
    roles: dict[int, dict[int, str]] = {pk: {} for pk in people}
    for user_id, folder_id, role in Membership.objects.filter(user__in=people).values_list(
        "user", "folder", "role"
    ):
        roles[user_id][folder_id] = role
    chosen: dict[int, dict[tuple[str, str], How]] = {pk: {} for pk in people}
    for each in Preference.objects.filter(user__in=people):
        chosen[each.user_id][each.kind, each.channel] = each.how  # type: ignore[assignment]
    rhythms = {each.pk: each for each in Rhythm.objects.filter(user__in=people)}
    return {
        pk: Listener(
            user=user, roles=roles[pk], chosen=chosen[pk], times=times_of(user, rhythms.get(pk))
        )
        for pk, user in people.items()
    }


def times_of(user: User, rhythm: Rhythm | None) -> Times:
    zone = (rhythm.time_zone if rhythm else "") or user.time_zone
    named = ZoneInfo(zone or settings.ORGANISATION_TIME_ZONE)
    if rhythm is None:
        return Times(zone=named)
    return Times(
        zone=named,
        quiet_from=rhythm.quiet_from,
        quiet_until=rhythm.quiet_until,
        are_weekends_quiet=rhythm.are_weekends_quiet,
        let_through=frozenset(rhythm.let_through),
        is_hourly=rhythm.digest_every == Rhythm.Every.HOUR,
        digest_at=rhythm.digest_at,
    )
