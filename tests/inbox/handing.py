"""Teams, absences and rules for tests of handing out."""

from datetime import timedelta
from typing import Any

from apps.accounts.models import Absence, Folder, Team, TeamMember, User
from apps.accounts.roles import Role
from apps.inbox.handling import Rung
from apps.inbox.models import HandlingRule, UserTask
from apps.lib.clock import database_now
from tests.factories import make_person

HOUR = 3600


def make_team(folder: Folder, *members: User, key: str = "finance", manager: User | None = None):
    team = Team.objects.create(folder=folder, key=key, title=key.capitalize(), manager=manager)
    TeamMember.objects.bulk_create(TeamMember(team=team, user=each) for each in members)
    return team


def make_clerk(folder: Folder, name: str) -> User:
    return make_person(name, role=Role.BUSINESS_USER, folder=folder)


def make_rule(folder: Folder, *rungs: Rung, **values: Any) -> HandlingRule:
    ladder = [{name: getattr(rung, name) for name in rung.__slots__} for rung in rungs]
    return HandlingRule.objects.create(**{"folder": folder, "title": "Rule", "ladder": ladder,
        **values})  # fmt: skip


def send_away(user: User, deputy: User | None, *, begins_in: float = -60) -> Absence:
    begins = database_now() + timedelta(seconds=begins_in)
    return Absence.objects.create(
        user=user, deputy=deputy, starts_at=begins, ends_at=begins + timedelta(days=14)
    )


def again(task: UserTask) -> UserTask:
    return UserTask.objects.get(pk=task.pk)
