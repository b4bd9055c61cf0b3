"""Who may take a task: the people, teams and roles it is offered to, and who stands in for them.

A token names one of them: “user:5”, “team:3”, “role:supervisor”. A task without tokens is offered
to whoever may decide in its folder. The assignee may always take it, and nobody who did a step
that excludes them: four eyes holds for everybody.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.absences import stood_in_for
from apps.accounts.models import Membership, Team, TeamMember, User
from apps.accounts.permissions import Action, can, rights_of
from apps.accounts.roles import GRANTS, Role

from .handling import handling_of
from .models import UserTask

USER, TEAM, ROLE = "user:", "team:", "role:"
MAX_NAMES_SHOWN = 5


def tokens_of(user: User, folder_id: int) -> frozenset[str]:
    """Return what `user` goes by in the folder, and what those go by for whom they stand in now."""
    people = {user.pk, *stood_in_for(user.pk)}
    return frozenset(
        {f"{USER}{pk}" for pk in people}
        | _team_tokens(people, [folder_id])
        | _role_tokens(user, people, folder_id)
    )


def may_take(task: UserTask, user: User) -> bool:
    """Say whether `user` may work on the task and decide it."""
    return not why_not(task, user)


def why_not(task: UserTask, user: User) -> str:
    """Return why `user` may not decide the task, as a sentence; "" when they may."""
    if not can(user, Action.DECIDE, task.folder_id):
        return _("You may look at this task; deciding needs a role that may decide here.")
    if did_earlier_step(task, user.pk):
        return _("You did an earlier step of this; somebody else must decide it (four eyes).")
    if not task.offered_to or task.assignee_id == user.pk:
        return ""
    held = tokens_of(user, task.folder_id)
    if held & set(task.offered_to) or f"{USER}{task.assignee_id}" in held:
        return ""
    return _("This task is offered to %(whom)s. A supervisor can hand it to you.") % {
        "whom": ", ".join(names_of(task.offered_to)[:MAX_NAMES_SHOWN])
    }


def did_earlier_step(task: UserTask, user_id: int) -> bool:
    """Whether four eyes keep that person from deciding the task.

    Asked anew where the diagram names steps: one that ran beside this may have been done since.
    """
    if user_id in task.excluded:
        return True
    steps = handling_of(task.handling).not_like_steps
    if not steps or task.instance_id is None:
        return False
    done = Q(status=UserTask.Status.COMPLETED, decided_by=user_id)
    done |= Q(votes__user=user_id) | Q(pending_decision__user=user_id)
    others = UserTask.objects.filter(instance_id=task.instance_id, facts__element__in=steps)
    return others.filter(done).exclude(pk=task.pk).exists()


def eligible(user: User, folder_id: int | None = None) -> Q:
    """Return the condition for tasks that are offered to `user`, or are theirs.

    The right to decide in the folder is asked apart; without `folder_id`, of all their folders.
    """
    rights = rights_of(user)
    folders = [folder_id] if folder_id else sorted(rights.folder_ids(Action.DECIDE))
    people = {user.pk, *stood_in_for(user.pk)}
    anywhere = {f"{USER}{pk}" for pk in people} | _team_tokens(people, folders)
    found = Q(offered_to=[]) | Q(assignee__in=people) | Q(offered_to__overlap=sorted(anywhere))
    for each in folders:
        roles = sorted(_role_tokens(user, people, each))
        if roles:
            found |= Q(folder=each, offered_to__overlap=roles)
    return found & ~Q(excluded__contains=[user.pk])


def people_offered(task: UserTask) -> QuerySet[User]:
    """Return who may take the task by themselves: those named, with the right, not excluded."""
    found = deciders_of(task.folder_id).exclude(pk__in=task.excluded)
    return found.filter(_named_by(task.offered_to, task.folder_id)) if task.offered_to else found


def deciders_of(folder_id: int) -> QuerySet[User]:
    """Return whose role lets them decide in the folder; who may do everything is not counted."""
    roles = [role for role, granted in GRANTS.items() if Action.DECIDE in granted]
    member = Membership.objects.filter(folder=folder_id, role__in=roles).values("user")
    return User.objects.filter(pk__in=member, is_active=True).order_by("pk")


def roles_of(role: str) -> frozenset[str]:
    """Return the tokens of a role: whoever may do more is also offered what goes to the lesser."""
    granted = GRANTS.get(role, frozenset())
    return frozenset(f"{ROLE}{each}" for each, needed in GRANTS.items() if needed <= granted)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom names stand for, and the names that are nobody's here."""

    tokens: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Directory:
    """Finds teams, roles and people by the names that diagrams and programs use; two queries."""

    def __init__(self, folder_ids: Collection[int], names: Iterable[str]) -> None:
        wanted = {name.strip() for name in names} - {""}
        lowered = {name.lower() for name in wanted}
        self._groups: dict[tuple[int, str], Team] = {}
        teams = Team.objects.filter(folder__in=folder_ids) if wanted else ()
        for team in teams:
            for name in (team.title.lower(), team.key):
                if name in lowered:
                    self._groups[team.folder_id, name] = team
        known = User.objects.filter(username__in=wanted, is_active=True) if wanted else ()
        self.users = {user.username: user for user in known}
        self._roles = {name.lower(): role.value for role in Role for name in (role, role.label)}

    def team(self, folder_id: int, name: str) -> Team | None:
        return self._groups.get((folder_id, name.strip().lower()))

    def named(self, folder_id: int, groups: Iterable[str], users: Iterable[str] = ()) -> Named:
        """Return the tokens of groups (teams or roles) and of users, each once, in order."""
        found: dict[str, None] = {}
        unknown = []
        for name in groups:
            token = self._group(folder_id, name) or self._user(name.removeprefix(USER))
            found.update({token: None} if token else {})
            unknown += [] if token else [name]
        for name in users:
            token = self._user(name)
            found.update({token: None} if token else {})
            unknown += [] if token else [name]
        return Named(tuple(found), tuple(unknown))

    def _group(self, folder_id: int, name: str) -> str:
        team = self.team(folder_id, name.removeprefix(TEAM))
        if team is not None:
            return f"{TEAM}{team.pk}"
        role = self._roles.get(name.removeprefix(ROLE).strip().lower())
        return f"{ROLE}{role}" if role else ""

    def _user(self, name: str) -> str:
        user = self.users.get(name.strip())
        return f"{USER}{user.pk}" if user else ""


