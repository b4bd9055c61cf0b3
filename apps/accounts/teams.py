"""What can be done to teams: made, changed, removed. Each leaves one event."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .lifecycle import people_of
from .models import Folder, Team, TeamMember, User


def teams_of(folder: Folder) -> QuerySet[Team]:
    """Return the teams of a folder, with `n_members`."""
    found = Team.objects.filter(folder=folder).select_related("manager")
    return found.annotate(n_members=Count("places")).order_by("title")


def save_team(team: Team, values: Mapping[str, Any], *, by: Actor) -> list[JsonObject]:
    """Set title, manager and members (users) of a new or a known team; return what changed.

    Raises InvalidError for people who have no role in the folder, and for a key that is taken.
    """
    is_new = team.pk is None
    wanted = {name: values[name] for name in ("title", "manager", "members") if name in values}
    _check(team, wanted)
    try:
        with transaction.atomic():
            before = {} if is_new else _described(team)
            for name in ("title", "manager"):
                if name in wanted:
                    setattr(team, name, wanted[name])
            team.save()
            if "members" in wanted:
                _set_members(team, wanted["members"])
            changes = _differences(before, _described(team))
            if changes or is_new:
                kind = "team.created" if is_new else "team.changed"
                _record(kind, team, by, {"changes": list[Json](changes)})
    except IntegrityError:
        taken = FieldProblem("key", _("Another team of this folder has this key."))
        raise InvalidError(taken.message, fields=[taken]) from None
    return changes


def remove_team(team: Team, *, by: Actor) -> None:
    """Remove it; the inbox hears of it, and offers what was the team's alone to everybody."""
    with transaction.atomic():
        _record("team.removed", team, by, {})
        team.delete()


def _check(team: Team, wanted: Mapping[str, Any]) -> None:
    if "title" in wanted and not str(wanted["title"]).strip():
        problem = FieldProblem("title", _("is missing"))
        raise InvalidError(f"title: {problem.message}.", fields=[problem])
    named: list[User] = [*wanted.get("members", ()), *filter(None, [wanted.get("manager")])]
    known = set(people_of(team.folder).values_list("pk", flat=True))
    strangers = [user for user in named if user.pk not in known]
    if strangers:
        message = _("%(name)s has no role in this folder.") % {"name": strangers[0].name}
        path = "manager" if strangers[0] == wanted.get("manager") else "members"
        raise InvalidError(message, fields=[FieldProblem(path, message)])


def _set_members(team: Team, members: Iterable[User]) -> None:
    wanted = {user.pk for user in members}
    places = TeamMember.objects.filter(team=team)
    places.exclude(user__in=wanted).delete()
    new = wanted - set(places.values_list("user_id", flat=True))
    TeamMember.objects.bulk_create(TeamMember(team=team, user_id=pk) for pk in sorted(new))


def _described(team: Team) -> JsonObject:
    members = User.objects.filter(team_places__team=team).order_by("username")
    return {
        "title": team.title,
        "manager": team.manager.name if team.manager else "",
        "members": ", ".join(user.name for user in members),
    }


def _differences(before: JsonObject, after: JsonObject) -> list[JsonObject]:
    return [
        {"field": name, "before": before.get(name, ""), "after": value}
        for name, value in after.items()
        if before.get(name, "") != value
    ]


def _record(kind: str, team: Team, by: Actor, data: JsonObject) -> None:
    publish(
        kind,
        subject=("team", team.pk),
        folder_id=team.folder_id,
        by=by,
        data={"title": team.title, **data},
        topics=[f"inbox:{team.folder_id}"],
    )
