"""Settings: the teams of a folder."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import InvalidError
from apps.lib.forms import disable_all

from .absences import absences_now
from .http import PersonRequest
from .models import Team
from .people_forms import TeamForm
from .permissions import Action, may_change, require
from .teams import remove_team, save_team, teams_of

HISTORY_LENGTH = 20


@require_safe
def team_list(request: PersonRequest) -> HttpResponse:
    context = {"teams": teams_of(request.folder), "may_change": _may_change(request)}
    return render(request, "settings/teams.html", context)


@require_http_methods(["GET", "POST"])
def team_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    return _form_page(request, Team(folder=request.folder))


@require_http_methods(["GET", "POST"])
def team_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(teams_of(request.folder), pk=pk))


@require_POST
def team_remove(request: PersonRequest, pk: int) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    team = get_object_or_404(teams_of(request.folder), pk=pk)
    remove_team(team, by=request.user.actor)
    messages.success(request, _("The team “%(title)s” is removed.") % {"title": team.title})
    return redirect("settings:teams")


def _form_page(request: PersonRequest, team: Team) -> HttpResponse:
    may = _may_change(request)
    form = TeamForm(request.POST or None, team=team, folder=request.folder)
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid() and _save(request, team, form):
        return redirect("settings:team", pk=team.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "team": team, "may_change": may, **_about(team)}
    return render(request, "settings/team.html", context, status=status)


def _save(request: PersonRequest, team: Team, form: TeamForm) -> bool:
    if team.pk is None:
        team.key = form.cleaned_data["key"]
    try:
        changes = save_team(team, form.values(), by=request.user.actor)
    except InvalidError as error:
        for problem in error.fields:
            form.add_error(problem.path if problem.path in form.fields else None, problem.message)
        return False
    messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
    return True


def _about(team: Team) -> dict[str, object]:
    """What happened to it, and who of it is away."""
    if team.pk is None:
        return {}
    members = list(team.members.order_by("username"))
    away = absences_now(user.pk for user in members)
    events = history_of(("team", team.pk), limit=HISTORY_LENGTH).items
    return {
        "absent": [away[user.pk] for user in members if user.pk in away],
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }


def _may_change(request: PersonRequest) -> bool:
    return may_change(
        request.user, Action.ADMINISTER, request.folder.pk, method=request.method or ""
    )