def named(folder_id: int, groups: Iterable[str], users: Iterable[str] = ()) -> Named:
    """Return the tokens that these names of teams, roles and people stand for in the folder."""
    some, others = list(groups), list(users)
    return Directory([folder_id], [*some, *others]).named(folder_id, some, others)


def names_of(tokens: Iterable[str]) -> list[str]:
    """Return tokens as people read them: names of people, titles of teams and roles."""
    listed = list(tokens)
    users = User.objects.in_bulk(_numbers(listed, USER))
    teams = Team.objects.in_bulk(_numbers(listed, TEAM))
    shown = []
    for token in listed:
        kind, _colon, rest = token.partition(":")
        if kind == "role":
            shown.append(str(Role(rest).label) if rest in Role.values else rest)
        else:
            found = (users if kind == "user" else teams).get(int(rest) if rest.isdigit() else 0)
            shown.append((found.name if isinstance(found, User) else str(found)) if found else "–")
    return shown


def _named_by(tokens: Collection[str], folder_id: int) -> Q:
    roles = [
        role
        for role in GRANTS
        if roles_of(role) & {token for token in tokens if token.startswith(ROLE)}
    ]
    members = Membership.objects.filter(folder=folder_id, role__in=roles).values("user")
    of_teams = TeamMember.objects.filter(team__in=_numbers(tokens, TEAM)).values("user")
    return Q(pk__in=_numbers(tokens, USER)) | Q(pk__in=of_teams) | Q(pk__in=members)


def _team_tokens(people: Collection[int], folder_ids: Collection[int]) -> set[str]:
    places = TeamMember.objects.filter(user__in=people, team__folder__in=folder_ids)
    return {f"{TEAM}{pk}" for pk in places.values_list("team_id", flat=True)}


def _role_tokens(user: User, people: Collection[int], folder_id: int) -> set[str]:
    places = Membership.objects.filter(user__in=people, folder=folder_id)
    roles = set(places.values_list("role", flat=True))
    if user.is_superuser:
        roles.add(Role.ADMIN)
    return {token for role in roles for token in roles_of(role)}


def _numbers(tokens: Iterable[str], prefix: str) -> list[int]:
    found = [token.removeprefix(prefix) for token in tokens if token.startswith(prefix)]
    return [int(number) for number in found if number.isdigit()]
