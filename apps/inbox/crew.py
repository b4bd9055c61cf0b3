"""Who can be handed tasks of some folders, as things stand now: rights, absences, load."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property

from django.db.models import Count, Q

from apps.accounts.absences import away_now, present_for
from apps.accounts.models import Membership, TeamMember
from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS

from .candidates import TEAM, USER, roles_of
from .models import UserTask


class Crew:
    """Looked up once for many tasks, each part when it is first asked for."""

    def __init__(self, folder_ids: Collection[int]) -> None:
        self._folder_ids = set(folder_ids)

    @cached_property
    def away(self) -> dict[int, int | None]:
        return dict(away_now())

    @cached_property
    def tokens(self) -> dict[int, dict[int, frozenset[str]]]:
        """By folder, whoever may decide there, and what they go by."""
        roles = [role for role, granted in GRANTS.items() if Action.DECIDE in granted]
        found: dict[int, dict[int, set[str]]] = defaultdict(dict)
        places = Membership.objects.filter(
            folder__in=self._folder_ids, role__in=roles, user__is_active=True
        )
        for folder_id, user_id, role in places.values_list("folder_id", "user_id", "role"):
            found[folder_id][user_id] = {f"{USER}{user_id}", *roles_of(role)}
        members = TeamMember.objects.filter(team__folder__in=self._folder_ids)
        for folder_id, team_id, user_id in members.values_list(
            "team__folder_id", "team_id", "user_id"
        ):
            if user_id in found[folder_id]:
                found[folder_id][user_id].add(f"{TEAM}{team_id}")
        return {
            folder_id: {user_id: frozenset(held) for user_id, held in people.items()}
            for folder_id, people in found.items()
        }

    @cached_property
    def loads(self) -> dict[int, int]:
        """How many open tasks each of them has, wherever; counted on as more are handed out."""
        everybody = {user_id for people in self.tokens.values() for user_id in people}
        counted = UserTask.objects.open().filter(Q(assignee__in=everybody)).order_by()
        found = dict.fromkeys(everybody, 0)
        found.update(counted.values_list("assignee").annotate(n=Count("pk")))
        return found

    def may(self, folder_id: int, user_id: int) -> bool:
        return user_id in self.tokens.get(folder_id, {})

    def pool(self, folder_id: int, offered: Iterable[str], excluded: Collection[int]) -> list[int]:
        """Return who is there to take what is offered to those tokens, in a lasting order."""
        wanted = frozenset(offered)
        return sorted(
            user_id
            for user_id, held in self.tokens.get(folder_id, {}).items()
            if user_id not in excluded
            and user_id not in self.away
            and (not wanted or held & wanted)
        )

    def present(self, folder_id: int, user_id: int, excluded: Collection[int]) -> int | None:
        """Return who gets what is meant for `user_id`: their deputy while they are away.

        With no deputy who may decide it, it stays theirs; excluded people get nothing.
        """
        there = present_for(user_id, self.away)
        if there not in (None, user_id) and self.may(folder_id, there) and there not in excluded:
            return there
        return None if user_id in excluded else user_id

    def least_loaded(self, people: Collection[int]) -> int | None:
        """Return who of these has the fewest tasks, and count one more."""
        if not people:
            return None
        chosen = min(people, key=lambda user_id: (self.loads.get(user_id, 0), user_id))
        self.loads[chosen] = self.loads.get(chosen, 0) + 1
        return chosen
