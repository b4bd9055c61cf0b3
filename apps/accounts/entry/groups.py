"""What members of which group of a service may do where: roles and teams that follow it."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.lifecycle import refuse_if_last_admin, role_in
from apps.accounts.models import Folder, Membership, SignInProvider, Team, TeamMember, User
from apps.accounts.roles import Role
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject

from .recording import record

Rule = dict[str, str]
MAX_RULES = 200
MAX_GROUPS = 1000


def read_rules(text: str) -> list[Rule]:
    """Return the rules of a text, one a line: `group = folder: role` or `… : role: team`.

    Raises InvalidError naming the first line that is wrong.
    """
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_RULES:
        raise _wrong(0, _("Not more than %d rules.") % MAX_RULES)
    return [_read_rule(n, line) for n, line in lines]


def write_rules(rules: Iterable[Rule]) -> str:
    """Return the text that `read_rules` reads."""
    return "\n".join(
        f"{rule['group']} = {rule['folder']}: {rule['role']}"
        + (f": {rule['team']}" if rule.get("team") else "")
        for rule in rules
    )


def is_in_a_group(row: SignInProvider, claims: JsonObject) -> bool:
    return bool(_matching(row, claims))


@transaction.atomic
def apply_groups(row: SignInProvider, person: User, claims: JsonObject) -> None:
    """Give `person` the roles of their groups, in the folders that the rules name; and no others
    there. The first rule that fits a folder holds; superusers are left alone."""
    if not row.group_rules or person.is_superuser:
        return
    wanted: dict[str, Rule] = {}
    for rule in _matching(row, claims):
        wanted.setdefault(rule["folder"], rule)
    named = {rule["folder"] for rule in row.group_rules}
    changes: list[JsonObject] = []
    for folder in Folder.objects.select_for_update().filter(key__in=named).order_by("pk"):
        changes += _follow(person, folder, wanted.get(folder.key))
    _join_teams(person, _matching(row, claims))
    person.cached_rights = None
    if changes:
        by = Actor(None, row.title, "system")
        record("person.groups_followed", person, by=by, data={"changes": [*changes]})


def _follow(person: User, folder: Folder, rule: Rule | None) -> list[JsonObject]:
    before, after = role_in(person, folder), rule["role"] if rule else None
    if before == after:
        return []
    if before == Role.ADMIN:
        try:
            refuse_if_last_admin(person, folder)
        except ConflictError:
            return []  # a folder without an admin could not be put right by anybody
    if after is None:
        Membership.objects.filter(user=person, folder=folder).delete()
        TeamMember.objects.filter(user=person, team__folder=folder).delete()
    else:
        Membership.objects.update_or_create(user=person, folder=folder, defaults={"role": after})
    field = _("role in %(folder)s") % {"folder": folder.title}
    return [{"field": field, "before": before and before.value, "after": after}]


def _join_teams(person: User, rules: Iterable[Rule]) -> None:
    for rule in rules:
        team = Team.objects.filter(folder__key=rule["folder"], key=rule.get("team", "")).first()
        is_there = Membership.objects.filter(user=person, folder__key=rule["folder"]).exists()
        if team is not None and is_there:
            TeamMember.objects.get_or_create(team=team, user=person)


def _matching(row: SignInProvider, claims: JsonObject) -> list[Rule]:
    claimed = claims.get(row.groups_claim) if row.groups_claim else None
    listed = [claimed] if isinstance(claimed, str) else claimed
    if not isinstance(listed, list):
        return []
    groups = {name for name in listed[:MAX_GROUPS] if isinstance(name, str)}
    return [rule for rule in row.group_rules if rule["group"] in groups]


def _read_rule(n: int, line: str) -> Rule:
    group, has_group, rest = line.rpartition("=")
    parts = [part.strip() for part in rest.split(":")]
    if not has_group or not group.strip() or len(parts) not in (2, 3):
        raise _wrong(n, _("write it as: group = folder: role, or group = folder: role: team"))
    folder, role, team = parts[0], parts[1].lower().replace(" ", "_"), "".join(parts[2:])
    if not Folder.objects.filter(key=folder).exists():
        raise _wrong(n, _("there is no folder with the key “%s”") % folder)
    if role not in Role.values:
        known = ", ".join(Role.values)
        raise _wrong(
            n,
            _("there is no role “%(role)s”; there are %(known)s") % {"role": role, "known": known},
        )
    if team and not Team.objects.filter(folder__key=folder, key=team).exists():
        raise _wrong(n, _("there is no team with the key “%s” there") % team)
    return {"group": group.strip()[:300], "folder": folder, "role": role, "team": team}


def _wrong(n: int, message: str) -> InvalidError:
    text = _("Line %(n)d: %(message)s.") % {"n": n, "message": message} if n else message
    return InvalidError(text, fields=[FieldProblem("group_rules", text)])
